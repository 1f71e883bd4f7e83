//! What a peer does with its connection, and when that is reason enough to close it.

use super::{limits, load::Load};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Closing {
    /// It has asked for nothing since it was opened.
    Silent,
    /// It has not asked for anything for long.
    Idle,
    /// It does not take its answers.
    Stalled,
    /// It sends what is part of no request.
    Flood,
}

impl Closing {
    /// A word of the closed list of reasons.
    pub(in crate::service) fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Flood => "flood",
        }
    }
}

/// Follows one connection.
#[derive(Debug)]
pub(super) struct Meter {
    load: Arc<Load>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    has_asked: bool,
    /// Calls that have begun and whose answers are not taken yet.
    calls: usize,
    /// When the connection was opened, or the last call ended.
    quiet_since: Instant,
    /// Whole answers that are being sent, and when each was ready.
    answers: BTreeMap<u64, Instant>,
    next: u64,
    /// Since when the peer takes nothing at all.
    blocked_since: Option<Instant>,
    unasked: Unasked,
}

/// Bytes that were part of no request; forgotten as time goes by.
#[derive(Debug)]
struct Unasked {
    bytes: u64,
    at: Instant,
    is_too_much: bool,
}

/// A call from its head to the end of its answer; leaves when dropped.
#[derive(Debug)]
pub(super) struct Call {
    meter: Arc<Meter>,
    answer: Option<u64>,
}

impl Meter {
    pub(super) fn new(load: Arc<Load>) -> Self {
        let now = Instant::now();
        let state = State {
            has_asked: false,
            calls: 0,
            quiet_since: now,
            answers: BTreeMap::new(),
            next: 0,
            blocked_since: None,
            unasked: Unasked { bytes: 0, at: now, is_too_much: false },
        };
        Self { load, state: Mutex::new(state) }
    }

    /// What its caller has over all its connections.
    pub(super) fn load(&self) -> Arc<Load> {
        Arc::clone(&self.load)
    }

    /// Since when it has no call; none while it has.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.lock();
        (state.calls == 0).then_some(state.quiet_since)
    }

    /// Whether it has one call at most.
    pub(super) fn is_alone(&self) -> bool {
        self.lock().calls <= 1
    }

    /// A call begins.
    pub(super) fn begin(self: &Arc<Self>) -> Call {
        self.load.begin();
        let mut state = self.lock();
        state.has_asked = true;
        state.calls += 1;
        state.unasked.forget(limits::HEAD_BYTES.into());
        Call { meter: Arc::clone(self), answer: None }
    }

    /// Bytes have arrived; `false` when too many of them were part of no request.
    pub(super) fn arrived(&self, bytes: u64) -> bool {
        self.lock().unasked.add(bytes, Instant::now())
    }

    /// Whether that was ever the case.
    pub(super) fn is_flooded(&self) -> bool {
        self.lock().unasked.is_too_much
    }

    /// Bytes that arrived were part of a request.
    pub(super) fn were_asked(&self, bytes: u64) {
        self.lock().unasked.forget(bytes);
    }

    /// Whether the peer has taken something, or is waited for.
    pub(super) fn takes(&self, something: bool) {
        let mut state = self.lock();
        state.blocked_since = if something { None } else { state.blocked_since.or_else(|| Some(Instant::now())) };
    }

    /// Why the connection should be closed by `now`.
    pub(super) fn trouble(&self, now: Instant) -> Option<Closing> {
        let state = self.lock();
        let past = |since: &Instant| now.saturating_duration_since(*since);
        let oldest = state.answers.values().chain(&state.blocked_since).min();
        if oldest.is_some_and(|since| past(since) >= limits::ANSWER) {
            Some(Closing::Stalled)
        } else if state.calls > 0 {
            None
        } else if !state.has_asked && past(&state.quiet_since) >= limits::HEAD {
            Some(Closing::Silent)
        } else if past(&state.quiet_since) >= limits::IDLE {
            Some(Closing::Idle)
        } else {
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unasked {
    fn add(&mut self, bytes: u64, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.at).as_secs();
        if seconds > 0 {
            self.forget(seconds.saturating_mul(limits::UNASKED_A_SECOND));
            self.at = now;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.is_too_much |= self.bytes > limits::UNASKED;
        self.bytes <= limits::UNASKED
    }

    fn forget(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Call {
    /// Its answer is there as a whole, and has only to be taken.
    pub(super) fn is_answered(&mut self) {
        let mut state = self.meter.lock();
        state.next += 1;
        let id = state.next;
        state.answers.insert(id, Instant::now());
        self.answer = Some(id);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.meter.load.end();
        let mut state = self.meter.lock();
        state.calls -= 1;
        if let Some(answer) = self.answer {
            state.answers.remove(&answer);
        }
        state.quiet_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn meter() -> Arc<Meter> {
        Arc::new(Meter::new(Arc::new(Load::beside(&Arc::default()))))
    }

    fn in_time(duration: Duration) -> Instant {
        Instant::now() + duration
    }

    #[test]
    fn who_never_asks_is_closed_soon_and_who_has_asked_late() {
        let meter = meter();
        assert_eq!(meter.trouble(Instant::now()), None);
        assert_eq!(meter.trouble(in_time(limits::HEAD)), Some(Closing::Silent));
        drop(meter.begin());
        assert_eq!(meter.trouble(in_time(limits::HEAD)), None);
        assert_eq!(meter.trouble(in_time(limits::IDLE)), Some(Closing::Idle));
    }

    #[test]
    fn an_open_call_is_no_idleness() {
        let meter = meter();
        let call = meter.begin();
        assert_eq!((meter.idle_since(), meter.trouble(in_time(limits::IDLE))), (None, None));
        drop(call);
        assert!(meter.idle_since().is_some());
    }

    #[test]
    fn an_answer_that_is_not_taken_is_given_up() {
        let meter = meter();
        let mut call = meter.begin();
        call.is_answered();
        assert_eq!(meter.trouble(Instant::now()), None);
        assert_eq!(meter.trouble(in_time(limits::ANSWER)), Some(Closing::Stalled));
        drop(call);
        meter.takes(false);
        assert_eq!(meter.trouble(in_time(limits::ANSWER)), Some(Closing::Stalled));
        meter.takes(true);
        assert_eq!(meter.trouble(in_time(limits::ANSWER)), None);
    }

    #[test]
    fn what_is_part_of_no_request_is_bounded_and_forgotten_with_time() {
        let start = Instant::now();
        let mut unasked = Unasked { bytes: 0, at: start, is_too_much: false };
        assert!(unasked.add(limits::UNASKED, start) && !unasked.add(1, start));
        assert!(unasked.add(limits::UNASKED_A_SECOND - 1, start + Duration::from_secs(1)));
        assert!(!unasked.add(1, start + Duration::from_secs(1)));
        unasked.forget(100);
        assert!(unasked.add(99, start + Duration::from_secs(1)));
    }
}
