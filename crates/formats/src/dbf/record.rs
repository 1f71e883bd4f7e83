//! One record: its deletion mark, then its cells.

use super::layout;
use crate::gb18030::{self, Malformed};
use std::borrow::Cow;

/// Longest beginning of a character that can be left when the rest of it is cut off, in bytes.
const LONGEST_STUMP: usize = 3;

/// A record with the layout of its table.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    layout: &'a str,
    bytes: &'a [u8],
}

/// The first byte of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A blank: the record counts.
    Kept,
    /// `*`: the record is deleted, its cells say what it was.
    Deleted,
    /// Anything else: the record does not say whether it counts.
    Unknown,
}

/// A value in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// Name of the column, in upper case.
    pub name: &'a str,
    /// Kind of the column: `C` text, `N` number, `D` day, ….
    pub kind: char,
    /// Its bytes, padding and all.
    pub bytes: &'a [u8],
}

/// A cell's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// The whole characters, padding and all.
    pub text: Cow<'a, str>,
    /// Whether the end of the column cut a character, whose remains are left out.
    pub is_cut: bool,
}

impl<'a> Record<'a> {
    /// A record of a table; `layout` is the kind of its row ([`FramedRow::kind`](crate::framing::FramedRow::kind)). Nothing
    /// when the bytes are not as many as the layout's columns take.
    #[must_use]
    pub fn new(layout: &'a str, bytes: &'a [u8]) -> Option<Self> {
        (layout::record_bytes(layout)? == bytes.len()).then_some(Self { layout, bytes })
    }

    /// Its deletion mark.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::of(self.bytes.first().copied().unwrap_or_default())
    }

    /// Its cells, in the order of the table.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'a>> {
        let mut rest = self.bytes.get(1..).unwrap_or_default();
        layout::columns(self.layout).map_while(move |column| {
            let (bytes, behind) = rest.split_at_checked(column.width)?;
            rest = behind;
            Some(Cell { name: column.name, kind: column.kind, bytes })
        })
    }
}

impl Mark {
    pub(super) fn of(byte: u8) -> Self {
        match byte {
            b' ' => Self::Kept,
            b'*' => Self::Deleted,
            _ => Self::Unknown,
        }
    }
}

impl<'a> Cell<'a> {
    /// The text. A character that the end of the column cuts is left out.
    ///
    /// # Errors
    /// [`Malformed`] when any other byte is not GBK, or GB18030 beyond it.
    pub fn text(&self) -> Result<Text<'a>, Malformed> {
        if let Ok(text) = gb18030::decode(self.bytes) {
            return Ok(Text { text, is_cut: false });
        }
        if !gb18030::ends_inside_character(self.bytes) {
            return Err(Malformed);
        }
        let shorter = (1..=LONGEST_STUMP).filter_map(|stump| self.bytes.get(..self.bytes.len().checked_sub(stump)?));
        let mut whole = shorter.skip_while(|bytes| gb18030::ends_inside_character(bytes));
        let text = gb18030::decode(whole.next().ok_or(Malformed)?)?;
        Ok(Text { text, is_cut: true })
    }
}
