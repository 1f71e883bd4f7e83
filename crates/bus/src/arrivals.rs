//! Wakes those who wait for something to arrive.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Counts what happened, of whatever topic.
#[derive(Default)]
pub(crate) struct Arrivals {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Arrivals {
    pub(crate) fn count(&self) -> u64 {
        *self.lock()
    }

    pub(crate) fn announce(&self) {
        *self.lock() += 1;
        self.changed.notify_all();
    }

    /// Waits until something was announced after `seen` was read, at most `wait`.
    pub(crate) fn wait_past(&self, seen: u64, wait: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), wait, |count| *count == seen);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
