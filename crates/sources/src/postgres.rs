//! Front-end exchange tables (前置库) in `PostgreSQL`, read by serial number, their status written back.
//!
//! Serial numbers are given out before their transaction commits, so a smaller one can appear after a larger one was read.
//! Each poll reads what lies above the highest number read, then looks again at the numbers that were skipped below it, for a
//! day; a slow round over the whole table finds what appears even later, or was set back to 0 by hand.
//! A row's status says what is done, so marks are forgotten once they are written back.

mod check;
mod gaps;
mod link;
mod poll;
mod position;
mod round;
mod settle;
mod table;
#[cfg(test)]
mod tests;
mod trouble;

use self::{link::Link, poll::Poll, position::Position, round::Round};
use crate::{SetupError, Surroundings};
use adapter_sdk::{
    Finding, Stop,
    source::{Batch, Kept, Known, Settled, Source, SourceError},
    transport::{DatabaseSettings, SerialTable},
};
use std::time::Duration;

/// Rows given out at once.
const BATCH: i64 = 2000;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Making a connection.
    pub(crate) connect: Duration,
    /// A statement, on the server.
    pub(crate) statement: Duration,
    /// Waiting for somebody else's lock.
    pub(crate) lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), statement: Duration::from_secs(30), lock: Duration::from_secs(5) }
    }
}

/// A department's exchange tables.
pub(crate) struct SerialSource {
    link: Link,
    around: Surroundings,
    position: Position,
    /// The position as it was given out last.
    told: Vec<u8>,
    poll: Option<Poll>,
    round: Round,
}

impl SerialSource {
    /// The tables at the address that the settings name.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub(crate) fn new(
        tables: &'static [SerialTable],
        settings: &DatabaseSettings,
        around: &Surroundings,
    ) -> Result<Self, SetupError> {
        Self::within(tables, settings, around, Limits::default())
    }

    pub(crate) fn within(
        tables: &'static [SerialTable],
        settings: &DatabaseSettings,
        around: &Surroundings,
        limits: Limits,
    ) -> Result<Self, SetupError> {
        let link = Link::new(tables, settings, limits)?;
        let around = around.clone();
        Ok(Self { link, around, position: Position::default(), told: Vec::new(), poll: None, round: Round::default() })
    }

    /// The next batch of the poll, which is over when there is none.
    fn look(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        let now = self.around.clock.now();
        let mut poll = match self.poll.take() {
            Some(poll) => poll,
            None => Poll::begin(&mut self.link, &mut self.position, known, (now, stop))?,
        };
        let rows = match poll.fresh(&mut self.link, &mut self.position, stop)? {
            rows if rows.is_empty() => poll.skipped(&mut self.link, &mut self.position, stop)?,
            rows => rows,
        };
        let rows = match rows {
            rows if rows.is_empty() => self.round.go_on(&mut self.link, &self.position, known, (now, stop))?,
            rows => rows,
        };
        let end = rows.is_empty();
        let as_of = end.then_some(poll.begun);
        if !end {
            self.poll = Some(poll);
        }
        Ok(Batch { rows, position: self.moved(), end, as_of, ..Batch::default() })
    }

    /// The position, when it is another than was given out last.
    fn moved(&mut self) -> Option<Vec<u8>> {
        let position = self.position.to_bytes();
        if position == self.told {
            return None;
        }
        self.told.clone_from(&position);
        Some(position)
    }

    fn tables(&self) -> &'static [SerialTable] {
        self.link.tables()
    }
}

impl Source for SerialSource {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.position = Position::read(position)?;
        self.told = position.map(<[u8]>::to_vec).unwrap_or_default();
        self.poll = None;
        self.round = Round::default();
        Ok(())
    }

    fn next(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        let result = self.look(known, stop);
        if result.is_err() {
            self.poll = None;
        }
        result
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        settle::write_back(&mut self.link, settled)?;
        Ok(Vec::new())
    }

    fn check(&mut self) -> Vec<Finding> {
        check::check(self)
    }
}

/// A row's id among the department's.
fn id_of(table: &SerialTable, serial: i64) -> String {
    format!("{}/{serial}", table.table)
}
