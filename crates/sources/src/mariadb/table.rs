//! A pass through the table: what is new, what came late, and whether anything was missed.

use super::{
    account::Account,
    check,
    link::Link,
    statements::{self, AT_ONCE, From, PAGE},
    tally::{Key, Place, Position, Tally},
};
use crate::{SetupError, Surroundings};
use adapter_sdk::{
    Finding, Stop,
    formats::framing::RowPlace,
    source::{Batch, Kept, Known, Mark, RowFate, Settled, Source, SourceError, SourceRow, Told},
    transport::{DatabaseSettings, TimeTable},
};
use domain::{Clock, Language, Timestamp};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How far clocks that write rows may stand apart, or step back, before it takes a comparison to find their rows.
const CLOCKS: u32 = 3600;
/// Keys that are looked at again in every pass; where more lie so close together, comparison alone finds what came late.
const LOOK_BACK: usize = 2 * PAGE;
/// Statements whose new rows are given out together: each time costs the runner a checkpoint, and all are held until then.
const AT_A_TIME: usize = 2;
/// Pages gone through before the runner gets its turn.
const PAGES: usize = 10;
/// A comparison that takes the server this long or less can be asked for in every pass.
const CHEAP: Duration = Duration::from_millis(100);
/// Comparing may take one part in so many of the server's time.
const SHARE: u32 = 20;
/// How often all keys are gone through where the server cannot compare.
const BLIND: Duration = Duration::from_mins(10);

/// A table that is read by the time at which its rows were written.
pub(crate) struct TimedTable {
    table: &'static TimeTable,
    link: Link,
    clock: Arc<dyn Clock>,
    language: Language,
    position: Position,
    pass: Option<Pass>,
    /// When comparing is due again. Of the machine's steady clock: it measures effort, not days.
    compare_at: Option<Instant>,
}

/// A pass from its beginning to the end of the table.
#[derive(Debug)]
struct Pass {
    begun: Timestamp,
    stage: Stage,
}

/// What a pass does next.
#[derive(Debug)]
enum Stage {
    /// Looks for rows that came late, up to the newest that has passed by.
    Back { from: From, until: Place, looked: usize },
    /// Goes on behind the newest.
    On,
    /// Compares what has passed by with what is there.
    Compare,
    /// Goes through everything.
    Sweep { from: From, tally: Tally },
    /// Has ended.
    Over,
}

impl TimedTable {
    /// # Errors
    /// When the settings do not name a database and account.
    pub(crate) fn new(
        table: &'static TimeTable,
        settings: &DatabaseSettings,
        around: &Surroundings,
    ) -> Result<Self, SetupError> {
        let link = Link::new(Account::new(settings)?, table);
        let (clock, language) = (Arc::clone(&around.clock), around.language);
        Ok(Self { table, link, clock, language, position: Position::default(), pass: None, compare_at: None })
    }

    fn begin(&mut self) -> Result<Pass, SourceError> {
        let begun = self.clock.now();
        let mut stage = Stage::On;
        if let Some(newest) = self.position.newest.clone()
            && let Some(time) = self.link.look_back(&newest, self.table.late + CLOCKS)?
        {
            stage = Stage::Back { from: From::Time(time), until: newest, looked: 0 };
        }
        Ok(Pass { begun, stage })
    }

    /// One page, or one comparison: the rows that are not done, and what comes next.
    fn step(&mut self, stage: Stage, known: &dyn Known) -> Result<(Vec<SourceRow>, Stage), SourceError> {
        match stage {
            Stage::Back { from, until, looked } => self.back(&from, until, looked, known),
            Stage::On => self.on(known),
            Stage::Compare => Ok((Vec::new(), self.compare()?)),
            Stage::Sweep { from, tally } => self.sweep(&from, tally, known),
            Stage::Over => Ok((Vec::new(), Stage::Over)),
        }
    }

    fn back(
        &mut self,
        from: &From,
        until: Place,
        looked: usize,
        known: &dyn Known,
    ) -> Result<(Vec<SourceRow>, Stage), SourceError> {
        let page = self.link.keys(from, Some(&until))?;
        let looked = looked + page.len();
        let undone = self.undone(&page, known)?;
        for key in &undone {
            self.position.tally.add(key);
        }
        let next = match page.last() {
            Some(last) if page.len() == PAGE && looked < LOOK_BACK => {
                Stage::Back { from: From::Behind(last.place.clone()), until, looked }
            }
            _ => Stage::On,
        };
        Ok((self.rows(&undone)?, next))
    }

    /// Behind the newest nearly all rows are new: they are read with their keys.
    fn on(&mut self, known: &dyn Known) -> Result<(Vec<SourceRow>, Stage), SourceError> {
        let mut rows = Vec::with_capacity(AT_A_TIME * AT_ONCE);
        for _ in 0..AT_A_TIME {
            let from = self.position.newest.clone().map_or(From::Start, From::Behind);
            let page = self.link.page(&from)?;
            let is_last = page.len() < AT_ONCE;
            if let Some((last, _)) = page.last() {
                self.position.newest = Some(last.place.clone());
            }
            for (key, bytes) in page {
                self.position.tally.add(&key);
                rows.extend(self.unless_done(key.place, bytes, known)?);
            }
            if is_last {
                return Ok((rows, Stage::Compare));
            }
        }
        Ok((rows, Stage::On))
    }

    /// Whether what has passed by is what is there.
    fn compare(&mut self) -> Result<Stage, SourceError> {
        let begun = Instant::now();
        let Some(newest) = self.position.newest.as_ref().filter(|_| self.compare_at.is_none_or(|at| at <= begun))
        else {
            return Ok(Stage::Over);
        };
        let there = self.link.tally(newest)?;
        let effort = begun.elapsed();
        self.compare_at = match there {
            None => Some(begun + BLIND),
            Some(_) if effort > CHEAP => Some(begun + effort * SHARE),
            Some(_) => None,
        };
        if there == Some(self.position.tally) {
            return Ok(Stage::Over);
        }
        tracing::info!(table = self.table.table, "rows came or went out of order; going through all keys");
        Ok(Stage::Sweep { from: From::Start, tally: Tally::default() })
    }

    fn sweep(
        &mut self,
        from: &From,
        mut tally: Tally,
        known: &dyn Known,
    ) -> Result<(Vec<SourceRow>, Stage), SourceError> {
        let page = self.link.keys(from, None)?;
        let undone = self.undone(&page, known)?;
        let rows = self.rows(&undone)?;
        for key in &page {
            tally.add(key);
        }
        let is_last = page.len() < PAGE;
        let last = page.into_iter().next_back().map(|key| key.place);
        if let Some(last) = last.clone().filter(|_| !is_last) {
            return Ok((rows, Stage::Sweep { from: From::Behind(last), tally }));
        }
        let reached = if let From::Behind(place) = from { Some(place.clone()) } else { None };
        self.position = Position { newest: last.or(reached).or(self.position.newest.take()), tally };
        Ok((rows, Stage::Over))
    }

    fn undone<'a>(&self, page: &'a [Key], known: &dyn Known) -> Result<Vec<&'a Key>, SourceError> {
        let mut undone = Vec::new();
        for key in page {
            if !known.is_done(&self.id(&key.place.key))? {
                undone.push(key);
            }
        }
        Ok(undone)
    }

    /// The rows of these keys, in their order.
    fn rows(&mut self, keys: &[&Key]) -> Result<Vec<SourceRow>, SourceError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = keys.iter().map(|key| key.place.key.as_str()).collect();
        let mut found = self.link.rows(&names)?;
        let row = |key: &&Key| {
            let bytes = found.remove(&key.place.key)?;
            Some(self.row(key.place.clone(), self.id(&key.place.key), bytes))
        };
        let rows: Vec<_> = keys.iter().filter_map(row).collect();
        if rows.len() < keys.len() {
            let gone = keys.len() - rows.len();
            tracing::warn!(table = self.table.table, gone, "rows went away while they were read");
        }
        Ok(rows)
    }

    fn unless_done(&self, place: Place, bytes: Vec<u8>, known: &dyn Known) -> Result<Option<SourceRow>, SourceError> {
        let id = self.id(&place.key);
        Ok(if known.is_done(&id)? { None } else { Some(self.row(place, id, bytes)) })
    }

    fn row(&self, Place { time, key }: Place, id: String, bytes: Vec<u8>) -> SourceRow {
        SourceRow {
            kind: self.table.table.to_owned(),
            bytes,
            place: RowPlace::Table { key },
            mark: Some(Mark { id, receipt: time.into_bytes() }),
        }
    }

    fn id(&self, key: &str) -> String {
        format!("{}/{key}", self.table.table)
    }

    /// Key, time and remark of a row for the error table; none for a row that is not refused.
    fn remark(&self, settled: &Settled, longest: usize) -> Option<[String; 3]> {
        let RowFate::Rejected { rule, field, message } = &settled.fate else { return None };
        let key = settled.id.strip_prefix(self.table.table)?.strip_prefix('/')?;
        let field = if field.is_empty() { String::new() } else { format!(" ({field})") };
        let remark = format!("{rule} {message}{field}").chars().take(longest).collect();
        Some([key.to_owned(), String::from_utf8_lossy(&settled.receipt).into_owned(), remark])
    }
}

impl Source for TimedTable {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.position = Position::read(position);
        self.pass = None;
        Ok(())
    }

    fn next(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        let before = self.position.clone();
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin()?,
        };
        let mut rows = Vec::new();
        for _ in 0..PAGES {
            if stop.is_stopped() {
                return Err(SourceError::Stopped);
            }
            (rows, pass.stage) = self.step(pass.stage, known)?;
            if !rows.is_empty() || matches!(pass.stage, Stage::Over) {
                break;
            }
        }
        let end = matches!(pass.stage, Stage::Over);
        let as_of = end.then_some(pass.begun);
        self.pass = Some(pass).filter(|_| !end);
        let position = if end && self.position == before { None } else { self.position.write() };
        Ok(Batch { rows, position, end, as_of, origin: self.table.table.to_owned(), ..Batch::default() })
    }

    fn keeps_marks(&self) -> bool {
        true
    }

    fn is_told(&self) -> Told {
        Told::Rejects
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        let Some(errors) = &self.table.errors else { return Ok(Vec::new()) };
        let told: Vec<_> = settled.iter().filter_map(|settled| self.remark(settled, errors.longest)).collect();
        let all: Vec<_> = told.chunks(AT_ONCE).map(|told| statements::tell(errors, told)).collect();
        if !all.is_empty() {
            let failed = self.link.change(&all);
            failed.map_err(|failure| failure.tell(&self.link.account, errors.table, "INSERT"))?;
        }
        Ok(Vec::new())
    }

    fn check(&mut self) -> Vec<Finding> {
        check::findings(&mut self.link, self.table, self.clock.now(), self.language)
    }
}
