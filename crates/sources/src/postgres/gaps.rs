//! Serial numbers that were skipped below the highest read: given out, and their transactions not committed yet, or never.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Ranges remembered at most; of more the highest numbers are kept, where transactions can still be under way.
const MOST: usize = 1000;
/// How long a number is waited for; what appears later is found by the slow round over the table.
const PATIENCE: chrono::Duration = chrono::Duration::hours(24);

/// Ranges of numbers that were not there, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gaps(Vec<Gap>);

/// First number, last number, and since when it is looked for, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Gap(i64, i64, i64);

impl Gaps {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers from `from` to `to`, above all others here, were not there.
    pub(super) fn skipped(&mut self, from: i64, to: i64, at: i64) {
        if from > to {
            return;
        }
        self.0.push(Gap(from, to, at));
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// A number has appeared.
    pub(super) fn filled(&mut self, serial: i64) {
        let Some(place) = self.0.iter().position(|gap| (gap.0..=gap.1).contains(&serial)) else { return };
        let Gap(from, to, since) = self.0.remove(place);
        let below = serial.checked_sub(1).map(|last| Gap(from, last, since));
        let above = serial.checked_add(1).map(|first| Gap(first, to, since));
        let left = below.into_iter().chain(above).filter(|gap| gap.0 <= gap.1);
        self.0.splice(place..place, left);
    }

    /// Forgets numbers that never came.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        let then = (now - PATIENCE).timestamp_millis();
        self.0.retain(|gap| gap.2 > then);
    }

    /// First and last numbers of the ranges.
    pub(super) fn ranges(&self) -> (Vec<i64>, Vec<i64>) {
        self.0.iter().map(|gap| (gap.0, gap.1)).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn ranges(gaps: &Gaps) -> Vec<(i64, i64)> {
        let (from, to) = gaps.ranges();
        from.into_iter().zip(to).collect()
    }

    #[test]
    fn numbers_that_appear_split_their_range() {
        let mut gaps = Gaps::default();
        gaps.skipped(3, 3, 0);
        gaps.skipped(5, 9, 0);
        gaps.skipped(9, 8, 0);
        gaps.filled(7);
        gaps.filled(3);
        gaps.filled(100);
        assert_eq!(ranges(&gaps), [(5, 6), (8, 9)]);
        gaps.filled(5);
        gaps.filled(9);
        assert_eq!(ranges(&gaps), [(6, 6), (8, 8)]);
    }

    #[test]
    fn numbers_at_the_ends_of_what_a_serial_can_be_do_no_harm() {
        let mut gaps = Gaps::default();
        gaps.skipped(i64::MIN, i64::MAX, 0);
        gaps.filled(i64::MAX);
        gaps.filled(i64::MIN);
        assert_eq!(ranges(&gaps), [(i64::MIN + 1, i64::MAX - 1)]);
    }

    #[test]
    fn numbers_are_waited_for_a_day_and_not_more_than_a_thousand_ranges() {
        let mut gaps = Gaps::default();
        for serial in 0..1500 {
            gaps.skipped(serial * 2, serial * 2, serial);
        }
        assert_eq!(ranges(&gaps).len(), 1000);
        assert_eq!(ranges(&gaps)[0], (1000, 1000));
        gaps.forget_old(DateTime::from_timestamp_millis(86_400_000 + 1498).unwrap());
        assert_eq!(ranges(&gaps), [(2998, 2998)]);
    }
}
