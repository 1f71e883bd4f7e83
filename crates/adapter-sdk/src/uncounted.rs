//! What a run put on the bus and could not write down any more. The rows come again, and are then done without being sent;
//! but where an entity's rows have a say in each other's records and several records of one stamp lie there, only the newest of
//! them does for a row: for the others a record is sent anew, so that the last word is always that of the rows as they are now.
//!
//! Kept until that happens, for a day: who pushes may come back late.

use crate::error::IntakeError;
use bus::Position;
use domain::Version;
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::HashMap};
use store::{Ledger, Seen};

/// What names of kept entries begin with.
const NAMES: &str = "uncounted/";
/// How long an entry is kept, in milliseconds.
const KEPT: i64 = 24 * 3600 * 1000;

/// A record on the bus whose row nobody counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OnBus {
    resource: String,
    key: String,
    version: String,
    stamp: String,
    digest: [u8; 16],
    partition: u32,
    offset: u64,
    /// When it was found, in milliseconds since 1970.
    at: i64,
}

/// Which of several records of one stamp does for a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// Any: the row says by itself what its record is.
    Any,
    /// The newest of the key, as far as one is seen: rows of an entity may lead to other records the second time.
    LastWord(Option<&'a Seen>),
}

/// All of them, by record.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(RefCell<HashMap<(String, String), Vec<OnBus>>>);

impl OnBus {
    /// A record found at `position`, at `at`.
    pub(crate) fn found(
        (resource, key): (&str, &str),
        (version, stamp): (&str, &str),
        digest: [u8; 16],
        position: &Position,
        at: i64,
    ) -> Self {
        Self {
            resource: resource.to_owned(),
            key: key.to_owned(),
            version: version.to_owned(),
            stamp: stamp.to_owned(),
            digest,
            partition: position.partition,
            offset: position.offset,
            at,
        }
    }

    /// Name of its blob in the ledger.
    pub(crate) fn name(&self) -> String {
        format!("{NAMES}{}/{}@{}", self.resource, self.key, self.version)
    }

    /// The blob.
    pub(crate) fn blob(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// Whether a later run sent a record under the same stamp ([`Uncounted::overtaken`]).
    fn is_overtaken(&self, ledger: &Ledger) -> Result<bool, IntakeError> {
        let Some(seen) = ledger.seen(&self.resource, &self.key)? else { return Ok(false) };
        let (own, seen) = (Version::parse(&self.version), Version::parse(&seen.version));
        Ok(own.zip(seen).is_some_and(|(own, seen)| own.stamp() == seen.stamp() && own.intake() < seen.intake()))
    }

    /// Where it lies.
    pub(crate) fn position(&self) -> Position {
        Position { partition: self.partition, offset: self.offset }
    }
}

impl Uncounted {
    /// What the ledger holds of them, and the names of those that are too old by `now` or were overtaken by a later run.
    pub(crate) fn load(ledger: &Ledger, now: i64) -> Result<(Self, Vec<String>), IntakeError> {
        let mut all: HashMap<_, Vec<OnBus>> = HashMap::new();
        let mut old = Vec::new();
        for (name, blob) in ledger.blobs(NAMES)? {
            match serde_json::from_slice::<OnBus>(&blob) {
                Ok(entry) if now - entry.at <= KEPT && !entry.is_overtaken(ledger)? => {
                    all.entry((entry.resource.clone(), entry.key.clone())).or_default().push(entry);
                }
                _ => old.push(name),
            }
        }
        Ok((Self(RefCell::new(all)), old))
    }

    /// The record of a row that comes again; given out once.
    pub(crate) fn take(
        &self,
        (resource, key): (&str, &str),
        (stamp, digest): (&str, &[u8; 16]),
        which: Which<'_>,
    ) -> Option<OnBus> {
        let mut all = self.0.borrow_mut();
        if all.is_empty() {
            return None;
        }
        let entries = all.get_mut(&(resource.to_owned(), key.to_owned()))?;
        let may_be = |entry: &OnBus| match which {
            Which::LastWord(Some(last)) => last.stamp != entry.stamp || last.version == entry.version,
            Which::LastWord(None) | Which::Any => true,
        };
        let is_it = |entry: &OnBus| entry.stamp == stamp && entry.digest == *digest && may_be(entry);
        let place = entries.iter().position(is_it)?;
        Some(entries.remove(place))
    }

    /// A record is sent anew that says something else under this stamp than what is on the bus: it is newer than all of that,
    /// so that a row that comes after it must be sent anew as well to have the last word.
    pub(crate) fn overtaken(&self, resource: &str, key: &str, stamp: &str) {
        let mut all = self.0.borrow_mut();
        if all.is_empty() {
            return;
        }
        if let Some(entries) = all.get_mut(&(resource.to_owned(), key.to_owned())) {
            entries.retain(|entry| entry.stamp.as_str() > stamp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Commit;

    const A: (&str, &str) = ("thing", "a/b");

    fn entry(version: &str, at: i64) -> OnBus {
        let position = Position { partition: 1, offset: 2 };
        OnBus::found(("thing", "a/b"), (version, "2026"), [7; 16], &position, at)
    }

    #[test]
    fn an_entry_is_given_out_once_and_only_for_the_same_content() {
        let ledger = Ledger::in_memory();
        let blobs = [entry("1", 0), entry("2", 0)].map(|entry| (entry.name(), entry.blob())).into();
        ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        let (uncounted, old) = Uncounted::load(&ledger, KEPT).unwrap();
        assert!(old.is_empty());
        assert!(uncounted.take(A, ("2026", &[8; 16]), Which::Any).is_none());
        assert!(uncounted.take(A, ("2027", &[7; 16]), Which::Any).is_none());
        let taken = uncounted.take(A, ("2026", &[7; 16]), Which::Any).unwrap();
        assert_eq!((taken.version.as_str(), taken.position().offset), ("1", 2));
        assert!(uncounted.take(A, ("2026", &[7; 16]), Which::Any).is_some());
        assert!(uncounted.take(A, ("2026", &[7; 16]), Which::Any).is_none());
    }

    #[test]
    fn of_several_of_one_stamp_the_one_with_the_last_word_is_given_out_where_that_matters() {
        let ledger = Ledger::in_memory();
        let blobs = ["1", "2"].map(|version| (entry(version, 0).name(), entry(version, 0).blob())).into();
        ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        let last = |stamp: &str, version: &str| Seen {
            stamp: stamp.to_owned(),
            digest: [7; 16],
            current: true,
            scope: String::new(),
            mentioned: 1,
            version: version.to_owned(),
        };
        for (last, given) in [
            (last("2026", "2"), Some("2")),
            (last("2026", "3"), None),
            // Of an older stamp than the last word nothing can have it.
            (last("2027", "3"), Some("1")),
        ] {
            let (uncounted, _) = Uncounted::load(&ledger, 0).unwrap();
            let taken = uncounted.take(A, ("2026", &[7; 16]), Which::LastWord(Some(&last)));
            assert_eq!(taken.as_ref().map(|taken| taken.version.as_str()), given, "{last:?}");
        }
    }

    #[test]
    fn what_is_overtaken_is_not_given_out_any_more() {
        let ledger = Ledger::in_memory();
        ledger
            .commit(Commit { blobs: vec![(entry("1", 0).name(), entry("1", 0).blob())], ..Commit::default() })
            .unwrap();
        let uncounted = || Uncounted::load(&ledger, 0).unwrap().0;
        let takes = |uncounted: &Uncounted| uncounted.take(A, ("2026", &[7; 16]), Which::Any).is_some();
        for (stamp, is_there) in [("2025", true), ("2026", false), ("2027", false)] {
            let uncounted = uncounted();
            uncounted.overtaken("thing", "a/b", stamp);
            assert_eq!(takes(&uncounted), is_there, "{stamp}");
        }
    }

    #[test]
    fn what_a_later_run_sent_something_else_for_is_not_given_out_and_forgotten() {
        for (stamp, intake, stays) in [("2026", 8, false), ("2026", 7, true), ("2027", 8, true)] {
            let entry = entry(Version::new("2026", 7, 1).as_str(), 0);
            let seen = Seen {
                stamp: stamp.to_owned(),
                digest: [8; 16],
                current: true,
                scope: String::new(),
                mentioned: intake,
                version: Version::new(stamp, intake, 2).as_str().to_owned(),
            };
            let ledger = Ledger::in_memory();
            let seen = vec![(A.0.to_owned(), A.1.to_owned(), seen)];
            ledger.commit(Commit { seen, blobs: vec![(entry.name(), entry.blob())], ..Commit::default() }).unwrap();
            let (uncounted, old) = Uncounted::load(&ledger, 0).unwrap();
            assert_eq!(uncounted.take(A, ("2026", &[7; 16]), Which::Any).is_some(), stays, "{stamp} {intake}");
            assert_eq!(old.is_empty(), stays, "{stamp} {intake}");
        }
    }

    #[test]
    fn entries_are_kept_for_a_day() {
        let ledger = Ledger::in_memory();
        let blobs = vec![(entry("1", 0).name(), entry("1", 0).blob())];
        ledger.commit(Commit { blobs, ..Commit::default() }).unwrap();
        let (uncounted, old) = Uncounted::load(&ledger, KEPT + 1).unwrap();
        assert_eq!(old, ["uncounted/thing/a/b@1"]);
        assert!(uncounted.take(A, ("2026", &[7; 16]), Which::Any).is_none());
    }
}
