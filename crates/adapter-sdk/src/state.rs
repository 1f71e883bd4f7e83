//! What an adapter remembers of its own progress; one blob in its ledger, committed with the rows it speaks of.

use crate::{error::IntakeError, judge::Verdict};
use chrono::DateTime;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows by what became of them, since the adapter's state began (contract.md §7).
///
/// `published + unchanged + superseded + rejected + skipped + waiting` is `read`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Rows read.
    pub read: u64,
    /// Rows of which at least one record was published.
    pub published: u64,
    /// Rows that say what is known already.
    pub unchanged: u64,
    /// Rows older than what is known.
    pub superseded: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Rows passed over as the department's page says.
    pub skipped: u64,
    /// Rows that wait for something.
    pub waiting: u64,
    /// Rejected rows accepted later when they were driven again; they stay counted as rejected.
    pub redriven: u64,
    /// Files refused whole.
    pub files_refused: u64,
    /// Rows refused, by rule.
    pub rejected_by: BTreeMap<String, u64>,
    /// Records published, by resource.
    pub records: BTreeMap<String, Written>,
}

/// Records published of a resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Upserts.
    pub upserted: u64,
    /// Withdrawals.
    pub withdrawn: u64,
}

impl Counters {
    /// Whether every row read ended as exactly one thing.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.read == self.published + self.unchanged + self.superseded + self.rejected + self.skipped + self.waiting
    }

    /// Rows by what became of them: read, published, unchanged, superseded, rejected, skipped, waiting.
    pub(crate) fn rows(&self) -> Rows {
        [self.read, self.published, self.unchanged, self.superseded, self.rejected, self.skipped, self.waiting]
    }

    /// Counts a row read.
    pub(crate) fn count(&mut self, verdict: Verdict) {
        self.read += 1;
        match verdict {
            Verdict::Published => self.published += 1,
            Verdict::Unchanged => self.unchanged += 1,
            Verdict::Superseded => self.superseded += 1,
            Verdict::Rejected => self.rejected += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Waiting => self.waiting += 1,
        }
    }

    /// A row that waited is done with another that was published.
    pub(crate) fn released(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        self.published += 1;
    }

    /// A row that was rejected was driven again, and now waits.
    pub(crate) fn rejected_waits(&mut self) {
        self.rejected = self.rejected.saturating_sub(1);
        self.waiting += 1;
    }

    /// Counts by which rule a row was rejected.
    pub(crate) fn refused_by(&mut self, rule: &str) {
        *self.rejected_by.entry(rule.to_owned()).or_default() += 1;
    }

    /// Counts a record published.
    pub(crate) fn wrote(&mut self, resource: &str, withdrawal: bool) {
        if !self.records.contains_key(resource) {
            self.records.insert(resource.to_owned(), Written::default());
        }
        if let Some(written) = self.records.get_mut(resource) {
            if withdrawal {
                written.withdrawn += 1;
            } else {
                written.upserted += 1;
            }
        }
    }
}

/// Counts of rows, as [`Counters::rows`] orders them.
pub(crate) type Rows = [u64; 7];

/// Next offset by partition.
pub(crate) type Offsets = BTreeMap<u32, u64>;

/// The adapter's progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Highest intake number given out.
    pub(crate) intake: u64,
    /// The unit that is being taken in.
    pub(crate) unit: Option<Unit>,
    /// Rows so far.
    pub(crate) counters: Counters,
    /// Up to when the department's feed is known, in milliseconds since 1970.
    pub(crate) as_of: Option<i64>,
    /// When the last file or poll came to its end, in milliseconds since 1970.
    pub(crate) last_success: Option<i64>,
    /// Units finished.
    pub(crate) units: u64,
    /// Units finished that stated all that exists.
    pub(crate) full_units: u64,
    /// The unit that was finished last.
    pub(crate) last_unit: Option<Unit>,
    /// Published keys that the newest full export of each scope did not mention.
    pub(crate) missing_from_full: BTreeMap<String, u64>,
    /// Where the records topic stood when nothing was in flight.
    pub(crate) records: Offsets,
    /// What of the control topic has been heeded.
    pub(crate) control: Offsets,
    /// Whether this state was lost once, and put together from the bus.
    #[serde(default)]
    pub(crate) restored: bool,
    /// Why the source gives nothing now.
    #[serde(skip)]
    pub(crate) source_problem: String,
    /// Calls that the source's provider still allows.
    #[serde(skip)]
    pub(crate) quota_left: Option<u64>,
}

/// Progress in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) intake: u64,
    pub(crate) file: String,
    /// SM3 of the file in hexadecimal.
    pub(crate) hash: String,
    /// Where the next row may be looked for.
    pub(crate) byte: u64,
    /// Number of the last row done.
    pub(crate) number: u64,
    /// When it was begun, in milliseconds since 1970: its records say so, however often they are made again.
    pub(crate) begun: i64,
    /// Whether it states all that exists.
    pub(crate) full: bool,
    /// The part of the stock it speaks of.
    pub(crate) scope: String,
    /// The source's own stamp of it, [`Row::stamp`](crate::Row::stamp).
    #[serde(default)]
    pub(crate) stamp: String,
    /// Rows counted when it was begun.
    #[serde(default)]
    pub(crate) before: Rows,
}

impl State {
    /// The blob's name in the ledger.
    pub(crate) const BLOB: &str = "state";

    /// Scope of a count that was put together from an announcement, which does not tell scopes apart.
    pub(crate) const RESTORED: &str = "*";

    pub(crate) fn read(blob: &[u8]) -> Result<Self, IntakeError> {
        serde_json::from_slice(blob).map_err(|_| IntakeError::State { what: "progress" })
    }

    pub(crate) fn to_blob(&self) -> Result<Vec<u8>, IntakeError> {
        serde_json::to_vec(self).map_err(|_| IntakeError::State { what: "progress" })
    }

    /// Moves the feed's time on, never back.
    pub(crate) fn known_until(&mut self, as_of: Option<Timestamp>) {
        self.as_of = self.as_of.max(as_of.map(|instant| instant.timestamp_millis()));
    }
}

/// An instant kept as milliseconds.
pub(crate) fn instant(millis: Option<i64>) -> Option<Timestamp> {
    millis.and_then(DateTime::from_timestamp_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_state_is_refused_rather_than_skipped() {
        let mut state = State { intake: 7, ..State::default() };
        state.counters.wrote("thing", true);
        let blob = state.to_blob().unwrap();
        assert_eq!(State::read(&blob).unwrap(), state);
        assert!(State::read(&blob[..blob.len() / 2]).is_err());
        assert!(State::read(b"").is_err());
    }

    #[test]
    fn the_time_of_a_feed_never_goes_back() {
        let mut state = State::default();
        state.known_until(DateTime::from_timestamp_millis(2000));
        state.known_until(DateTime::from_timestamp_millis(1000));
        state.known_until(None);
        assert_eq!(state.as_of, Some(2000));
    }
}
