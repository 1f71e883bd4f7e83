//! Digests of what is judged and of where it came from.

use crate::mapping::{Draft, Effect};
use security::digest::{self, Sha256};

/// SHA-256 of a row as received.
pub(crate) fn of_bytes(bytes: &[u8]) -> [u8; 32] {
    digest::sha256(bytes)
}

/// What two versions of a record are compared by: operation, subjects, flags and body (the reason of a withdrawal).
pub(crate) fn of_draft(draft: &Draft) -> [u8; 16] {
    let mut parts = Parts::new();
    match &draft.effect {
        Effect::Upsert { message, body } => {
            parts.add(b"upsert").add(message.as_bytes()).add(body);
        }
        Effect::Withdraw { reason } => {
            parts.add(b"withdraw").add(reason.as_bytes());
        }
    }
    for subject in &draft.subjects {
        parts.add(subject.kind().as_str().as_bytes()).add(subject.value().as_bytes());
    }
    parts.add(b"flags");
    for flag in &draft.flags {
        parts.add(flag.as_bytes());
    }
    parts.short()
}

/// A reject's id: the same row of the same file is the same reject, however often it is read.
pub(crate) fn reject_id(department: &str, file: &str, file_hash: &str, row: u64) -> String {
    let mut parts = Parts::new();
    parts.add(department.as_bytes()).add(file.as_bytes()).add(file_hash.as_bytes()).add(&row.to_be_bytes());
    digest::hex(&parts.short())
}

/// Parts with their lengths, so that no two lists of parts read the same.
struct Parts(Sha256);

impl Parts {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn add(&mut self, part: &[u8]) -> &mut Self {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    fn short(self) -> [u8; 16] {
        let digest = self.0.finish();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}
