//! Text as departments deliver it: blanks, widths, masks and lost characters (formats, "Text").

use std::borrow::Cow;

/// Removes ASCII and full-width blanks (U+3000) at both ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    // A blank is never part of a longer character.
    let rest = text.get(..without_padding(text.as_bytes()).len()).unwrap_or(text);
    rest.trim_matches(is_blank)
}

/// Bytes of a text without the plain blanks that fill it up at the end, of which there are often many.
#[must_use]
pub fn without_padding(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((front, b"        ")) = rest.split_last_chunk::<8>() {
        rest = front;
    }
    while let Some((b' ', front)) = rest.split_last() {
        rest = front;
    }
    rest
}

/// Removes the `#` some exports put before a number, and the blanks around it.
#[must_use]
pub fn strip_hash(text: &str) -> &str {
    trim(trim(text).trim_start_matches(['#', '＃']))
}

/// Makes full-width digits, letters and punctuation (U+FF01–U+FF5E, U+3000) half-width.
///
/// For identifiers, dates and numbers only: names and addresses are never folded.
#[must_use]
pub fn half_width(text: &str) -> String {
    narrow(text).into_owned()
}

/// As [`half_width`]; what is half-width already is borrowed.
#[must_use]
pub fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(half_width_char).collect()) }
}

/// The form under which two names are compared: trimmed, with one middle dot for all of them.
#[must_use]
pub fn fold_for_comparison(name: &str) -> String {
    trim(name).chars().map(|c| if is_middle_dot(c) { '·' } else { c }).collect()
}

/// Whether part of the value is hidden by asterisks.
#[must_use]
pub fn is_masked(text: &str) -> bool {
    text.contains(['*', '＊'])
}

/// Whether a character was lost on the way: `?` or U+FFFD (flag `name.replacement-char`).
#[must_use]
pub fn has_replacement_char(name: &str) -> bool {
    name.contains(['?', '\u{FFFD}'])
}

/// Whether a character stands at a private-use code point (flag `name.private-use`).
#[must_use]
pub fn has_private_use(name: &str) -> bool {
    name.chars()
        .any(|c| matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{10_0000}'..='\u{10_FFFD}'))
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '\0' | '\u{B}' | '\u{3000}')
}

fn is_middle_dot(c: char) -> bool {
    matches!(c, '·' | '•' | '．' | '・')
}

fn half_width_char(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trim_takes_both_kinds_of_blank_and_leaves_inner_ones() {
        assert_eq!(trim(" \u{3000}\t张 三\u{3000} \r\n"), "张 三");
        assert_eq!(trim("\u{3000} "), "");
    }

    #[test]
    fn hash_prefix_and_blanks_go() {
        assert_eq!(strip_hash(" # 91110000600037341L "), "91110000600037341L");
        assert_eq!(strip_hash("500.00"), "500.00");
        assert_eq!(strip_hash("#"), "");
    }

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(half_width("１２３Ｘ（ａ）－\u{3000}京"), "123X(a)- 京");
    }

    #[test]
    fn middle_dots_compare_as_equal() {
        let forms = ["买买提·艾力", "买买提•艾力", "买买提．艾力", "买买提・艾力 "];
        assert!(forms.iter().all(|form| fold_for_comparison(form) == forms[0]));
        assert_ne!(fold_for_comparison("买买提艾力"), forms[0]);
    }

    #[test]
    fn masks_and_lost_characters_are_seen() {
        assert!(is_masked("1101********0014") && is_masked("1101＊＊") && !is_masked("1101"));
        assert!(has_replacement_char("王?") && has_replacement_char("王\u{FFFD}"));
        assert!(!has_replacement_char("王〇"));
        for lost in ['\u{E000}', '\u{F8FF}', '\u{F0000}', '\u{10FFFD}'] {
            assert!(has_private_use(&format!("王{lost}")));
        }
        assert!(!has_private_use("王𠀀"));
    }

    proptest! {
        #[test]
        fn trimming_is_taking_every_blank_from_both_ends(text in "[ \u{3000}\t\0a王]{0,40}[ ]{0,40}") {
            prop_assert_eq!(trim(&text), text.trim_matches(is_blank));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC*") {
            let narrow = half_width(&text);
            prop_assert_eq!(half_width(&narrow), narrow.clone());
            let folded = fold_for_comparison(&text);
            prop_assert_eq!(fold_for_comparison(&folded), folded.clone());
        }
    }
}
