//! Wakes those who wait for something to become durable.

use super::lock;
use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Counts commits, of all topics of a bus.
#[derive(Default)]
pub(crate) struct Arrivals {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Arrivals {
    pub(crate) fn count(&self) -> u64 {
        *lock(&self.count)
    }

    pub(crate) fn announce(&self) {
        *lock(&self.count) += 1;
        self.changed.notify_all();
    }

    /// Waits until something was announced after `seen` was read, at most `wait`.
    pub(crate) fn wait_past(&self, seen: u64, wait: Duration) {
        let waited = self.changed.wait_timeout_while(lock(&self.count), wait, |count| *count == seen);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}
