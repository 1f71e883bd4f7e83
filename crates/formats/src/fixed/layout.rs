//! One row: its length, its character boundaries, its encoding, then its fields.

use crate::gb18030;
use domain::text;
use std::fmt;

/// Where a field lies in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the source (`gmsfhm`).
    pub name: &'static str,
    /// Its first byte, counted from 1 as interface documents count.
    pub from: usize,
    /// Its length in bytes.
    pub bytes: usize,
}

impl Field {
    /// The field `name` of `bytes` bytes, of which the first is byte `from` of the row, counted from 1.
    #[must_use]
    pub const fn new(name: &'static str, from: usize, bytes: usize) -> Self {
        Self { name, from, bytes }
    }

    /// The field's bytes in `row`, padding and all; empty where the row is too short.
    #[must_use]
    pub fn of<'a>(&self, row: &'a [u8]) -> &'a [u8] {
        let start = self.from.saturating_sub(1);
        row.get(start..start + self.bytes).unwrap_or_default()
    }
}

/// How a row of GB18030 text falls into fields.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    bytes: usize,
    fields: &'static [Field],
}

/// What is wrong with a row before any field is looked at, in the order in which it is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// It is not as long as the layout.
    Length,
    /// The bytes of the field of this name end inside a character.
    TornCharacter(&'static str),
    /// The bytes of the field of this name are not GB18030.
    Encoding(&'static str),
}

impl Layout {
    /// A row of `bytes` bytes that `fields` cover from the first byte to the last.
    ///
    /// # Panics
    /// When the fields leave a gap or overlap. Declare layouts as `const`: it is then the compiler that stops.
    #[must_use]
    pub const fn new(bytes: usize, fields: &'static [Field]) -> Self {
        let mut next = 1;
        let mut index = 0;
        while index < fields.len() {
            assert!(fields[index].from == next, "fields follow each other without gap");
            next += fields[index].bytes;
            index += 1;
        }
        assert!(next == bytes + 1, "fields cover the row");
        Self { bytes, fields }
    }

    /// The length of a row in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Judges the row.
    ///
    /// # Errors
    /// The first [`RowFault`] in the order length, torn character in any field, encoding of any field.
    pub fn row<'a>(&self, bytes: &'a [u8]) -> Result<FixedRow<'a>, RowFault> {
        if bytes.len() != self.bytes {
            return Err(RowFault::Length);
        }
        let mut row = FixedRow { bytes, decoded: String::new(), texts: Vec::new() };
        if bytes.is_ascii() {
            return Ok(row);
        }
        let wide = self.fields.iter().filter(|field| !field.of(bytes).is_ascii());
        let Some(broken) = wide.clone().find(|field| row.decode(field).is_err()) else { return Ok(row) };
        let torn = wide.clone().find(|field| gb18030::ends_inside_character(field.of(bytes)));
        Err(torn.map_or(RowFault::Encoding(broken.name), |torn| RowFault::TornCharacter(torn.name)))
    }
}

/// A row of the right length whose every field is whole GB18030 text; only [`Layout::row`] makes one.
#[derive(Clone)]
pub struct FixedRow<'a> {
    bytes: &'a [u8],
    /// The texts of the fields that are not plain ASCII, one behind the other.
    decoded: String,
    /// By a field's first byte and length, where its text ends in `decoded`; it begins where the one before ends.
    texts: Vec<(usize, usize, usize)>,
}

impl FixedRow<'_> {
    /// The field's text without the blanks, ASCII and full-width, at both ends. `field` is one of the layout's.
    #[must_use]
    pub fn text(&self, field: &Field) -> &str {
        let mut from = 0;
        for (first, length, to) in &self.texts {
            if (*first, *length) == (field.from, field.bytes) {
                return text::trim(self.decoded.get(from..*to).unwrap_or_default());
            }
            from = *to;
        }
        let bytes = field.of(self.bytes);
        debug_assert!(bytes.is_ascii(), "the layout has no such field");
        let plain = if bytes.is_ascii() { std::str::from_utf8(bytes).unwrap_or_default() } else { "" };
        text::trim(plain)
    }

    fn decode(&mut self, field: &Field) -> Result<(), gb18030::Malformed> {
        if self.texts.is_empty() {
            // A Chinese character is two bytes here and three there.
            self.decoded.reserve(self.bytes.len() * 3 / 2);
            self.texts.reserve(FIELDS_IN_CHINESE);
        }
        // What a blank cuts is refused with the blank and without.
        gb18030::decode_onto(text::without_padding(field.of(self.bytes)), &mut self.decoded)?;
        self.texts.push((field.from, field.bytes, self.decoded.len()));
        Ok(())
    }
}

impl fmt::Debug for FixedRow<'_> {
    /// Never shows a field's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedRow").finish_non_exhaustive()
    }
}

/// How many fields of a row are usually in Chinese.
const FIELDS_IN_CHINESE: usize = 8;
