use encoding_rs::GB18030;

/// The GB18030 bytes of a text.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = GB18030.encode(text);
    assert!(!lost, "GB18030 has every character");
    bytes.into_owned()
}

/// The text of GB18030 bytes; `None` where they are not GB18030. The bytes 0x80 and 0xFF are not.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let mut at = 0;
    while at < bytes.len() {
        at += length(&bytes[at..])?;
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// Whether the bytes end inside a character.
#[must_use]
pub(crate) fn is_cut(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let lead = (0x81..=0xFE).contains(&rest[0]);
        let half = match rest {
            [_] => lead,
            [_, second] | [_, second, _] => {
                let four = lead && second.is_ascii_digit();
                four && rest.get(2).is_none_or(|third| (0x81..=0xFE).contains(third))
            }
            _ => false,
        };
        if half {
            return true;
        }
        at += length(rest).unwrap_or(1);
    }
    false
}

/// Bytes of the character at the beginning.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [first, ..] if first.is_ascii() => Some(1),
        [0x80 | 0xFF, ..] | [_] | [] => None,
        [_, second, third, fourth, ..] if second.is_ascii_digit() => {
            ((0x81..=0xFE).contains(third) && fourth.is_ascii_digit()).then_some(4)
        }
        [_, second, ..] => ((0x40..=0xFE).contains(second) && *second != 0x7F).then_some(2),
    }
}

/// Without blanks at both ends, ASCII and full-width.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{3000}' || c.is_ascii_whitespace())
}

/// Full-width digits and letters made half-width.
pub(crate) fn fold(text: &str) -> String {
    let half = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    text.chars().map(half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_gb18030_have_no_text() {
        for wrong in [&b"\x80"[..], b"a\xFF", b"\xB0", b"\xB0 ", b"\x95\x32 ", b"\x95\x32\x82"] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        assert_eq!(decode(&encode("张𠀀a")).as_deref(), Some("张𠀀a"));
    }

    #[test]
    fn a_field_is_cut_after_one_two_or_three_bytes_of_a_character() {
        let four = encode("𠀀");
        for end in 1..=3 {
            assert!(is_cut(&[b"ab", &four[..end]].concat()), "{end}");
        }
        assert!(is_cut(&[encode("张三"), vec![0xB0]].concat()));
        for whole in [&encode("张三𠀀")[..], b"  ", b"\x80", b"\xFF", b"\xB0 "] {
            assert!(!is_cut(whole), "{whole:?}");
        }
    }
}
