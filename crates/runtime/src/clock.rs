//! The machine's clock.

use domain::{Clock, Timestamp};

/// The machine's wall clock; the one place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the rest of the house is given")]
    fn now(&self) -> Timestamp {
        Timestamp::from(std::time::SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_clock_does_not_stand_at_the_epoch() {
        assert!(SystemClock.now().timestamp() > 1_700_000_000);
    }
}
