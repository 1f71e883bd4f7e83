//! The version that a row states: its time, then its key.

use adapter_sdk::reading;
use domain::Timestamp;

/// Bytes of the key that count, as the column is fifty characters wide.
const KEY_BYTES: usize = 50;
/// Digits of five bits each, in byte order.
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Where a row stands among all of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Twenty digits of local time and eighty of the key.
    pub(super) digits: String,
    /// The time.
    pub(super) at: Timestamp,
}

pub(super) fn of(time: &reading::Stamp, key: &str) -> Stamp {
    Stamp { digits: format!("{}{}", time.digits, ordered(key)), at: time.at }
}

/// The key in digits and lower-case letters, of one width: byte order stays as it is, upper case before lower.
fn ordered(key: &str) -> String {
    let mut bytes = key.as_bytes().to_vec();
    bytes.resize(KEY_BYTES, 0);
    let five = |digit: usize| {
        let bit = digit * 5;
        let pair = u16::from(bytes[bit / 8]) << 8 | u16::from(bytes.get(bit / 8 + 1).copied().unwrap_or_default());
        char::from(DIGITS[usize::from(pair >> (11 - bit % 8) & 31)])
    };
    (0..KEY_BYTES * 8 / 5).map(five).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_becomes_eighty_digits() {
        assert_eq!(ordered(""), "0".repeat(80));
        assert!(ordered("7f3d1a2b-0c4e-4d5f-8a6b-9c0d1e2f3a4b").starts_with("6tj3"));
    }

    proptest! {
        #[test]
        fn byte_order_stays(a in "[ -~]{0,50}", b in "[ -~]{0,50}") {
            let (one, other) = (ordered(&a), ordered(&b));
            prop_assert_eq!(one.cmp(&other), a.cmp(&b));
            prop_assert!(one.len() == 80 && one.bytes().all(|digit| DIGITS.contains(&digit)));
        }

        #[test]
        fn any_key_has_digits(key: String) {
            prop_assert_eq!(ordered(&key).len(), 80);
        }
    }
}
