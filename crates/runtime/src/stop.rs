//! The stop signal for threads.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Tells threads to end. Cheap to clone and to ask; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stopped: AtomicBool,
    gate: Mutex<()>,
    bell: Condvar,
}

impl Stop {
    /// Whether the process is ending.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Waits for at most `limit` and wakes at once when the process is ending; says whether it is.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> bool {
        let gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.0.bell.wait_timeout_while(gate, limit, |()| !self.is_stopped());
        drop(woken);
        self.is_stopped()
    }

    /// Tells every thread that holds a clone to end.
    pub fn stop(&self) {
        // Under the gate, so that no thread falls asleep between its look and this bell.
        let gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.stopped.store(true, Ordering::Release);
        self.0.bell.notify_all();
        drop(gate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_the_limit_is_reached() {
        assert!(!Stop::default().wait(Duration::ZERO));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test needs a second thread")]
    fn stop_wakes_a_waiting_thread() {
        let stop = Stop::default();
        let sleeper = stop.clone();
        let thread = std::thread::spawn(move || sleeper.wait(Duration::from_hours(1)));
        stop.stop();
        assert!(thread.join().unwrap());
        assert!(stop.is_stopped());
    }
}
