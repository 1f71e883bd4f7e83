//! A source that is asked: its batches, begun, taken in, settled, ended.

use super::{
    desk::Desk,
    marks::DoneRow,
    pipeline::{Entry, POSITION},
};
use crate::{
    envelope::{At, Place},
    error::IntakeError,
    judge::{Content, Standing},
    source::{Batch, Known, Source, SourceError, SourceRow},
    state::{self, Unit},
};

/// Rows between two looks at bus, control topic and clock.
const TURN: u64 = 1024;
/// Rows that a source is told of at once while a unit is under way.
const SETTLED: usize = 4096;
/// How many turns pass between two announcements of a unit that is under way.
const TURNS_TOLD: u64 = 256;

/// A source, and what lasts of it between two looks.
pub(crate) struct Asked {
    pub(crate) source: Box<dyn Source>,
    /// Whether it stands behind everything that is on its way.
    pub(crate) open: bool,
}

/// What a look at the source led to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Rows taken in.
    pub(crate) rows: u64,
    /// Whether the source had no more.
    pub(crate) ended: bool,
    /// Whether that was announced.
    pub(crate) told: bool,
}

impl Desk<'_> {
    /// Asks until the source has nothing more.
    pub(crate) fn ask(&mut self, asked: &mut Asked) -> Result<Looked, IntakeError> {
        match self.ask_on(asked) {
            Err(IntakeError::Source(error)) => {
                // What is on its way ends well; the source itself begins anew behind it.
                asked.open = false;
                self.pipeline.drain(self.stop)?;
                self.pipeline.checkpoint(false)?;
                self.note_problem(&error.to_string())?;
                Err(error.into())
            }
            Ok(looked) => {
                self.pipeline.state_mut().quota_left = asked.source.quota_left();
                self.note_problem("")?;
                Ok(looked)
            }
            Err(error) => Err(error),
        }
    }

    /// Says once that the source is away, why, and that it is back.
    fn note_problem(&mut self, problem: &str) -> Result<(), IntakeError> {
        let noted = &mut self.pipeline.state_mut().source_problem;
        if noted == problem {
            return Ok(());
        }
        problem.clone_into(noted);
        let department = self.setup.adapter.id();
        if problem.is_empty() {
            tracing::info!(department, "source is back");
        } else {
            tracing::warn!(department, problem, "source gives nothing; the position is kept, and it is asked again");
        }
        self.announce()
    }

    fn ask_on(&mut self, asked: &mut Asked) -> Result<Looked, IntakeError> {
        if !asked.open {
            let position = self.pipeline.ledger().blob(POSITION)?;
            asked.source.open(position.as_deref())?;
            asked.open = true;
            self.settle(asked)?;
        }
        let mut looked = Looked::default();
        loop {
            if self.stop.is_stopped() {
                return Err(IntakeError::Stopped);
            }
            let batch = asked.source.next(&Remembered { desk: self }, self.stop)?;
            looked.rows += self.batch(asked, &batch)?;
            if batch.end {
                let told = self.ended(asked, &batch)?;
                return Ok(Looked { ended: true, told, ..looked });
            }
            if batch.rows.is_empty() && batch.position.is_none() {
                return Ok(looked);
            }
        }
    }

    fn batch(&mut self, asked: &mut Asked, batch: &Batch) -> Result<u64, IntakeError> {
        let mut taken = 0;
        for row in &batch.rows {
            if let Some(mark) = &row.mark
                && self.pipeline.is_marked(&mark.id)?
            {
                continue;
            }
            let number = self.next_number(batch)?;
            self.asked_row(row, number)?;
            taken += 1;
            let full = self.pipeline.make_room(self.stop)?;
            if full || number.is_multiple_of(TURN) {
                self.pipeline.turn()?;
                self.settle_many(asked)?;
                self.heed_control()?;
            }
            if number.is_multiple_of(TURN * TURNS_TOLD) {
                self.announce()?;
            }
        }
        if let Some(position) = &batch.position {
            self.pipeline.move_on(position.clone());
        }
        // The end of a unit waits for all of it: settled at once then, and not in pieces.
        if !batch.end {
            self.pipeline.turn()?;
            self.settle_many(asked)?;
        }
        Ok(taken)
    }

    /// The number of the next row of the unit; a unit's intake is fixed before its first row.
    fn next_number(&mut self, batch: &Batch) -> Result<u64, IntakeError> {
        if self.unit.is_none() {
            self.pipeline.drain(self.stop)?;
            self.before_a_number()?;
            let begun = self.setup.clock.now().timestamp_millis();
            let state = self.pipeline.state_mut();
            let before = state.counters.rows();
            state.intake += 1;
            let unit = Unit { intake: state.intake, file: batch.origin.clone(), begun, before, ..Unit::default() };
            state.unit = Some(unit.clone());
            self.pipeline.checkpoint(true)?;
            *self.unit = Some(unit);
        }
        let unit = self.unit.get_or_insert_default();
        unit.number += 1;
        Ok(unit.number)
    }

    fn asked_row(&mut self, row: &SourceRow, number: u64) -> Result<(), IntakeError> {
        let Some(unit) = self.unit.take() else { return Ok(()) };
        let result = self.row_of(&unit, row, number);
        *self.unit = Some(unit);
        result
    }

    fn row_of(&mut self, unit: &Unit, row: &SourceRow, number: u64) -> Result<(), IntakeError> {
        let place = Place { unit, number, kind: &row.kind, at: At::place(&row.place), bytes: &row.bytes };
        let standing = Standing { intake: unit.intake, number, full: false, scope: "", again: false };
        let (mut judged, messages) = self.judged(&place, &standing)?;
        let rejection = match &judged.content {
            Content::Rejected(rejection) => Some(rejection),
            _ => None,
        };
        let language = self.setup.config.language;
        let rejected = rejection.map(|rejection| {
            [rejection.rule.id, rejection.field, rejection.rule.sentence(language)].map(str::to_owned)
        });
        let rule = rejection.map(|rejection| rejection.rule.id);
        let mark = row.mark.clone();
        let told = mark.map(|mark| DoneRow { mark, verdict: judged.verdict, rejected, at: unit.begun });
        let released = std::mem::take(&mut judged.released);
        let reach = Some((0, number));
        let entry = Entry { verdict: Some(judged.verdict), rule, reach, told, released, ..Entry::default() };
        self.pipeline.submit(judged, messages, entry, self.stop)
    }

    /// Tells the source what is done, once there is enough of it: each time costs the disk and the other side a write.
    fn settle_many(&mut self, asked: &mut Asked) -> Result<(), IntakeError> {
        if self.pipeline.marks().ready().len() >= SETTLED { self.settle(asked) } else { Ok(()) }
    }

    /// Tells the source what is done and written down.
    fn settle(&mut self, asked: &mut Asked) -> Result<(), IntakeError> {
        if self.pipeline.marks().ready().is_empty() {
            return Ok(());
        }
        // A source is told by whoever holds the lease.
        self.pipeline.control().poll()?;
        let kept = asked.source.settle(self.pipeline.marks().ready())?;
        let told = self.pipeline.marks().told();
        for (name, value) in told {
            self.pipeline.put(name, value);
        }
        for (name, value) in kept {
            self.pipeline.put(kept_name(&name), value);
        }
        self.pipeline.checkpoint(true)?;
        asked.source.confirm();
        Ok(())
    }

    /// The source had nothing more: what it gave is a unit. Says whether that was announced.
    fn ended(&mut self, asked: &mut Asked, batch: &Batch) -> Result<bool, IntakeError> {
        self.pipeline.drain(self.stop)?;
        self.pipeline.turn()?;
        self.settle(asked)?;
        let now = self.setup.clock.now().timestamp_millis();
        let unit = self.unit.take();
        let state = self.pipeline.state_mut();
        state.last_success = Some(now);
        state.known_until(batch.as_of.min(state::instant(Some(now))));
        state.unit = None;
        if unit.is_some() || state.units == 0 {
            state.units += 1;
            state.full_units += u64::from(batch.full);
        }
        let Some(unit) = unit else { return self.pipeline.checkpoint(false).map(|()| false) };
        let before = unit.before;
        self.pipeline.state_mut().last_unit = Some(unit.clone());
        self.pipeline.checkpoint(true)?;
        self.tell_taken(&unit.file, &before);
        self.setup.observer.counters(self.setup.adapter.id(), &self.pipeline.state().counters);
        self.announce().map(|()| true)
    }
}

/// What a source may look up.
struct Remembered<'a, 'b> {
    desk: &'a Desk<'b>,
}

impl Known for Remembered<'_, '_> {
    fn is_done(&self, id: &str) -> Result<bool, IntakeError> {
        self.desk.pipeline.is_marked(id)
    }

    fn is_restored(&self) -> bool {
        self.desk.pipeline.state().restored
    }

    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        Ok(self.desk.pipeline.ledger().blob(&kept_name(name))?)
    }

    fn all_kept(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError> {
        let name = kept_name(prefix);
        let own = name.len() - prefix.len();
        let blobs = self.desk.pipeline.ledger().blobs(&name)?;
        Ok(blobs.into_iter().map(|(name, value)| (name[own..].to_owned(), value)).collect())
    }
}

/// Name of the blob that a source keeps under `name`.
fn kept_name(name: &str) -> String {
    format!("kept/{name}")
}

impl From<SourceError> for IntakeError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::State(error) => *error,
            SourceError::Stopped => Self::Stopped,
            error => Self::Source(error),
        }
    }
}
