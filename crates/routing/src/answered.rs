//! An answer, made as bytes once.

use bytes::Bytes;
use contract::wire;
use domain::{Identifier, Outcome};
use prost::Message;

/// Number of the field `receipt` in every response.
const RECEIPT: u32 = 100;
/// Longest answer, in bytes.
const LIMIT: usize = 3 << 20;
/// What is left free of it for everything but records: coverage, page token, results by type, receipt.
const RESERVE: usize = 128 << 10;

/// An answer and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// What it says.
    pub(crate) outcome: Outcome,
    /// The encoded response message, without receipt.
    pub(crate) bytes: Bytes,
    /// The people whose records it speaks of, beside the one asked about.
    pub(crate) people: Vec<Identifier>,
}

impl Answered {
    /// Encodes a response.
    pub(crate) fn new(outcome: Outcome, response: &impl Message) -> Self {
        Self { outcome, bytes: response.encode_to_vec().into(), people: Vec::new() }
    }

    /// The same, speaking of these people.
    pub(crate) fn about(self, people: Vec<Identifier>) -> Self {
        Self { people, ..self }
    }
}

/// A response message with its encoded receipt as the last field.
pub(crate) fn with_receipt(response: &[u8], receipt: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(response.len() + receipt.len() + 8);
    bytes.extend_from_slice(response);
    wire::append_message_field(&mut bytes, RECEIPT, receipt);
    bytes.into()
}

/// The canonical JSON of a response with its receipt as the last member.
pub(crate) fn with_json_receipt(mut canonical: Vec<u8>, receipt: &str) -> Bytes {
    canonical.pop();
    if canonical.len() > 1 {
        canonical.push(b',');
    }
    canonical.extend_from_slice(b"\"receipt\":");
    canonical.extend_from_slice(receipt.as_bytes());
    canonical.push(b'}');
    canonical.into()
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
