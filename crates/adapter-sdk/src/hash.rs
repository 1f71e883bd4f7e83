//! Digests of what is judged and of where it came from.

use crate::mapping::{Draft, Effect};
use contract::canonical::v1::Record;
use security::digest::{self, Sha256};

/// SHA-256 of a row as received.
pub(crate) fn of_bytes(bytes: &[u8]) -> [u8; 32] {
    digest::sha256(bytes)
}

/// What two versions of a record are compared by: operation, subjects, flags and body (the reason of a withdrawal).
pub(crate) fn of_draft(draft: &Draft) -> [u8; 16] {
    let mut parts = Parts::new();
    match &draft.effect {
        Effect::Upsert { message, body } => parts.upsert(message, body),
        Effect::Withdraw { reason } => parts.withdraw(reason),
    };
    for subject in &draft.subjects {
        parts.add(subject.kind().as_str().as_bytes()).add(subject.value().as_bytes());
    }
    parts.flags(draft.flags.iter().copied());
    parts.short()
}

/// The same of a record that was published.
pub(crate) fn of_record(record: &Record) -> [u8; 16] {
    let mut parts = Parts::new();
    match &record.body {
        Some(body) => parts.upsert(contract::full_name_of(&body.type_url), &body.value),
        None => parts.withdraw(&record.reason),
    };
    for subject in &record.subjects {
        parts.add(subject.kind.as_bytes()).add(subject.value.as_bytes());
    }
    parts.flags(record.flags.iter().map(String::as_str));
    parts.short()
}

/// A reject's id: the same row of the same file is the same reject, however often it is read.
pub(crate) fn reject_id(department: &str, file: &str, file_hash: &str, row: u64) -> String {
    let mut parts = Parts::new();
    parts.add(department.as_bytes()).add(file.as_bytes()).add(file_hash.as_bytes()).add(&row.to_be_bytes());
    digest::hex(&parts.short())
}

/// The id of a reject of a row that lies in no file: by where it lies and what it says.
pub(crate) fn passing_reject_id(department: &str, of: &[&[u8]]) -> String {
    let mut parts = Parts::new();
    parts.add(department.as_bytes());
    for part in of {
        parts.add(part);
    }
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

    fn upsert(&mut self, message: &str, body: &[u8]) -> &mut Self {
        self.add(b"upsert").add(message.as_bytes()).add(body)
    }

    fn withdraw(&mut self, reason: &str) -> &mut Self {
        self.add(b"withdraw").add(reason.as_bytes())
    }

    fn flags<'a>(&mut self, flags: impl Iterator<Item = &'a str>) {
        self.add(b"flags");
        for flag in flags {
            self.add(flag.as_bytes());
        }
    }

    fn short(self) -> [u8; 16] {
        let digest = self.0.finish();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}
