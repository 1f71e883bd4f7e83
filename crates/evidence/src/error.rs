//! What can go wrong, in words that name places and never values.

use security::SecurityError;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Any failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Outside bytes or text are not what they should be; nothing of them is used.
    #[error("malformed {what}: {fault}")]
    Malformed {
        /// What was expected: `note`, `checkpoint`, `verifier key`, ….
        what: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A statement is longer than a log entry can be (65,535 bytes, C2SP tlog-tiles).
    #[error("statement is longer than a log entry can be")]
    EntryTooLong,
    /// A file of the log cannot be read or written.
    #[error("{}: cannot be read or written", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of the log is not as it was written; nothing is guessed in its place.
    #[error("{} is damaged at byte {at}: {what}", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// Where in it, in bytes.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// Another process has the log open.
    #[error("{} is in use by another process", folder.display())]
    InUse {
        /// The log's folder.
        folder: PathBuf,
    },
    /// The statement could not be made durable: the answer must not leave.
    #[error("evidence cannot be written: {0}")]
    Unwritable(String),
    /// More statements wait for the disk than are taken; try again.
    #[error("too many statements wait for the disk")]
    Busy,
    /// Nobody writes the log any more: the process is about to end.
    #[error("the evidence log is closed")]
    Closed,
    /// The newest checkpoint of an earlier epoch does not cover the entry, and no other can be made.
    #[error("no checkpoint covers the entry")]
    Unproven,
    /// The key file holds none of the keys that sign now: put the old key under the new one.
    #[error("{}: holds none of the keys that sign the log now", path.display())]
    OtherKeys {
        /// The key file.
        path: PathBuf,
    },
    /// The bus is away, or does not let us at the mirror.
    #[error("the mirror of the evidence log cannot be reached")]
    Bus(#[from] bus::BusError),
    /// A key or the system's random numbers cannot be used.
    #[error("cryptography of the evidence log failed")]
    Security(#[from] SecurityError),
}

impl EvidenceError {
    pub(crate) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, at: u64, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), at, what: what.into() }
    }

    pub(crate) fn malformed(what: &'static str, fault: &'static str) -> Self {
        Self::Malformed { what, fault }
    }
}
