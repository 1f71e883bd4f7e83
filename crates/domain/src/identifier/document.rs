//! Shapes of the documents of persons that are no citizen numbers (standards.md 1.4). All take normal text:
//! trimmed, half-width, capitals.

use super::citizen::{CitizenNumber, PrefixClass};

/// A number of the foreign permanent resident card (外国人永久居留身份证号码), both editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForeignResidenceNumber {
    /// Since 2023-12-01: eighteen characters that begin with 9 and check as a citizen number does.
    Edition2023,
    /// 2004 and 2017: three letters and twelve digits. Its check digit is not published, so it is not judged.
    Edition2004,
}

impl ForeignResidenceNumber {
    /// The edition that a number in normal form belongs to; `None` when it is no such number.
    #[must_use]
    pub fn edition(number: &str) -> Option<Self> {
        let eighteen = number.len() == 18
            && CitizenNumber::parse(number).is_ok_and(|number| number.prefix_class() == PrefixClass::ForeignPermanent);
        if eighteen {
            return Some(Self::Edition2023);
        }
        let (country, rest) = number.split_at_checked(3)?;
        let fifteen = country.bytes().all(|b| b.is_ascii_uppercase()) && is_digits(rest, &[12]);
        fifteen.then_some(Self::Edition2004)
    }
}

pub(super) fn is_foreign_residence_number(text: &str) -> bool {
    ForeignResidenceNumber::edition(text).is_some()
}

/// Passports of all countries: five to twenty letters and digits, one digit at least; no check is common to all.
pub(super) fn is_passport(text: &str) -> bool {
    (5..=20).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// `H` or `M` and eight digits of the holder, with two more for the count of reissues in older permits.
pub(super) fn is_hk_macao_permit(text: &str) -> bool {
    text.strip_prefix(['H', 'M']).is_some_and(|digits| is_digits(digits, &[8, 10]))
}

/// Eight digits, or ten in permits before 2015 (then sometimes with a letter in brackets).
pub(super) fn is_taiwan_permit(text: &str) -> bool {
    let (digits, tail) = text.split_at_checked(text.find('(').unwrap_or(text.len())).unwrap_or((text, ""));
    let letter = tail.len() == 3 && tail.ends_with(')') && tail.as_bytes().get(1).is_some_and(u8::is_ascii_uppercase);
    match digits.len() {
        8 => tail.is_empty() && is_digits(digits, &[8]),
        _ => (tail.is_empty() || letter) && is_digits(digits, &[10]),
    }
}

fn is_digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_editions_of_the_foreign_card_are_read() {
        assert_eq!(ForeignResidenceNumber::edition("911124198108030024"), Some(ForeignResidenceNumber::Edition2023));
        assert_eq!(ForeignResidenceNumber::edition("91112419900101001X"), Some(ForeignResidenceNumber::Edition2023));
        assert_eq!(ForeignResidenceNumber::edition("USA110081080312"), Some(ForeignResidenceNumber::Edition2004));
    }

    #[test]
    fn numbers_of_citizens_are_no_foreign_ones() {
        for other in ["11010519491231002X", "911124198108030025", "810000199408230021", "", "国国国国国"] {
            assert_eq!(ForeignResidenceNumber::edition(other), None, "{other}");
        }
    }

    #[test]
    fn permits_have_their_shapes() {
        assert!(is_hk_macao_permit("H12345678") && is_hk_macao_permit("M1234567801"));
        assert!(!is_hk_macao_permit("H123456789") && !is_hk_macao_permit("A12345678") && !is_hk_macao_permit("H"));
        assert!(is_taiwan_permit("12345678") && is_taiwan_permit("0123456789") && is_taiwan_permit("0123456789(B)"));
        assert!(!is_taiwan_permit("1234567") && !is_taiwan_permit("12345678(B)") && !is_taiwan_permit("国国"));
    }

    #[test]
    fn passports_are_letters_and_digits() {
        assert!(is_passport("E12345678") && is_passport("P1234567"));
        assert!(!is_passport("无") && !is_passport("ABCDEF") && !is_passport("A1") && !is_passport("A1234 5678"));
    }
}
