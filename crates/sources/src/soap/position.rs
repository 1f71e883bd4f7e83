//! Where the next poll begins.

use adapter_sdk::IntakeError;
use security::digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rows of the last second that are remembered at most: of more, the others are given out again with each poll, and judged
/// unchanged.
pub(super) const REMEMBERED: usize = 100_000;

/// The beginning of a row's SHA-256.
pub(super) type Digest = [u8; 16];

/// The position as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// The newest second that a poll met; none before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
    /// What was given out of the rows that come again.
    #[serde(default)]
    pub(super) given: BTreeSet<Given>,
}

/// A row that was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Given(Digest);

impl Position {
    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(super) fn read(bytes: Option<&[u8]>) -> Result<Self, IntakeError> {
        let damaged = |_| IntakeError::State { what: "position in the list of changes" };
        bytes.map_or_else(|| Ok(Self::default()), |bytes| serde_json::from_slice(bytes).map_err(damaged))
    }

    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }
}

impl Given {
    /// By which a row is known again.
    pub(super) fn of(row: &[u8]) -> Self {
        let mut beginning = Digest::default();
        let digest = digest::sha256(row);
        for (kept, byte) in beginning.iter_mut().zip(digest) {
            *kept = byte;
        }
        Self(beginning)
    }
}

impl From<Given> for String {
    fn from(given: Given) -> Self {
        digest::hex(&given.0)
    }
}

impl TryFrom<String> for Given {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = u128::from_str_radix(&text, 16).map_err(|_| "no digest")?;
        if text.len() == 32 { Ok(Self(number.to_be_bytes())) } else { Err("no digest") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let given = [b"a".as_slice(), b"b"].map(Given::of).into();
        let position = Position { since: Some("2026-11-01 02:11:09".to_owned()), given };
        assert_eq!(Position::read(position.to_bytes().as_deref()).unwrap(), position);
        assert_eq!(Position::read(None).unwrap(), Position::default());
        for damaged in ["", "{", r#"{"given":["0"]}"#, r#"{"given":["+0000000000000000000000000000000z"]}"#] {
            assert!(Position::read(Some(damaged.as_bytes())).is_err(), "{damaged}");
        }
    }
}
