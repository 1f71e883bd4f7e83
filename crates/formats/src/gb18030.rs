//! GB18030 as the national standard has it, not as browsers read it.
//!
//! `encoding_rs` follows the WHATWG, which reads the single byte 0x80 as the euro sign; in GB18030 the single
//! bytes 0x80 and 0xFF are no characters, so they are refused here. Where the editions of the standard differ
//! over private-use code points (2000, 2005, 2022) the decoder's choice, the 2022 edition, stands.
use encoding_rs::{DecoderResult, GB18030};
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
    if holds_stray_euro(bytes) {
        return Err(Malformed);
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(Malformed)
}

/// Appends what `bytes` say to `text`, which is as it was where they are refused.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_onto(bytes: &[u8], text: &mut String) -> Result<(), Malformed> {
    if holds_stray_euro(bytes) {
        return Err(Malformed);
    }
    let before = text.len();
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(Malformed)?);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, text, true);
    if result != DecoderResult::InputEmpty {
        text.truncate(before);
        return Err(Malformed);
    }
    Ok(())
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

/// Whether a byte 0x80 stands alone: all else that is no GB18030 the decoder refuses by itself.
fn holds_stray_euro(bytes: &[u8]) -> bool {
    memchr::memchr(0x80, bytes).is_some() && !is_well_formed(bytes)
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

    /// The judgement by shape, then by the decoder: what every faster way must agree with.
    fn decode_slowly(bytes: &[u8]) -> Result<String, Malformed> {
        let decoded =
            GB18030.decode_without_bom_handling_and_without_replacement(bytes).filter(|_| is_well_formed(bytes));
        decoded.map(Cow::into_owned).ok_or(Malformed)
    }

    /// Bytes at the borders of what may stand where, often enough next to each other to make characters.
    fn border_bytes() -> impl Strategy<Value = Vec<u8>> {
        let borders = [0x20, 0x2F, 0x30, 0x39, 0x3A, 0x40, 0x7E, 0x7F, 0x80, 0x81, 0x84, 0xA1, 0xCD, 0xF5, 0xFE, 0xFF];
        proptest::collection::vec(proptest::sample::select(borders.to_vec()), 0..24)
    }

    #[test]
    fn every_sequence_of_two_bytes_is_judged_as_its_shape_and_the_decoder_say() {
        for pair in 0..=u16::MAX {
            let bytes = pair.to_be_bytes();
            assert_eq!(decode(&bytes).map(Cow::into_owned), decode_slowly(&bytes), "{bytes:02X?}");
        }
    }

    proptest! {
        #[test]
        fn decoding_is_judging_the_shape_and_then_decoding(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            border_bytes(),
        ]) {
            let slowly = decode_slowly(&bytes);
            prop_assert_eq!(decode(&bytes).map(Cow::into_owned), slowly.clone());
            let mut text = "before".to_owned();
            prop_assert_eq!(decode_onto(&bytes, &mut text), slowly.as_ref().map(|_| ()).map_err(|fault| *fault));
            prop_assert_eq!(text, format!("before{}", slowly.unwrap_or_default()));
        }

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
