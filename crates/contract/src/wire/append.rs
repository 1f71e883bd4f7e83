//! Appending fields: what is appended overrides what stood there.

/// Wire type of integers.
const VARINT: u64 = 0;
/// Wire type of text, bytes and messages.
const DELIMITED: u64 = 2;

/// Appends an integer, boolean or enum.
pub fn append_varint_field(body: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(body, u64::from(number) << 3 | VARINT);
    put_varint(body, value);
}

/// Appends a text.
pub fn append_string_field(body: &mut Vec<u8>, number: u32, value: &str) {
    append_bytes_field(body, number, value.as_bytes());
}

/// Appends bytes.
pub fn append_bytes_field(body: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_varint(body, u64::from(number) << 3 | DELIMITED);
    put_varint(body, value.len() as u64);
    body.extend_from_slice(value);
}

/// Appends an encoded message. A decoder merges it into one that stands there already.
pub fn append_message_field(body: &mut Vec<u8>, number: u32, message: &[u8]) {
    append_bytes_field(body, number, message);
}

fn put_varint(body: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        body.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    body.push(low_byte(value));
}

fn low_byte(value: u64) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}
