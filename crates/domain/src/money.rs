//! Amounts and shares as decimal text, computed without floating point (canonical.md, "Values").
//!
//! An amount has at least two decimals and more only where they are significant.

use crate::text::{half_width, trim};

const MAX_DIGITS: usize = 36;

/// The text is no number; the rule is `number.invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct NumberFault;

impl NumberFault {
    /// The rule that the value breaks.
    #[must_use]
    pub fn rule(self) -> &'static str {
        "number.invalid"
    }
}

/// An amount given in single units: `"5000000"` is `"5000000.00"`.
///
/// # Errors
/// [`NumberFault`] when the text is blank or not a plain decimal number.
pub fn units(text: &str) -> Result<String, NumberFault> {
    Ok(Decimal::parse(text)?.to_text())
}

/// An amount given in units of 10,000 (万): `"500.00"` is `"5000000.00"`.
///
/// # Errors
/// As [`units`].
pub fn wan_to_units(text: &str) -> Result<String, NumberFault> {
    Ok(Decimal::parse(text)?.times_ten_to(4).to_text())
}

/// A share in percent: `"60"`, `"60.00"` and `"60%"` are `"60.00"`.
///
/// # Errors
/// As [`units`].
pub fn percent(text: &str) -> Result<String, NumberFault> {
    let text = half_width(trim(text));
    units(text.strip_suffix('%').unwrap_or(&text))
}

/// The value in millionths, for sums and comparisons; further decimals are cut off.
///
/// # Errors
/// [`NumberFault`] when the text is not a decimal number or does not fit.
pub fn millionths(text: &str) -> Result<i128, NumberFault> {
    let decimal = Decimal::parse(text)?.times_ten_to(6);
    let whole: i128 = decimal.whole.parse().map_err(|_| NumberFault)?;
    Ok(if decimal.negative { -whole } else { whole })
}

/// Digits before and after the point; `whole` is never empty and has no needless zeros.
struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    fn parse(text: &str) -> Result<Self, NumberFault> {
        let text = half_width(trim(text));
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let whole = ungrouped(whole).ok_or(NumberFault)?;
        let digits = whole.len() + fraction.len();
        let plain = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if digits == 0 || digits > MAX_DIGITS || !plain {
            return Err(NumberFault);
        }
        Ok(Self { negative, whole: without_leading_zeros(&whole), fraction: fraction.to_owned() })
    }

    fn times_ten_to(self, power: usize) -> Self {
        let padded = format!("{:0<power$}", self.fraction);
        let (moved, fraction) = padded.split_at(power);
        Self { whole: without_leading_zeros(&(self.whole + moved)), fraction: fraction.to_owned(), ..self }
    }

    fn to_text(&self) -> String {
        let fraction = format!("{:0<2}", self.fraction.trim_end_matches('0'));
        let is_zero = self.whole == "0" && fraction == "00";
        let sign = if self.negative && !is_zero { "-" } else { "" };
        format!("{sign}{}.{fraction}", self.whole)
    }
}

/// Takes out commas that group by three (`1,234,567`); `None` when they stand elsewhere.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut rest = groups.peekable();
    if rest.peek().is_none() {
        return Some(whole.to_owned());
    }
    let well_formed = (1..=3).contains(&first.len()) && rest.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(',', ""))
}

fn without_leading_zeros(digits: &str) -> String {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wan_becomes_single_units_exactly() {
        for (wan, expected) in [
            ("500.00", "5000000.00"),
            ("500", "5000000.00"),
            ("0.0001", "1.00"),
            ("0.000012", "0.12"),
            ("0.00001234", "0.1234"),
            ("12.345678", "123456.78"),
            (".5", "5000.00"),
            ("1,234.5", "12345000.00"),
            ("-3", "-30000.00"),
            ("0", "0.00"),
            ("-0.00", "0.00"),
            ("00012", "120000.00"),
            ("５００．００", "5000000.00"),
            ("123456789012345678901234.56", "1234567890123456789012345600.00"),
        ] {
            assert_eq!(wan_to_units(wan).as_deref(), Ok(expected), "{wan}");
        }
    }

    #[test]
    fn amounts_have_two_decimals_unless_more_are_significant() {
        assert_eq!(units("12").unwrap(), "12.00");
        assert_eq!(units("12.5").unwrap(), "12.50");
        assert_eq!(units("12.345").unwrap(), "12.345");
        assert_eq!(units("12.34500").unwrap(), "12.345");
        assert_eq!(percent("60.00").unwrap(), "60.00");
        assert_eq!(percent("33.3333%").unwrap(), "33.3333");
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", " ", ".", "-", "1e3", "1.2.3", "abc", "#5", "12 3", "1,23", ",123", "1,2345", "五", "--1", "NaN"]
        {
            assert_eq!(units(text), Err(NumberFault), "{text}");
        }
        assert_eq!(units(&"9".repeat(37)), Err(NumberFault));
    }

    #[test]
    fn millionths_add_up() {
        let sum: i128 = ["60.00", "40.5"].iter().map(|share| millionths(share).unwrap()).sum();
        assert_eq!(sum, millionths("100.5").unwrap());
        assert_eq!(millionths("-0.0000019"), Ok(-1));
    }

    proptest! {
        #[test]
        fn ten_thousandfold_agrees_with_integers(cents in 0u64..10_000_000_000_000) {
            let wan = format!("{}.{:02}", cents / 100, cents % 100);
            prop_assert_eq!(wan_to_units(&wan).unwrap(), format!("{}.00", u128::from(cents) * 100));
        }

        #[test]
        fn normal_text_stays(text in "[0-9]{1,12}(\\.[0-9]{0,6})?") {
            let once = units(&text).unwrap();
            prop_assert_eq!(units(&once).unwrap(), once.clone());
        }

        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,40}") {
            let _ = (units(&text), wan_to_units(&text), percent(&text), millionths(&text));
        }
    }
}
