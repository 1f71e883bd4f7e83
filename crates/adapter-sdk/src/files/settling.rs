//! When a file without a flag is complete: once it has stayed as it is.

use super::reader::Fingerprint;
use domain::Timestamp;
use std::collections::HashMap;

/// How long a file must have stayed as it is to be complete.
const SETTLED: chrono::Duration = chrono::Duration::seconds(10);
/// How long it must have stayed so for a fault in it to be its own: an upload that stands still for a moment does not open
/// either.
const FIRM: chrono::Duration = chrono::Duration::seconds(20);

/// How long a file has stayed as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It may still be being written.
    Moving,
    /// Long enough to be complete, if it opens.
    Settled,
    /// Long enough to be refused, if it does not.
    Firm,
}

/// Files as they stood when they were last seen to change.
#[derive(Debug, Default)]
pub(super) struct Settling {
    files: HashMap<String, (Fingerprint, Timestamp)>,
}

impl Settling {
    /// A file as it stands `now`.
    pub(super) fn look(&mut self, name: &str, stands: Fingerprint, now: Timestamp) -> Rest {
        let since = match self.files.get(name) {
            // A clock that was put back begins anew.
            Some((before, since)) if *before == stands && *since <= now => *since,
            _ => {
                self.files.insert(name.to_owned(), (stands, now));
                now
            }
        };
        match now - since {
            rest if rest >= FIRM => Rest::Firm,
            rest if rest >= SETTLED => Rest::Settled,
            _ => Rest::Moving,
        }
    }

    /// Forgets the files that `is_here` does not know.
    pub(super) fn keep(&mut self, is_here: impl Fn(&str) -> bool) {
        self.files.retain(|name, _| is_here(name));
    }
}
