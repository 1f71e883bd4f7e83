//! One row: its length, its character boundaries, its encoding, then its fields.

use crate::gb18030;
use std::borrow::Cow;

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
        if bytes.is_ascii() {
            return Ok(FixedRow { bytes });
        }
        if let Some(torn) = self.fields.iter().find(|field| gb18030::ends_inside_character(field.of(bytes))) {
            return Err(RowFault::TornCharacter(torn.name));
        }
        match self.fields.iter().find(|field| gb18030::decode(field.of(bytes)).is_err()) {
            Some(field) => Err(RowFault::Encoding(field.name)),
            None => Ok(FixedRow { bytes }),
        }
    }
}

/// A row of the right length whose every field is whole GB18030 text; only [`Layout::row`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct FixedRow<'a> {
    bytes: &'a [u8],
}

impl<'a> FixedRow<'a> {
    /// The field's text without the blanks, ASCII and full-width, at both ends.
    #[must_use]
    pub fn text(&self, field: &Field) -> Cow<'a, str> {
        // The layout has decoded this field before, so this never falls back to nothing.
        let text = gb18030::decode(field.of(self.bytes)).unwrap_or_default();
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(domain::text::trim(text)),
            Cow::Owned(text) => Cow::Owned(domain::text::trim(&text).to_owned()),
        }
    }
}
