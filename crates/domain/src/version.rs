//! The total order of versions: source stamp, intake, ordinal.

use std::fmt;

/// A record's version; byte order is version order (canonical.md, "Versions").
///
/// Text form `<stamp>.<intake>.<ordinal>`: the source's stamp as digits and lower-case letters of equal
/// width within a resource, the intake number and the row's ordinal zero-padded to ten digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(String);

impl Version {
    /// Joins the three parts. `stamp` must be one ([`Version::is_stamp`]) and of one width within a resource.
    #[must_use]
    pub fn new(stamp: &str, intake: u64, ordinal: u64) -> Self {
        let mut text = String::with_capacity(stamp.len() + 2 * (1 + PADDED));
        text.push_str(stamp);
        for number in [intake, ordinal] {
            text.push('.');
            push_padded(&mut text, number);
        }
        Self(text)
    }

    /// Whether a text can be a source's stamp: digits and lower-case letters.
    #[must_use]
    pub fn is_stamp(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    }

    /// Reads a version back from its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let well_formed = parts.clone().count() == 3 && parts.next().is_some_and(Self::is_stamp) && parts.all(digits);
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The source's stamp.
    #[must_use]
    pub fn stamp(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The intake number.
    #[must_use]
    pub fn intake(&self) -> u64 {
        self.0.split('.').nth(1).and_then(|part| part.parse().ok()).unwrap_or_default()
    }

    /// The text, as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Digits that intake and ordinal have at least.
const PADDED: usize = 10;

/// Writes a number in decimal with zeros before it.
fn push_padded(text: &mut String, number: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    text.extend(std::iter::repeat_n('0', PADDED.saturating_sub(digits.len())));
    text.push_str(digits);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_can_be_asked_for() {
        let version = Version::new("20261101021109", 7, 42);
        assert_eq!(version.as_str(), "20261101021109.0000000007.0000000042");
        assert_eq!((version.stamp(), version.intake()), ("20261101021109", 7));
        assert_eq!(Version::parse(version.as_str()), Some(version));
    }

    #[test]
    fn other_text_is_no_version() {
        for text in ["", "1", "1.2", "1.2.3.4", "1..3", "A.2.3", "1.a.3"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_padded_to_ten_digits(stamp in "[0-9a-z]{1,20}", intake in any::<u64>(), ordinal in 0_u64..200) {
            for (intake, ordinal) in [(intake, ordinal), (ordinal, intake)] {
                let expected = format!("{stamp}.{intake:010}.{ordinal:010}");
                prop_assert_eq!(Version::new(&stamp, intake, ordinal), Version(expected));
            }
        }

        #[test]
        fn byte_order_is_stamp_then_intake_then_ordinal(
            a in (0u64..100_000_000_000_000, 0u64..10_000_000_000, 0u64..10_000_000_000),
            b in (0u64..100_000_000_000_000, 0u64..10_000_000_000, 0u64..10_000_000_000),
        ) {
            let version = |(stamp, intake, ordinal): (u64, u64, u64)| Version::new(&format!("{stamp:014}"), intake, ordinal);
            prop_assert_eq!(version(a).as_str().cmp(version(b).as_str()), a.cmp(&b));
        }
    }
}
