//! How far the tables are read.

use super::gaps::Gaps;
use adapter_sdk::source::SourceError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far each table is read, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    tables: BTreeMap<String, Reached>,
}

/// How far a table is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Reached {
    /// The highest serial number read.
    pub(super) last: i64,
    /// Numbers below that were not there.
    #[serde(skip_serializing_if = "Gaps::is_empty")]
    pub(super) gaps: Gaps,
    /// Up to here rows that were taken in are read again: the adapter's memory of them is lost.
    #[serde(skip_serializing_if = "is_none")]
    pub(super) again: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_none(serial: &i64) -> bool {
    *serial == 0
}

impl Position {
    /// The very beginning when there is none yet.
    ///
    /// # Errors
    /// When the bytes are no position of this source.
    pub(super) fn read(bytes: Option<&[u8]>) -> Result<Self, SourceError> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        serde_json::from_slice(bytes).map_err(|_| {
            SourceError::refused(
                "the adapter's state holds no position of an exchange table; was the kind of `source` changed?",
            )
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether nothing was ever read.
    pub(super) fn is_begin(&self) -> bool {
        self.tables.is_empty()
    }

    pub(super) fn of(&self, table: &str) -> Reached {
        self.tables.get(table).cloned().unwrap_or_default()
    }

    pub(super) fn of_mut(&mut self, table: &str) -> &mut Reached {
        self.tables.entry(table.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_as_it_was_written() {
        let mut position = Position::default();
        assert!(position.is_begin());
        position.of_mut("t").last = 7;
        position.of_mut("t").gaps.skipped(2, 3, 11);
        assert_eq!(Position::read(Some(&position.to_bytes())).unwrap(), position);
        assert!(!position.is_begin());
    }

    #[test]
    fn what_is_no_position_is_refused() {
        assert!(Position::read(Some(b"{\"partitions\":1}")).is_err());
        assert!(Position::read(Some(b"")).is_err());
        assert!(Position::read(None).unwrap().is_begin());
    }
}
