//! Shapes of the documents of persons that are no citizen numbers (standards.md 1.4). All take normal text:
//! trimmed, half-width, capitals.

use super::citizen::{CitizenNumber, PrefixClass};

/// A number of the foreign permanent resident card (外国人永久居留身份证号码): since 2023-12-01 eighteen characters
/// that begin with 9 and check as a citizen number does; before that three letters and twelve digits, whose
/// check digit is not published and so not judged.
pub(super) fn is_foreign_residence_number(text: &str) -> bool {
    let since_2023 =
        || CitizenNumber::parse(text).is_ok_and(|number| number.prefix_class() == PrefixClass::ForeignPermanent);
    let before = text
        .split_at_checked(3)
        .is_some_and(|(country, rest)| country.bytes().all(|b| b.is_ascii_uppercase()) && is_digits(rest, &[12]));
    before || since_2023()
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
        for number in ["911124198108030024", "91112419900101001X", "USA110081080312"] {
            assert!(is_foreign_residence_number(number), "{number}");
        }
    }

    #[test]
    fn other_numbers_are_no_foreign_ones() {
        let others = [
            "11010519491231002X",
            "911124198108030025",
            "810000199408230021",
            "911124810803002",
            "US1110081080312",
            "",
            "国国国国国",
        ];
        for other in others {
            assert!(!is_foreign_residence_number(other), "{other}");
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
