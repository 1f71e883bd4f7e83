//! The columns of a table as text: `AAC001 C20;AAE041 N6`, name, kind and width in bytes, in the order of the record.

use std::fmt::Write;

/// A column as the header declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column<'a> {
    /// Its name, in upper case.
    pub(super) name: &'a str,
    /// Its kind: `C` text, `N` number, `D` day, ….
    pub(super) kind: char,
    /// Its width in bytes.
    pub(super) width: usize,
}

/// Adds a column to a layout.
pub(super) fn push(layout: &mut String, column: Column<'_>) {
    let separator = if layout.is_empty() { "" } else { ";" };
    // Writing to a string does not fail.
    let _ = write!(layout, "{separator}{} {}{}", column.name, column.kind, column.width);
}

/// The columns of a layout, up to the first that is none.
pub(super) fn columns(layout: &str) -> impl Iterator<Item = Column<'_>> {
    layout.split(';').map_while(column)
}

/// Bytes of a record, its deletion mark included; nothing when the text is no layout.
pub(super) fn record_bytes(layout: &str) -> Option<usize> {
    layout.split(';').try_fold(1, |sum: usize, text| sum.checked_add(column(text)?.width))
}

/// Whether a column can have this name: something to see, and none of the characters that keep a layout apart.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == ';' || c.is_whitespace() || c.is_control())
}

fn column(text: &str) -> Option<Column<'_>> {
    let (name, kind_and_width) = text.split_once(' ')?;
    let mut rest = kind_and_width.chars();
    let kind = rest.next().filter(char::is_ascii_uppercase)?;
    let width = rest.as_str().parse().ok().filter(|width| (1..=255).contains(width))?;
    (!name.is_empty()).then_some(Column { name, kind, width })
}
