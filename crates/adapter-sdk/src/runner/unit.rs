//! A file's way: looked at, begun, read, ended, put away.

use super::{config::Progress, desk::Desk};
use crate::{
    envelope::Place,
    error::IntakeError,
    files::{self, DONE, Dropped, Examined, Fingerprint, Flag, Inbox, Metered, REFUSED},
    state::{self, Rows, State, Unit},
};
use formats::framing::{Facts, FramedRow, Refusal, RowStart};
use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::Path,
};

/// Rows between two looks at bus, control topic and clock.
const TURN: u64 = 4096;
/// How many turns pass between two announcements of a unit that is under way.
const TURNS_TOLD: u64 = 64;

/// What became of a pair of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    Refused,
    Repeated,
    Waiting,
}

impl Desk<'_> {
    /// Takes in a complete pair of files, unless it is refused or was taken in before. A pair that cannot be read waits and
    /// keeps no other waiting.
    pub(crate) fn take(
        &mut self,
        inbox: &Inbox,
        dropped: &Dropped,
        waiting: &mut HashMap<String, Pair>,
    ) -> Result<Fate, IntakeError> {
        match self.look(dropped, waiting.get(&dropped.name)) {
            Ok(Some(looked)) => {
                waiting.remove(&dropped.name);
                self.decide(inbox, dropped, looked, waiting)
            }
            Ok(None) => Ok(Fate::Waiting),
            Err(error @ IntakeError::File { .. }) => {
                tracing::warn!(file = dropped.name, error = super::chain(&error), "file cannot be read and waits");
                Ok(Fate::Waiting)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a pair once; nothing when it still stands as it did when it was left waiting.
    fn look(&self, dropped: &Dropped, waits: Option<&Pair>) -> Result<Option<Looked>, IntakeError> {
        let unreadable = || IntakeError::file("file cannot be read", &dropped.data);
        let mut file = File::open(&dropped.data).map_err(unreadable())?;
        let pair = Pair::of(&file, dropped).map_err(unreadable())?;
        if waits == Some(&pair) {
            return Ok(None);
        }
        let flag = dropped.flag.as_deref().map(flag_at).transpose()?;
        let framing = self.setup.files().framing.as_ref();
        let examined =
            files::examine(&mut file, framing, self.stop).map_err(|error| self.failed(&dropped.data, error))?;
        Ok(Some(Looked { file, pair, flag, examined }))
    }

    fn decide(
        &mut self,
        inbox: &Inbox,
        dropped: &Dropped,
        looked: Looked,
        waiting: &mut HashMap<String, Pair>,
    ) -> Result<Fate, IntakeError> {
        let is_as_flagged = looked.flag.as_ref().is_none_or(|flag| looked.examined.is_as_flagged(flag));
        if is_as_flagged && self.is_taken(&dropped.name, &looked.examined)? {
            inbox.shelve(dropped, DONE, None)?;
            return Ok(Fate::Repeated);
        }
        match looked.examined.facts(looked.flag.as_ref()).and_then(|facts| dropped.said.of_kind(facts)) {
            Ok(facts) => self.take_in(inbox, dropped, looked, facts),
            Err(refusal) if refusal.retry || !dropped.firm || !looked.pair.still_lies(dropped) => {
                tracing::warn!(rule = refusal.rule.id, file = dropped.name, "file may be good later and is left alone");
                waiting.insert(dropped.name.clone(), looked.pair);
                Ok(Fate::Waiting)
            }
            Err(refusal) => self.refuse(inbox, dropped, &refusal),
        }
    }

    /// Forgets a unit whose file was taken away before its end; what was published of it stands.
    pub(crate) fn give_up_lost_unit(&mut self, inbox: &Inbox) -> Result<(), IntakeError> {
        match &self.pipeline.state().unit {
            Some(unit) if !inbox.holds(&unit.file) => {
                tracing::warn!(file = unit.file, intake = unit.intake, "unit is given up, its file is gone");
                self.pipeline.state_mut().unit = None;
                self.pipeline.checkpoint(true)
            }
            _ => Ok(()),
        }
    }

    /// Puts flag files away whose data file was put away before the process ended.
    pub(crate) fn clear_lone_flags(&self, inbox: &Inbox) -> Result<(), IntakeError> {
        for dropped in inbox.lone_flags(self.setup.files())? {
            let flag = dropped.flag.as_deref().map(flag_at).transpose()?;
            let Some(hash) = flag.and_then(|flag| flag.sm3) else { continue };
            if self.pipeline.ledger().blob(&taken(&dropped.name, &hash))?.is_some() {
                inbox.shelve(&dropped, DONE, None)?;
            }
        }
        Ok(())
    }

    fn is_taken(&self, name: &str, examined: &Examined) -> Result<bool, IntakeError> {
        Ok(self.pipeline.ledger().blob(&taken(name, &examined.content.sm3))?.is_some())
    }

    fn refuse(&mut self, inbox: &Inbox, dropped: &Dropped, refusal: &Refusal) -> Result<Fate, IntakeError> {
        tracing::warn!(rule = refusal.rule.id, file = dropped.name, "file refused");
        let why = super::why::text(self.setup, &dropped.name, refusal);
        inbox.shelve(dropped, REFUSED, Some(&why))?;
        self.pipeline.state_mut().counters.files_refused += 1;
        self.pipeline.checkpoint(true)?;
        Ok(Fate::Refused)
    }

    fn take_in(
        &mut self,
        inbox: &Inbox,
        dropped: &Dropped,
        mut looked: Looked,
        mut facts: Facts,
    ) -> Result<Fate, IntakeError> {
        if facts.scope.is_empty() {
            facts.scope.clone_from(&dropped.said.scope);
        }
        if facts.unknown_columns > 0 {
            let (file, count) = (&dropped.name, facts.unknown_columns);
            tracing::info!(file, count, "columns that the interface does not know are passed over");
        }
        let unit = self.begin(dropped, &looked, &facts)?;
        // A file that says of no time that it states it is known as of its last change.
        let known = facts.as_of.max(dropped.said.as_of).or(looked.pair.data.changed());
        // A time in the future would keep the feed from ever looking stale: nothing is known beyond the intake itself.
        facts.as_of = known.min(state::instant(Some(unit.begun)));
        self.rows(&unit, &dropped.data, &mut looked, &facts.layout)?;
        self.end(unit, &facts, looked.pair.data.length)?;
        if looked.pair.still_lies(dropped) {
            inbox.shelve(dropped, DONE, None)?;
        } else {
            tracing::warn!(file = dropped.name, "another pair took the place of the one taken in; it is taken in next");
        }
        Ok(Fate::Taken)
    }

    /// Goes on with a unit that was begun, or fixes the number of a new one before anything of it is published.
    fn begin(&mut self, dropped: &Dropped, looked: &Looked, facts: &Facts) -> Result<Unit, IntakeError> {
        self.pipeline.drain(self.stop)?;
        let hash = &looked.examined.content.sm3;
        if let Some(unit) = &self.pipeline.state().unit {
            if unit.file == dropped.name && unit.hash == *hash {
                return Ok(unit.clone());
            }
            tracing::warn!(file = unit.file, intake = unit.intake, "unit is given up, its file is gone or another");
        }
        self.before_a_number()?;
        let begun = self.setup.clock.now().timestamp_millis();
        let state = self.pipeline.state_mut();
        let before = state.counters.rows();
        state.intake += 1;
        let unit = Unit {
            intake: state.intake,
            file: dropped.name.clone(),
            hash: hash.clone(),
            begun,
            full: facts.full,
            scope: facts.scope.clone(),
            stamp: files::stamp(looked.pair.data.changed()),
            before,
            ..Unit::default()
        };
        state.unit = Some(unit.clone());
        self.pipeline.checkpoint(true)?;
        Ok(unit)
    }

    fn rows(&mut self, unit: &Unit, path: &Path, looked: &mut Looked, layout: &str) -> Result<(), IntakeError> {
        let changed = || IntakeError::FileChanged { path: path.to_owned() };
        let unreadable = || IntakeError::file("file cannot be read", path);
        let (setup, stop) = (self.setup, self.stop);
        let mut reader = Metered::later(&mut looked.file, &looked.pair.data, stop).map_err(unreadable())?;
        let framing = setup.files().framing.as_ref();
        let from = if framing.is_packed() { 0 } else { unit.byte };
        let result = reader.skip_to(from).map_err(|_| changed()).and_then(|()| {
            let start = RowStart { byte: from, number: unit.number, layout: layout.to_owned() };
            let mut rows = framing.rows(Box::new(&mut reader), start);
            let mut row = FramedRow::default();
            while rows.next_row(&mut row).map_err(|_| changed())? {
                self.one(unit, &row, looked.pair.data.length)?;
            }
            Ok(())
        });
        let content = result.and_then(|()| reader.finish().map_err(unreadable()));
        if let Some(failure) = reader.take_failure() {
            return Err(if reader.is_changed() { changed() } else { self.failed(path, failure) });
        }
        if content?.crc == looked.examined.content.crc { Ok(()) } else { Err(changed()) }
    }

    fn one(&mut self, unit: &Unit, row: &FramedRow, length: u64) -> Result<(), IntakeError> {
        self.row(&Place::framed(unit, row), row.next_byte)?;
        let full = self.pipeline.make_room(self.stop)?;
        if full || row.number.is_multiple_of(TURN) {
            self.turn(unit, row, length)?;
        }
        Ok(())
    }

    fn turn(&mut self, unit: &Unit, row: &FramedRow, length: u64) -> Result<(), IntakeError> {
        if self.stop.is_stopped() {
            return Err(IntakeError::Stopped);
        }
        self.pipeline.turn()?;
        self.heed_control()?;
        if row.number.is_multiple_of(TURN * TURNS_TOLD) {
            self.announce()?;
        }
        let observer = &self.setup.observer;
        observer.progress(&Progress { file: unit.file.clone(), bytes: row.next_byte, of: length, rows: row.number });
        observer.counters(self.setup.adapter.id(), &self.pipeline.state().counters);
        Ok(())
    }

    /// Marks a unit as finished once its every message is acknowledged, and says so on the bus.
    fn end(&mut self, unit: Unit, facts: &Facts, length: u64) -> Result<(), IntakeError> {
        self.pipeline.drain(self.stop)?;
        self.pipeline.turn()?;
        let missing = if unit.full { Some(self.missing(&unit)?) } else { None };
        let now = self.setup.clock.now().timestamp_millis();
        let progress = Progress { file: unit.file.clone(), bytes: length, of: length, rows: facts.rows };
        self.pipeline.put(taken(&unit.file, &unit.hash), Some(unit.intake.to_string().into_bytes()));
        let before = unit.before;
        finish(self.pipeline.state_mut(), unit, facts, now, missing);
        self.pipeline.checkpoint(true)?;
        self.tell_taken(&progress.file, &before);
        self.setup.observer.progress(&progress);
        self.setup.observer.counters(self.setup.adapter.id(), &self.pipeline.state().counters);
        self.announce()
    }

    pub(crate) fn tell_taken(&self, file: &str, before: &Rows) {
        let now = self.pipeline.state().counters.rows();
        let [read, published, unchanged, superseded, rejected, skipped, waiting] =
            std::array::from_fn(|result| now[result].saturating_sub(before[result]));
        let department = self.setup.adapter.id();
        tracing::info!(
            department,
            file,
            read,
            published,
            unchanged,
            superseded,
            rejected,
            skipped,
            waiting,
            "file taken in"
        );
    }

    fn missing(&self, unit: &Unit) -> Result<u64, IntakeError> {
        let mut missing = 0;
        for resource in self.setup.department().resources {
            missing += self.pipeline.ledger().count_unmentioned(resource.id, &unit.scope, unit.intake)?;
        }
        Ok(missing)
    }

    fn failed(&self, path: &Path, error: io::Error) -> IntakeError {
        if self.stop.is_stopped() {
            IntakeError::Stopped
        } else {
            IntakeError::file("file cannot be read", path)(error)
        }
    }
}

fn finish(state: &mut State, unit: Unit, facts: &Facts, now: i64, missing: Option<u64>) {
    state.unit = None;
    state.units += 1;
    state.last_success = Some(now);
    state.known_until(facts.as_of);
    if let Some(missing) = missing {
        state.full_units += 1;
        state.missing_from_full.remove(State::RESTORED);
        state.missing_from_full.insert(unit.scope.clone(), missing);
    }
    state.last_unit = Some(unit);
}

/// Name of the blob that says that a file was taken in.
fn taken(name: &str, hash: &str) -> String {
    format!("file/{name}/{hash}")
}

fn flag_at(path: &Path) -> Result<Flag, IntakeError> {
    Flag::read(path).map_err(IntakeError::file("flag file cannot be read", path))
}

/// A pair of files that was read once.
struct Looked {
    file: File,
    pair: Pair,
    flag: Option<Flag>,
    examined: Examined,
}

/// How a pair of files stood when it was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    data: Fingerprint,
    flag: Option<Fingerprint>,
    /// Whether a fault in it is final: one that was not is looked at again once it is.
    firm: bool,
}

impl Pair {
    fn of(data: &File, dropped: &Dropped) -> io::Result<Self> {
        let flag = dropped.flag.as_ref().map(fs::metadata).transpose()?;
        let (data, flag) = (Fingerprint::of(&data.metadata()?), flag.as_ref().map(Fingerprint::of));
        Ok(Self { data, flag, firm: dropped.firm })
    }

    /// Whether the same pair lies in the folder now.
    fn still_lies(&self, dropped: &Dropped) -> bool {
        File::open(&dropped.data).and_then(|data| Self::of(&data, dropped)).is_ok_and(|now| now == *self)
    }
}
