//! Lengths of time as people write them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// Units in milliseconds, the longest first. A year is 365 days; a month has no fixed length and no unit.
const UNITS: [(&str, u64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A length of time written as a number and a unit: `500ms`, `2s`, `5m`, `1h`, `30d`, `2w`, `3y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HumanDuration {
    milliseconds: u64,
}

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration: write a number and a unit, such as 500ms, 2s, 5m, 1h, 30d or 3y")]
pub struct NoDuration(String);

impl HumanDuration {
    /// This length of time.
    #[must_use]
    pub const fn get(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// So many milliseconds, for defaults in code.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self { milliseconds }
    }

    /// So many seconds, for defaults in code; more than a `u64` of milliseconds holds is that most.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self { milliseconds: seconds.saturating_mul(1_000) }
    }
}

impl FromStr for HumanDuration {
    type Err = NoDuration;

    fn from_str(text: &str) -> Result<Self, NoDuration> {
        let read = || {
            let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = text.split_at(unit_at);
            let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
            number.parse::<u64>().ok()?.checked_mul(*length)
        };
        read().map(|milliseconds| Self { milliseconds }).ok_or_else(|| NoDuration(text.to_owned()))
    }
}

impl TryFrom<String> for HumanDuration {
    type Error = NoDuration;

    fn try_from(text: String) -> Result<Self, NoDuration> {
        text.parse()
    }
}

impl From<HumanDuration> for String {
    fn from(duration: HumanDuration) -> Self {
        duration.to_string()
    }
}

impl From<HumanDuration> for Duration {
    fn from(duration: HumanDuration) -> Self {
        duration.get()
    }
}

/// The longest unit that says it without a fraction.
impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |length: u64| self.milliseconds != 0 && self.milliseconds.is_multiple_of(length);
        let (unit, length) = UNITS.into_iter().find(|(_, length)| whole(*length)).unwrap_or(("s", 1_000));
        write!(f, "{}{unit}", self.milliseconds / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_unit_is_read() {
        let read = |text: &str| text.parse::<HumanDuration>().map(|d| d.get().as_millis());
        assert_eq!(read("500ms"), Ok(500));
        assert_eq!(read("2s"), Ok(2_000));
        assert_eq!(read("5m"), Ok(300_000));
        assert_eq!(read("1h"), Ok(3_600_000));
        assert_eq!(read("7d"), Ok(604_800_000));
        assert_eq!(read("2w"), Ok(1_209_600_000));
        assert_eq!(read("3y"), Ok(94_608_000_000));
    }

    #[test]
    fn what_is_no_duration_is_refused_with_an_example() {
        for text in ["", "5", "s", "5 s", "-5s", "5.5s", "5S", "5mo", "５s", "99999999999999999999s", "999999999999y"]
        {
            let refused = text.parse::<HumanDuration>().unwrap_err();
            assert!(refused.to_string().contains("such as 500ms"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_durations_read_back(milliseconds: u64) {
            let duration = HumanDuration { milliseconds };
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<HumanDuration>();
        }
    }
}
