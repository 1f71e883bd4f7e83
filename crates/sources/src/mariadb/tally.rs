//! What has passed by: up to which row, how many, and a checksum of their keys.

use serde::{Deserialize, Serialize};

/// A row's place in the order of time, then key. The time is `yyyy-MM-dd HH:mm:ss.ffffff` as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) time: String,
    pub(super) key: String,
}

/// A row's place, and its key's checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) sum: u64,
}

/// Number and checksum of keys.
///
/// Sums of checksums, not their exclusive-or: under that the four keys of two neighbouring pairs cancel each other out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) sum: u64,
}

/// Where a source stands; what the runner keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// The newest row that has passed by.
    pub(super) newest: Option<Place>,
    /// All rows up to it that have passed by.
    pub(super) tally: Tally,
}

impl Tally {
    pub(super) fn add(&mut self, key: &Key) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(key.sum);
    }
}

impl Position {
    /// Reads a position; what cannot be read is the beginning, as rows that are done are known by their marks.
    pub(super) fn read(bytes: Option<&[u8]>) -> Self {
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }
}
