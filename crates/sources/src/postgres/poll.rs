//! One look at the tables, from what was there when it began.

use super::{
    BATCH,
    link::Link,
    position::{Position, Reached},
    table::Found,
};
use adapter_sdk::{
    Stop,
    source::{Known, SourceError, SourceRow},
};
use domain::Timestamp;
use tokio_postgres::types::ToSql;

/// Status of rows that are published.
const TAKEN_IN: i32 = 1;

/// Fewest rows read at once: where a table's numbers have wide gaps, what is left of it says little.
const LEAST: i64 = 100;

/// A look that is under way.
pub(super) struct Poll {
    /// When it began: what was committed before is seen by it.
    pub(super) begun: Timestamp,
    /// By table: the highest number that was there, and where the look began.
    spans: Vec<Span>,
    /// The table whose skipped numbers are looked for next.
    gaps_of: usize,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: i64,
    to: i64,
}

impl Poll {
    /// Begins where the highest numbers are now.
    pub(super) fn begin(
        link: &mut Link,
        position: &mut Position,
        known: &dyn Known,
        (now, stop): (Timestamp, &dyn Stop),
    ) -> Result<Self, SourceError> {
        let tables = link.tables();
        let is_lost = position.is_begin() && known.is_restored();
        let tops = link.tops(stop)?;
        let mut spans = Vec::with_capacity(tables.len());
        for (table, top) in tables.iter().zip(tops) {
            let reached = position.of_mut(table.table);
            reached.gaps.forget_old(now);
            if is_lost {
                reached.again = top;
            }
            spans.push(Span { from: reached.last, to: top });
        }
        Ok(Self { begun: now, spans, gaps_of: 0 })
    }

    /// The next rows above the highest number read, of the table that is furthest behind: rows that belong together are
    /// written to several tables at about the same time, and rows that wait for another are to stay few.
    pub(super) fn fresh(
        &mut self,
        link: &mut Link,
        position: &mut Position,
        stop: &dyn Stop,
    ) -> Result<Vec<SourceRow>, SourceError> {
        while let Some(table) = self.furthest_behind(link, position) {
            let name = link.tables()[table].table;
            let (reached, to, limit) = (position.of_mut(name), self.spans[table].to, self.limit(table));
            let parameters: [&(dyn ToSql + Sync); 3] = [&reached.last, &to, &limit];
            let found = link.rows(table, |statements| &statements.fresh, &parameters, stop)?;
            let is_last = i64::try_from(found.len()).unwrap_or(limit) < limit;
            let rows = above(reached, found, self.begun.timestamp_millis());
            if is_last {
                reached.gaps.skipped(reached.last.saturating_add(1), to, self.begun.timestamp_millis());
                reached.last = to;
            }
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// The next rows of numbers that were not there before.
    pub(super) fn skipped(
        &mut self,
        link: &mut Link,
        position: &mut Position,
        stop: &dyn Stop,
    ) -> Result<Vec<SourceRow>, SourceError> {
        while let Some(table) = link.tables().get(self.gaps_of) {
            let reached = position.of_mut(table.table);
            let (from, to) = reached.gaps.ranges();
            if from.is_empty() {
                self.gaps_of += 1;
                continue;
            }
            let parameters: [&(dyn ToSql + Sync); 3] = [&from, &to, &BATCH];
            let found = link.rows(self.gaps_of, |statements| &statements.skipped, &parameters, stop)?;
            if found.is_empty() {
                self.gaps_of += 1;
            }
            let rows = filled(reached, found);
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// How many rows of a table are read at once: the same share of what is left as of the longest table, so that none runs ahead.
    fn limit(&self, table: usize) -> i64 {
        let length = |span: &Span| span.to.saturating_sub(span.from).max(1);
        let longest = self.spans.iter().map(length).max().unwrap_or(1);
        let share = i128::from(BATCH) * i128::from(length(&self.spans[table])) / i128::from(longest);
        i64::try_from(share).unwrap_or(BATCH).clamp(LEAST, BATCH)
    }

    fn furthest_behind(&self, link: &Link, position: &Position) -> Option<usize> {
        let share = |table: usize| {
            let Span { from, to } = self.spans[table];
            let last = position.of(link.tables()[table].table).last;
            (last < to).then(|| share_of(last, from, to))
        };
        let behind = (0..self.spans.len()).filter_map(|table| share(table).map(|share| (share, table)));
        behind.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, table)| table)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
fn share_of(last: i64, from: i64, to: i64) -> f64 {
    (last as f64 - from as f64) / (to as f64 - from as f64)
}

/// Takes over rows above the highest number read, and notes the numbers between them that were not there.
fn above(reached: &mut Reached, found: Vec<Found>, at: i64) -> Vec<SourceRow> {
    let mut rows = Vec::with_capacity(found.len());
    for found in found {
        let serial = found.serial;
        reached.gaps.skipped(reached.last.saturating_add(1), serial.saturating_sub(1), at);
        reached.last = serial;
        let is_wanted_again = serial <= reached.again && found.status == TAKEN_IN;
        if found.is_new() || is_wanted_again {
            rows.push(found.into_row());
        }
    }
    rows
}

fn filled(reached: &mut Reached, found: Vec<Found>) -> Vec<SourceRow> {
    let mut rows = Vec::with_capacity(found.len());
    for found in found {
        reached.gaps.filled(found.serial);
        if found.is_new() {
            rows.push(found.into_row());
        }
    }
    rows
}
