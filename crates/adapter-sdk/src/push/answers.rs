//! What was answered under a key, kept with the adapter's checkpoint.

use super::queue::PushRecord;
use crate::{
    error::IntakeError,
    source::{Kept, Known, RowFate},
};
use security::digest::{self, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What names of kept answers begin with.
const NAMES: &str = "answer/";
/// How long answers are kept, in milliseconds.
const KEPT: i64 = 24 * 3600 * 1000;
/// At most so many bytes of answers are kept, and so many pieces; the oldest go first. A request that is forgotten is judged
/// anew, which publishes nothing twice either: its records are unchanged then.
const BYTES: usize = 64 << 20;
const PIECES: usize = 100_000;

/// What a record's mark carries, so that its answer can be kept by a process that never saw the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) whole: String,
    pub(super) line: u64,
    pub(super) digest: String,
}

/// Answers that were written down at once.
#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    at: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    whole: String,
    lines: Vec<(u64, String, RowFate)>,
}

/// What is remembered of a key.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    whole: String,
    lines: BTreeMap<u64, (String, RowFate)>,
}

/// What is kept, oldest first.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pieces: VecDeque<(i64, String, usize)>,
    bytes: usize,
    is_loaded: bool,
}

/// The name that a caller's key goes by.
pub(super) fn name(key: &str) -> String {
    short(&digest::sha256(key.as_bytes()), 16)
}

/// What a record is compared by.
pub(super) fn digest(record: &PushRecord) -> String {
    let mut parts = Sha256::new();
    parts.update(&(record.resource.len() as u64).to_be_bytes());
    parts.update(record.resource.as_bytes());
    parts.update(&record.bytes);
    short(&parts.finish(), 8)
}

/// What a whole request is compared by.
pub(super) fn digest_of_all(digests: &[String]) -> String {
    short(&digest::sha256(digests.concat().as_bytes()), 8)
}

fn short(digest: &[u8], bytes: usize) -> String {
    digest::hex(digest.get(..bytes).unwrap_or(digest))
}

impl Remembered {
    /// The answer to a line; an error when another record stood there.
    pub(super) fn line(&self, line: u64, digest: &str) -> Result<Option<RowFate>, ()> {
        match self.lines.get(&line) {
            Some((same, fate)) if same == digest => Ok(Some(fate.clone())),
            Some(_) => Err(()),
            None => Ok(None),
        }
    }

    /// Whether a whole request can be the one that was remembered.
    pub(super) fn can_be(&self, whole: &str, last: u64) -> bool {
        if whole.is_empty() {
            return true;
        }
        let is_same = self.whole.is_empty() || self.whole == whole;
        is_same && self.lines.last_key_value().is_none_or(|(line, _)| *line <= last)
    }
}

impl Answers {
    /// Finds what is kept from before.
    pub(super) fn load(&mut self, known: &dyn Known) -> Result<(), IntakeError> {
        if self.is_loaded {
            return Ok(());
        }
        let mut pieces: Vec<(i64, String, usize)> = known
            .all_kept(NAMES)?
            .into_iter()
            .map(|(name, blob)| (read(&blob).map_or(0, |piece| piece.at), name, blob.len()))
            .collect();
        pieces.sort();
        self.bytes = pieces.iter().map(|(_, _, bytes)| bytes).sum();
        self.pieces = pieces.into();
        self.is_loaded = true;
        Ok(())
    }

    /// What was answered under a key.
    pub(super) fn recall(key: &str, known: &dyn Known) -> Result<Remembered, IntakeError> {
        let mut remembered = Remembered::default();
        for (_, blob) in known.all_kept(&format!("{NAMES}{key}/"))? {
            let Some(piece) = read(&blob) else { continue };
            remembered.whole = piece.whole;
            remembered.lines.extend(piece.lines.into_iter().map(|(line, digest, fate)| (line, (digest, fate))));
        }
        Ok(remembered)
    }

    /// What is to be written down of answers given at `at`, and what is to be forgotten.
    pub(super) fn keep(&mut self, settled: Vec<(Receipt, RowFate)>, at: i64) -> Vec<Kept> {
        let mut pieces: BTreeMap<String, Piece> = BTreeMap::new();
        for (receipt, fate) in settled {
            let piece =
                pieces.entry(receipt.key).or_insert_with(|| Piece { at, whole: receipt.whole, lines: Vec::new() });
            piece.lines.push((receipt.line, receipt.digest, fate));
        }
        let mut kept = self.forget(at);
        for (key, piece) in pieces {
            let first = piece.lines.iter().map(|(line, ..)| *line).min().unwrap_or_default();
            let name = format!("{NAMES}{key}/{first:08}");
            let blob = serde_json::to_vec(&piece).unwrap_or_default();
            self.bytes += blob.len();
            self.pieces.push_back((at, name.clone(), blob.len()));
            kept.push((name, Some(blob)));
        }
        kept
    }

    fn forget(&mut self, now: i64) -> Vec<Kept> {
        let mut gone = Vec::new();
        while let Some((at, ..)) = self.pieces.front() {
            if now - at <= KEPT && self.bytes <= BYTES && self.pieces.len() <= PIECES {
                break;
            }
            if let Some((_, name, bytes)) = self.pieces.pop_front() {
                self.bytes -= bytes;
                gone.push((name, None));
            }
        }
        gone
    }
}

fn read(blob: &[u8]) -> Option<Piece> {
    serde_json::from_slice(blob).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(key: &str, line: u64) -> (Receipt, RowFate) {
        let receipt = Receipt { key: name(key), whole: "w".to_owned(), line, digest: "d".to_owned() };
        (receipt, RowFate::Unchanged)
    }

    #[test]
    fn answers_are_kept_for_a_day_and_then_forgotten() {
        let mut answers = Answers::default();
        assert_eq!(answers.keep(vec![settled("a", 1), settled("a", 2), settled("b", 1)], 0).len(), 2);
        assert_eq!(answers.keep(vec![settled("c", 1)], KEPT).len(), 1);
        let kept = answers.keep(vec![settled("d", 1)], KEPT + 1);
        assert_eq!(kept.iter().filter(|(_, value)| value.is_none()).count(), 2);
        assert_eq!(answers.pieces.len(), 2);
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let mut answers = Answers::default();
        let mut gone = 0;
        for key in 0..PIECES + 10 {
            let kept = answers.keep(vec![settled(&key.to_string(), 1)], 0);
            gone += kept.iter().filter(|(_, value)| value.is_none()).count();
        }
        assert_eq!((answers.pieces.len(), gone), (PIECES + 1, 9));
        assert_eq!(answers.bytes, answers.pieces.iter().map(|(_, _, bytes)| bytes).sum::<usize>());
    }

    #[test]
    fn another_record_or_another_number_of_them_is_another_request() {
        let mut remembered = Remembered { whole: "w".to_owned(), lines: BTreeMap::new() };
        remembered.lines.insert(2, ("d".to_owned(), RowFate::Skipped));
        assert_eq!(remembered.line(2, "d"), Ok(Some(RowFate::Skipped)));
        assert_eq!((remembered.line(2, "e"), remembered.line(1, "e")), (Err(()), Ok(None)));
        assert!(remembered.can_be("w", 2) && remembered.can_be("", 1));
        assert!(!remembered.can_be("v", 2) && !remembered.can_be("w", 1));
    }

    #[test]
    fn records_differ_by_resource_and_bytes() {
        let record = |resource: &str, bytes: &[u8]| PushRecord { resource: resource.to_owned(), bytes: bytes.to_vec() };
        let digests = [digest(&record("a", b"b")), digest(&record("", b"ab")), digest(&record("ab", b""))];
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }
}
