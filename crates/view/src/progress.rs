//! How far the view is behind, for whoever asks.

use security::control::Disbelief;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A moment's view of how far the view is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lag {
    /// Whether everything that was on the bus has been applied since the start.
    pub caught_up: bool,
    /// Why it is not following now, without any content of messages.
    pub trouble: Option<String>,
    /// Records on the bus that are not in the view yet, by department.
    pub records: BTreeMap<String, u64>,
    /// Records taken from the bus, newer than what the view held or not, by department, resource and operation,
    /// since the start.
    pub taken: BTreeMap<(String, String, &'static str), u64>,
    /// Messages that could not be read, by topic, since the start.
    pub unreadable: BTreeMap<String, u64>,
    /// Catalogue entries, `<kind>/<id>`, that are out of force because their newest version cannot be read.
    pub unreadable_entries: BTreeSet<String>,
    /// Messages on the control topic that are ignored because no node signed them, or none since what stands, since the
    /// start.
    pub ignored: u64,
    /// Keys of these, the first hundred, with why the newest of each is not believed. One that a node writes again
    /// is taken off.
    pub ignored_entries: BTreeMap<String, Disbelief>,
}

/// The shared place where the materialiser says how far it is.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Lag>);

impl Progress {
    /// How far it is now.
    #[must_use]
    pub fn now(&self) -> Lag {
        self.lock().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Lag)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Lag> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
