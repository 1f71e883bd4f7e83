//! Originals with everything but blanks and ASCII punctuation hidden: their form shows what is wrong, their
//! content does not show.

use serde_json::Value;

/// Encoding of an original that is the columns of a table's row.
const COLUMNS: &str = "json";

/// The original as text, masked. The names of a row's columns stay; they are the table's, not the person's.
pub(super) fn masked(encoding: &str, original: &[u8]) -> String {
    if encoding.eq_ignore_ascii_case(COLUMNS)
        && let Ok(mut value) = serde_json::from_slice(original)
    {
        mask_values(&mut value);
        return value.to_string();
    }
    mask(&decoded(encoding, original))
}

/// Bytes that are not of the encoding become one mark each, as in a text with errors.
fn decoded(encoding: &str, original: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    encoding.decode_without_bom_handling(original).0.into_owned()
}

/// A rare name is written in private-use characters, which are neither letters nor digits.
fn mask(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() || c.is_ascii_punctuation() { c } else { '*' }).collect()
}

fn mask_values(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = Value::from("*"),
        Value::Number(number) => *value = Value::from(mask(&number.to_string())),
        Value::String(text) => *text = mask(text),
        Value::Array(list) => list.iter_mut().for_each(mask_values),
        Value::Object(members) => members.values_mut().for_each(mask_values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_stays_and_content_goes() {
        assert_eq!(masked("UTF-8", "张三|110101,x 男\t-".as_bytes()), "**|******,* *\t-");
        let (bytes, ..) = encoding_rs::GB18030.encode("李四,1 ");
        assert_eq!(masked("GB18030", &bytes), "**,* ");
    }

    #[test]
    fn private_use_characters_and_marks_are_content() {
        assert_eq!(masked("UTF-8", "\u{e863}\u{20000}·e\u{301},\u{f0000}（二）\u{0}".as_bytes()), "*****,*****");
    }

    #[test]
    fn columns_of_a_row_keep_their_names() {
        let row = r#"{"ID":42,"NAME":"王五","LIST":[true,null]}"#;
        let shown: Value = serde_json::from_str(&masked("json", row.as_bytes())).unwrap();
        assert_eq!(shown, serde_json::json!({"ID": "**", "NAME": "**", "LIST": ["*", null]}));
    }

    #[test]
    fn bytes_of_no_encoding_are_masked_too() {
        assert!(!masked("json", b"{\"a\": secret").contains("secret"));
        assert!(!masked("nonsense", &[0xff, b'a', 0xfe]).contains('a'));
    }
}
