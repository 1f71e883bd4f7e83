//! Fields of a message, one after the other.

use super::Malformed;

/// Largest field number.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// A field as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Field number.
    pub number: u32,
    /// Its value.
    pub content: Content<'a>,
    /// Tag and value, as they stand.
    pub raw: &'a [u8],
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// Integers, booleans and enums.
    Varint(u64),
    /// Text, bytes, messages and packed lists.
    Bytes(&'a [u8]),
    /// Four or eight bytes.
    Fixed,
}

/// The fields of a message in the order of the bytes; see [`fields`].
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// The fields of a message. Ends after the first fault. Groups count as faults: proto3 has none.
#[must_use]
pub fn fields(body: &[u8]) -> Fields<'_> {
    Fields { rest: body }
}

/// The text of a field; the last one wins, and nothing is read from malformed bytes.
#[must_use]
pub fn string_field(body: &[u8], number: u32) -> Option<&str> {
    std::str::from_utf8(bytes_field(body, number)?).ok()
}

/// The bytes of a field (of a message field without merging several); the last one wins, and nothing is
/// read from malformed bytes.
#[must_use]
pub fn bytes_field(body: &[u8], number: u32) -> Option<&[u8]> {
    last(body, number, |content| match content {
        Content::Bytes(bytes) => Some(bytes),
        _ => None,
    })
}

/// The integer or enum of a field; the last one wins, and nothing is read from malformed bytes.
#[must_use]
pub fn varint_field(body: &[u8], number: u32) -> Option<u64> {
    last(body, number, |content| match content {
        Content::Varint(value) => Some(value),
        _ => None,
    })
}

/// All texts of a repeated field, in order, up to the first fault.
pub fn string_fields(body: &[u8], number: u32) -> impl Iterator<Item = &str> {
    fields(body).map_while(Result::ok).filter(move |field| field.number == number).filter_map(|field| {
        match field.content {
            Content::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    })
}

fn last<'a, T>(body: &'a [u8], number: u32, read: impl Fn(Content<'a>) -> Option<T>) -> Option<T> {
    let mut found = None;
    for field in fields(body) {
        let field = field.ok()?;
        if field.number == number {
            found = read(field.content).or(found);
        }
    }
    found
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read().ok_or(Malformed);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Option<Field<'a>> {
        let start = self.rest;
        let tag = self.varint()?;
        let number = u32::try_from(Some(tag >> 3).filter(|number| (1..=MAX_NUMBER).contains(number))?).ok()?;
        let content = match tag & 7 {
            0 => Content::Varint(self.varint()?),
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Content::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Content::Fixed)?,
            _ => return None,
        };
        Some(Field { number, content, raw: start.get(..start.len() - self.rest.len())? })
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// At most ten bytes, the last of which holds one bit.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (index, byte) in self.rest.iter().copied().enumerate().take(10) {
            if index == 9 && byte > 1 {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(value);
            }
        }
        None
    }
}
