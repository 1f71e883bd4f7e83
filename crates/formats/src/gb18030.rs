//! GB18030 as the national standard has it, not as browsers read it.
//!
//! `encoding_rs` follows the WHATWG, which reads the single byte 0x80 as the euro sign; in GB18030 the single
//! bytes 0x80 and 0xFF are no characters, so they are refused here. Where the editions of the standard differ
//! over private-use code points (2000, 2005, 2022) the decoder's choice, the 2022 edition, stands.
use encoding_rs::GB18030;
use std::borrow::Cow;

/// The bytes are not GB18030.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bytes are not GB18030")]
pub struct Malformed;

/// Decodes `bytes`; plain ASCII is borrowed, a byte order mark is a character like any other.
///
/// # Errors
/// [`Malformed`] when any byte is not part of an assigned GB18030 character.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    if !bytes.is_ascii() && !is_well_formed(bytes) {
        return Err(Malformed);
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(Malformed)
}

/// The text of an XML document in GB18030, which has every character of Unicode but one (private use, U+E5E5): that one becomes a
/// character reference.
#[must_use]
pub fn encode_xml(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

/// Whether `bytes`, which start where a character starts, end inside a character.
///
/// This looks at the shape of the bytes alone: a stray byte before the end is passed over, [`decode`] refuses it.
#[must_use]
pub fn ends_inside_character(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match next(rest) {
            Next::Character(length) => rest = rest.get(length..).unwrap_or_default(),
            Next::Stray => rest = rest.get(1..).unwrap_or_default(),
            Next::Cut => return true,
        }
    }
    false
}

fn is_well_formed(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match next(rest) {
            Next::Character(length) => rest = rest.get(length..).unwrap_or_default(),
            Next::Stray | Next::Cut => return false,
        }
    }
    true
}

/// What stands at the beginning of some bytes, judged by its shape.
enum Next {
    /// A character of so many bytes.
    Character(usize),
    /// A byte that begins no character.
    Stray,
    /// The beginning of a character that the end of the bytes cuts.
    Cut,
}

fn next(bytes: &[u8]) -> Next {
    match bytes {
        [0x00..=0x7F, ..] | [] => Next::Character(1),
        [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, ..] => Next::Character(2),
        [0x81..=0xFE, 0x30..=0x39, 0x81..=0xFE, 0x30..=0x39, ..] => Next::Character(4),
        [0x81..=0xFE] | [0x81..=0xFE, 0x30..=0x39] | [0x81..=0xFE, 0x30..=0x39, 0x81..=0xFE] => Next::Cut,
        _ => Next::Stray,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_two_and_four_byte_characters_are_read() {
        assert_eq!(decode(b"A1").unwrap(), "A1");
        assert_eq!(decode(&[0xCD, 0xF5]).unwrap(), "王");
        assert_eq!(decode(&[0x82, 0x35, 0x87, 0x38]).unwrap(), "\u{4DB5}");
        assert_eq!(decode(&[0x95, 0x32, 0x82, 0x36]).unwrap(), "\u{20000}");
    }

    #[test]
    fn the_single_bytes_80_and_ff_are_refused() {
        for stray in [0x80, 0xFF] {
            assert_eq!(decode(&[b'A', stray, b'B']), Err(Malformed));
        }
        assert_eq!(decode(&[0x81, 0x80]).unwrap().chars().count(), 1, "0x80 is a good second byte");
    }

    #[test]
    fn unassigned_and_broken_sequences_are_refused() {
        let unassigned = [0x84, 0x31, 0xA5, 0x30];
        let beyond_unicode = [0xFE, 0x39, 0xFE, 0x39];
        for bytes in [&unassigned[..], &beyond_unicode, &[0x81, 0x20], &[0xD6], &[0x81, 0x30, 0x20, 0x20]] {
            assert_eq!(decode(bytes), Err(Malformed), "{bytes:02X?}");
        }
    }

    #[test]
    fn private_use_characters_are_kept() {
        assert_eq!(decode(&[0xAA, 0xA1]).unwrap(), "\u{E000}");
    }

    #[test]
    fn every_cut_of_a_character_is_seen() {
        for whole in [&[0xCD, 0xF5][..], &[0x95, 0x32, 0x82, 0x36]] {
            for cut in 1..whole.len() {
                let bytes = [b"A", &whole[..cut]].concat();
                assert!(ends_inside_character(&bytes), "{bytes:02X?}");
            }
            assert!(!ends_inside_character(&[b"A", whole].concat()));
        }
    }

    #[test]
    fn a_stray_byte_is_no_cut() {
        assert!(!ends_inside_character(&[0x80]));
        assert!(!ends_inside_character(&[0xD6, b' ', 0xFF]));
    }

    proptest! {
        #[test]
        fn what_the_encoder_writes_is_read_back(text in "[\u{20}-\u{7E}\u{3400}-\u{4DB5}\u{4E00}-\u{9FA5}\u{20000}-\u{2A6DF}]{0,40}") {
            let (bytes, _, unmappable) = GB18030.encode(&text);
            prop_assume!(!unmappable);
            prop_assert_eq!(decode(&bytes).unwrap(), text.as_str());
            prop_assert!(!ends_inside_character(&bytes));
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let decoded = decode(&bytes);
            if ends_inside_character(&bytes) {
                prop_assert_eq!(decoded, Err(Malformed));
            }
        }
    }
}
