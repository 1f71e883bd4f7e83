//! Check characters: ISO 7064 MOD 11-2, MOD 11,10 and MOD 37,36; GB 32100 mod 31; GB 11714 mod 11.
//!
//! Each function takes the characters before the check character and answers `None` when one of
//! them is outside its charset.

const ALPHANUMERIC: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const USCC: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const MOD_11_2: &[u8; 11] = b"10X98765432";

/// ISO 7064 MOD 11-2 over digits (GB 11643: citizen numbers).
pub(super) fn mod_11_2(digits: &str) -> Option<char> {
    let mut weight = 2;
    let mut sum = 0;
    for byte in digits.bytes().rev() {
        sum += digit(byte)? * weight;
        weight = weight * 2 % 11;
    }
    character(MOD_11_2, sum % 11)
}

/// ISO 7064 MOD 11,10 over digits (GS15-2006: business registration numbers).
pub(super) fn mod_11_10(digits: &str) -> Option<char> {
    let mut product = 10;
    for byte in digits.bytes() {
        let sum = or_modulus((product + digit(byte)?) % 10, 10);
        product = 2 * sum % 11;
    }
    character(ALPHANUMERIC, (11 - product) % 10)
}

/// ISO 7064 MOD 37,36 over digits and capitals (GB/T 36904: certificate identifiers).
pub(super) fn mod_37_36(text: &str) -> Option<char> {
    let mut product = 36;
    for byte in text.bytes() {
        let sum = or_modulus((product + value(ALPHANUMERIC, byte)?) % 36, 36);
        product = 2 * sum % 37;
    }
    character(ALPHANUMERIC, (37 - product) % 36)
}

/// The variant of MOD 37,36 that is in production in places: letters count 11 to 36, and their sums
/// above 37 are first reduced by 37 (standards.md 4.1).
pub(super) fn mod_37_36_legacy(text: &str) -> Option<char> {
    let mut product = 36;
    for byte in text.bytes() {
        let value = value(ALPHANUMERIC, byte)?;
        let is_letter = value > 9;
        let mut sum = product + value + usize::from(is_letter);
        if is_letter && sum > 37 {
            sum %= 37;
        }
        product = 2 * or_modulus(sum % 36, 36) % 37;
    }
    character(ALPHANUMERIC, (36 - product % 36) % 36)
}

/// GB 32100: seventeen characters of the unified social credit code, weights 3^(i−1) mod 31.
pub(super) fn mod_31(text: &str) -> Option<char> {
    let mut weight = 1;
    let mut sum = 0;
    for byte in text.bytes() {
        sum += value(USCC, byte)? * weight;
        weight = weight * 3 % 31;
    }
    character(USCC, (31 - sum % 31) % 31)
}

/// GB 11714: eight characters of the organisation code.
pub(super) fn organisation(text: &str) -> Option<char> {
    let mut sum = 0;
    for (byte, weight) in text.bytes().zip([3, 7, 9, 10, 5, 8, 4, 2]) {
        sum += value(ALPHANUMERIC, byte)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        other => character(ALPHANUMERIC, other),
    }
}

fn digit(byte: u8) -> Option<usize> {
    byte.is_ascii_digit().then(|| usize::from(byte - b'0'))
}

fn value(charset: &[u8], byte: u8) -> Option<usize> {
    charset.iter().position(|known| *known == byte)
}

fn character(charset: &[u8], value: usize) -> Option<char> {
    charset.get(value).copied().map(char::from)
}

fn or_modulus(remainder: usize, modulus: usize) -> usize {
    if remainder == 0 { modulus } else { remainder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_come_out() {
        assert_eq!(mod_11_2("11010519491231002"), Some('X'));
        assert_eq!(mod_11_2("44052418800101001"), Some('4'));
        assert_eq!(mod_11_10("11000000123456"), Some('8'));
        assert_eq!(mod_31("91110000600037341"), Some('L'));
        assert_eq!(organisation("D2143569"), Some('X'));
        assert_eq!(organisation("60003734"), Some('1'));
    }

    #[test]
    fn certificate_checks_differ_in_the_legacy_variant() {
        let base = "11100000MB0327169900111110000000021135M";
        for (serial, standard, legacy) in [("0000000001", 'N', 'S'), ("DEMO0000000000000001", 'B', 'J')] {
            let input = format!("{base}{serial}001");
            assert_eq!(mod_37_36(&input), Some(standard));
            assert_eq!(mod_37_36_legacy(&input), Some(legacy));
        }
    }

    #[test]
    fn characters_outside_the_charset_have_no_check() {
        assert_eq!(mod_11_2("1101051949123100X"), None);
        assert_eq!(mod_11_10("1100000012345A"), None);
        assert_eq!(mod_31("9111000060003734I"), None);
        assert_eq!(mod_37_36("abc"), None);
        assert_eq!(mod_37_36_legacy("A_B"), None);
        assert_eq!(organisation("6000373a"), None);
    }
}
