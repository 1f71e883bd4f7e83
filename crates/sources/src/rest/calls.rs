//! Calls of the last hour, counted on our side.

use domain::Timestamp;
use std::{collections::VecDeque, time::Duration};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// When calls were made within the last hour, and how many may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calls {
    limit: usize,
    /// In milliseconds since 1970, in order.
    made: VecDeque<i64>,
}

impl Calls {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), made: VecDeque::new() }
    }

    /// Calls that are left now.
    pub(super) fn left(&self, now: Timestamp) -> usize {
        let since = now.timestamp_millis() - HOUR;
        let used = self.made.len() - self.made.partition_point(|made| *made <= since);
        self.limit.saturating_sub(used)
    }

    /// Counts a call, if one is left.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        let now_millis = now.timestamp_millis();
        while self.made.front().is_some_and(|made| *made <= now_millis - HOUR) {
            self.made.pop_front();
        }
        let is_left = self.left(now) > 0;
        if is_left {
            // A clock that was set back does not free calls.
            let last = self.made.back().copied().unwrap_or(now_millis);
            self.made.push_back(now_millis.max(last));
        }
        is_left
    }

    /// How long until one is left; zero when one is.
    pub(super) fn until_left(&self, now: Timestamp) -> Duration {
        if self.left(now) > 0 {
            return Duration::ZERO;
        }
        let freed = self.made.len().checked_sub(self.limit).and_then(|place| self.made.get(place));
        let wait = freed.map_or(HOUR, |made| made + HOUR - now.timestamp_millis());
        Duration::from_millis(u64::try_from(wait).unwrap_or_default())
    }

    /// The shortest time between looks for news: as often as one likes while half of the calls are left, then so that they last.
    pub(super) fn pace(&self, now: Timestamp) -> Duration {
        if self.left(now) * 2 > self.limit {
            return Duration::ZERO;
        }
        let half = u32::try_from(self.limit / 2).unwrap_or(u32::MAX).max(1);
        Duration::from_millis(HOUR.unsigned_abs()) / half
    }

    /// As numbers for the position: the first call, and how long after the one before each other came.
    pub(super) fn told(&self) -> Vec<i64> {
        let before = [0].into_iter().chain(self.made.iter().copied());
        self.made.iter().zip(before).map(|(made, before)| made - before).collect()
    }

    /// Takes over what an earlier process told; what is known of this one stays.
    pub(super) fn recall(&mut self, told: &[i64]) {
        if !self.made.is_empty() {
            return;
        }
        let mut at = 0_i64;
        for step in told.iter().take(self.limit) {
            at = at.saturating_add((*step).max(0));
            self.made.push_back(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn at(millis: i64) -> Timestamp {
        DateTime::from_timestamp_millis(1_700_000_000_000 + millis).unwrap()
    }

    #[test]
    fn calls_are_free_again_after_exactly_an_hour() {
        let mut calls = Calls::new(2);
        assert!(calls.take(at(0)) && calls.take(at(500)) && !calls.take(at(600)));
        assert_eq!(calls.until_left(at(600)), Duration::from_millis(3_599_400));
        assert_eq!(calls.left(at(HOUR - 1)), 0);
        assert!(calls.take(at(HOUR)) && !calls.take(at(HOUR)));
        assert_eq!(calls.until_left(at(HOUR)), Duration::from_millis(500));
    }

    #[test]
    fn a_clock_set_back_frees_nothing() {
        let mut calls = Calls::new(2);
        calls.take(at(HOUR));
        calls.take(at(0));
        assert_eq!(calls.left(at(0)), 0);
        assert_eq!(calls.left(at(2 * HOUR)), 2);
    }

    #[test]
    fn what_is_told_is_recalled() {
        let mut calls = Calls::new(10);
        for millis in [0, 7, 7, 90_000] {
            calls.take(at(millis));
        }
        let mut other = Calls::new(10);
        other.recall(&calls.told());
        assert_eq!(other, calls);
        other.recall(&[1]);
        assert_eq!(other, calls);
    }

    #[test]
    fn looks_for_news_spare_the_second_half_of_the_calls() {
        let mut calls = Calls::new(1000);
        assert_eq!(calls.pace(at(0)), Duration::ZERO);
        for _ in 0..500 {
            calls.take(at(0));
        }
        assert_eq!(calls.pace(at(0)), Duration::from_millis(7_200));
        assert_eq!(calls.pace(at(0) + TimeDelta::hours(1)), Duration::ZERO);
    }
}
