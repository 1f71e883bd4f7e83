//! Leaves a department alone that does not answer.

use domain::{Clock, Timestamp};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Failures in a row after which a department is left alone.
const FAILURES: u32 = 5;
/// How long it is left alone before one question is let through.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest that it is left alone, whatever it asks: one refusal is not to cut off every citizen for a day.
const LONGEST: Duration = Duration::from_mins(1);
/// A question that was given up after as long as this counts as one that failed.
const PATIENCE: chrono::Duration = chrono::Duration::seconds(1);
/// When to ask again while one question finds out how the department is.
const SOON: Duration = Duration::from_secs(1);

/// Counts failures in a row.
pub(super) struct Breaker {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Questions are let through; so many have failed one after the other.
    Closed { failures: u32 },
    /// None are.
    Open { until: Timestamp },
    /// One is, to find out.
    HalfOpen,
}

/// Leave to ask one question. Dropped without a word, it was given up.
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    since: Timestamp,
    is_probe: bool,
    is_told: bool,
}

impl Breaker {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Leave to ask, or how long not to.
    pub(super) fn enter(&self) -> Result<Pass<'_>, Duration> {
        let now = self.clock.now();
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now < until => return Err((until - now).to_std().unwrap_or(SOON)),
            State::Open { .. } => {
                *state = State::HalfOpen;
                true
            }
            State::HalfOpen => return Err(SOON),
        };
        Ok(Pass { breaker: self, since: now, is_probe, is_told: false })
    }

    fn succeeded(&self, is_probe: bool) {
        let mut state = self.state();
        // An answer that was under way when the others failed does not say that all is well again.
        if is_probe || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    fn failed(&self, is_probe: bool, pause: Option<Duration>) {
        let now = self.clock.now();
        let mut state = self.state();
        let failures = match *state {
            State::Closed { failures } => failures + 1,
            State::HalfOpen if is_probe => FAILURES,
            State::HalfOpen | State::Open { .. } => return,
        };
        let is_over = failures >= FAILURES || pause.is_some();
        let pause = pause.unwrap_or(PAUSE).min(LONGEST);
        *state = if is_over { State::Open { until: now + pause } } else { State::Closed { failures } };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The department answered.
    pub(super) fn succeeded(mut self) {
        self.is_told = true;
        self.breaker.succeeded(self.is_probe);
    }

    /// It did not; it may have asked to be left alone for `pause`.
    pub(super) fn failed(mut self, pause: Option<Duration>) {
        self.is_told = true;
        self.breaker.failed(self.is_probe, pause);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        if self.breaker.clock.now() - self.since >= PATIENCE {
            self.breaker.failed(self.is_probe, None);
        } else if self.is_probe {
            // Nothing was found out: the next question may.
            let until = self.breaker.clock.now();
            *self.breaker.state() = State::Open { until };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};
    use domain::ManualClock;

    fn breaker() -> (Arc<ManualClock>, Breaker) {
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_700_000_000, 0).unwrap()));
        (Arc::clone(&clock), Breaker::new(clock))
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.enter().ok().unwrap().failed(None);
        }
    }

    fn wait(breaker: &Breaker) -> Option<Duration> {
        breaker.enter().err()
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_after_a_probe_that_went_well() {
        let (clock, breaker) = breaker();
        fail(&breaker, FAILURES - 1);
        breaker.enter().ok().unwrap().succeeded();
        fail(&breaker, FAILURES);
        assert_eq!(wait(&breaker), Some(PAUSE));
        clock.advance(TimeDelta::seconds(10));
        let probe = breaker.enter().ok().unwrap();
        assert_eq!(wait(&breaker), Some(SOON));
        probe.succeeded();
        fail(&breaker, FAILURES - 1);
        assert_eq!(wait(&breaker), None);
    }

    #[test]
    fn a_probe_that_fails_opens_it_again_at_once() {
        let (clock, breaker) = breaker();
        fail(&breaker, FAILURES);
        clock.advance(TimeDelta::seconds(10));
        fail(&breaker, 1);
        assert_eq!(wait(&breaker), Some(PAUSE));
    }

    #[test]
    fn a_probe_that_is_given_up_makes_room_for_the_next() {
        let (clock, breaker) = breaker();
        fail(&breaker, FAILURES);
        clock.advance(TimeDelta::seconds(10));
        drop(breaker.enter().ok().unwrap());
        let probe = breaker.enter().ok().unwrap();
        clock.advance(TimeDelta::seconds(2));
        drop(probe);
        assert_eq!(wait(&breaker), Some(PAUSE));
    }

    #[test]
    fn questions_given_up_after_a_while_count_as_failed() {
        let (clock, breaker) = breaker();
        for _ in 0..FAILURES {
            let pass = breaker.enter().ok().unwrap();
            clock.advance(TimeDelta::seconds(1));
            drop(pass);
        }
        assert_eq!(wait(&breaker), Some(PAUSE));
    }

    #[test]
    fn a_wish_to_be_left_alone_is_heeded_at_once_for_a_minute_at_most() {
        for (wish, heeded) in [(Duration::from_secs(40), Duration::from_secs(40)), (Duration::from_hours(24), LONGEST)]
        {
            let (_, breaker) = breaker();
            breaker.enter().ok().unwrap().failed(Some(wish));
            assert_eq!(wait(&breaker), Some(heeded));
        }
    }

    #[test]
    fn late_answers_do_not_close_it() {
        let (_, breaker) = breaker();
        let late = breaker.enter().ok().unwrap();
        fail(&breaker, FAILURES);
        late.succeeded();
        assert!(wait(&breaker).is_some());
    }
}
