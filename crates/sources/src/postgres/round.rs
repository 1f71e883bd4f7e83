//! The slow round over whole tables, for rows that appear where nobody looks any more.

use super::{BATCH, id_of, link::Link, position::Position, table::Found};
use adapter_sdk::{
    Stop,
    source::{Known, SourceError, SourceRow},
};
use domain::Timestamp;
use tokio_postgres::types::ToSql;

/// How long after the beginning of a round the next begins.
const PERIOD: chrono::Duration = chrono::Duration::minutes(10);
/// Numbers looked at with one statement.
const STRIDE: i64 = 50_000;
/// Statements in one poll, so that a round over millions of rows keeps nothing waiting.
const STRIDES: usize = 4;

/// Where the round stands.
#[derive(Debug, Default)]
pub(super) struct Round {
    begun: Option<Timestamp>,
    /// The table that is gone over, all of them when there is none left.
    table: usize,
    /// Numbers up to here are gone over.
    cursor: Option<i64>,
    /// New rows that nobody knows.
    found: Vec<i64>,
    /// Statements used up in this poll.
    strides: usize,
}

impl Round {
    /// The next rows that are new and not known; none when this poll's share of the round is done.
    pub(super) fn go_on(
        &mut self,
        link: &mut Link,
        position: &Position,
        known: &dyn Known,
        (now, stop): (Timestamp, &dyn Stop),
    ) -> Result<Vec<SourceRow>, SourceError> {
        if self.begun.is_none_or(|begun| now - begun >= PERIOD) && self.table >= link.tables().len() {
            *self = Self::default();
        }
        self.begun.get_or_insert(now);
        loop {
            let rows = self.fetch(link, stop)?;
            if !rows.is_empty() {
                return Ok(rows);
            }
            if self.strides >= STRIDES || self.table >= link.tables().len() {
                self.strides = 0;
                return Ok(Vec::new());
            }
            self.stride(link, position, known, stop)?;
        }
    }

    /// The rows found by the last stride.
    fn fetch(&mut self, link: &mut Link, stop: &dyn Stop) -> Result<Vec<SourceRow>, SourceError> {
        while !self.found.is_empty() {
            let size = self.found.len().min(usize::try_from(BATCH).unwrap_or(1));
            let serials: Vec<i64> = self.found.drain(..size).collect();
            let parameters: [&(dyn ToSql + Sync); 1] = [&serials];
            let found = link.rows(self.table, |statements| &statements.listed, &parameters, stop)?;
            let rows: Vec<SourceRow> = found.into_iter().filter(Found::is_new).map(Found::into_row).collect();
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// Goes over the next numbers of a table, as far as it is read.
    fn stride(
        &mut self,
        link: &mut Link,
        position: &Position,
        known: &dyn Known,
        stop: &dyn Stop,
    ) -> Result<(), SourceError> {
        let Some(table) = link.tables().get(self.table) else { return Ok(()) };
        let (from, last) = (self.cursor.unwrap_or(i64::MIN), position.of(table.table).last);
        self.strides += 1;
        let Some((to, new)) = link.new_between(self.table, (from, last, STRIDE), stop)? else {
            (self.table, self.cursor) = (self.table + 1, None);
            return Ok(());
        };
        self.cursor = Some(to);
        for serial in new {
            if !known.is_done(&id_of(table, serial))? {
                self.found.push(serial);
            }
        }
        Ok(())
    }
}
