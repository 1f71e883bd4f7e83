//! An answer, made as bytes once.

use bytes::Bytes;
use domain::Outcome;
use prost::Message;

/// Longest answer, in bytes.
const LIMIT: usize = 3 << 20;
/// What is left free of it for everything but records: coverage, page token, results by type, receipt.
const RESERVE: usize = 128 << 10;

/// An answer and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// What it says.
    pub(crate) outcome: Outcome,
    /// The encoded response message.
    pub(crate) bytes: Bytes,
}

impl Answered {
    /// Encodes a response.
    pub(crate) fn new(outcome: Outcome, response: &impl Message) -> Self {
        Self { outcome, bytes: response.encode_to_vec().into() }
    }
}

/// How much room is left in an answer.
#[derive(Debug)]
pub(crate) struct Room(usize);

impl Room {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self(LIMIT - RESERVE)
    }

    /// Takes the room of one more record, if there is that much.
    pub(crate) fn take(&mut self, record: &impl Message) -> bool {
        // Tag and length of the repeated field come on top.
        let length = record.encoded_len() + 6;
        let fits = length <= self.0;
        if fits {
            self.0 -= length;
        }
        fits
    }
}
