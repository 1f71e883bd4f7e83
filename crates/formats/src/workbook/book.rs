//! What both kinds of workbook give out.

use super::cell::Cell;
use crate::framing::Refusal;
use domain::rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN};
use std::io;

/// Last row and column that a sheet can have, counted from 0.
pub(super) const LAST: (u32, u32) = (1_048_575, 16_383);
/// Bytes of all texts that cells share.
const LARGEST_TEXTS: usize = 512 * 1024 * 1024;

/// Bytes of a row's cells together, merged ones among them.
const LARGEST_ROW: usize = 16 * 1024 * 1024;

/// Takes a row's place in the sheet, from 0, and its cells by column.
pub(super) type TakeRow<'a> = dyn FnMut(u32, &mut Vec<(u32, Cell)>) -> Result<(), Fault> + 'a;

/// Takes a row's number in its sheet, from 1, and its object.
pub(super) type TakeObject<'a> = dyn FnMut(u64, &[u8]) -> Result<(), Fault> + 'a;

/// An open workbook.
pub(super) trait Book {
    /// Names of its sheets, in order.
    fn sheets(&self) -> Vec<String>;

    /// Whether serial days are counted from 1904.
    fn is_from_1904(&self) -> bool;

    /// The cells of a sheet that are merged downwards.
    fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Fault>;

    /// Reads a sheet row by row, from its first to its last.
    fn rows(&mut self, sheet: usize, take: &mut TakeRow<'_>) -> Result<(), Fault>;
}

/// The cells of a row while they are read: many may show the same long text.
#[derive(Debug, Default)]
pub(super) struct RowCells {
    pub(super) cells: Vec<(u32, Cell)>,
    bytes: usize,
}

impl RowCells {
    pub(super) fn push(&mut self, column: u32, cell: Cell) -> Result<(), Fault> {
        self.bytes += cell.bytes();
        self.cells.push((column, cell));
        bounded_row(self.bytes)
    }

    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.bytes = 0;
    }
}

/// # Errors
/// When a row of so many bytes is none that anybody wrote.
pub(super) fn bounded_row(bytes: usize) -> Result<(), Fault> {
    if bytes > LARGEST_ROW { Err(Fault::Torn("a row is larger than 16 MiB")) } else { Ok(()) }
}

/// A cell that is merged with those below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    /// First row, which holds the value.
    pub(super) from: u32,
    /// Last row.
    pub(super) to: u32,
    /// Its first column, which holds the value.
    pub(super) column: u32,
}

/// Why a workbook cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The medium failed.
    Io(io::Error),
    /// There are no bytes.
    Empty,
    /// It is no workbook of this department.
    Foreign(String),
    /// It is cut off, damaged, or out of all bounds.
    Torn(&'static str),
}

impl Fault {
    pub(super) fn refusal(self) -> Refusal {
        let (rule, detail) = match self {
            Self::Io(error) => return Refusal { rule: &FILE_TORN, detail: error.kind().to_string(), retry: true },
            Self::Empty => (&FILE_EMPTY, "no bytes".to_owned()),
            Self::Foreign(detail) => (&FILE_HEADER, detail),
            Self::Torn(detail) => (&FILE_TORN, detail.to_owned()),
        };
        Refusal { rule, detail, retry: false }
    }

    pub(super) fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other.refusal().detail),
        }
    }
}

/// The texts that cells share, by number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) -> Result<(), Fault> {
        self.text.push_str(text);
        self.ends.push(self.text.len());
        if self.text.len() > LARGEST_TEXTS { Err(Fault::Torn("the texts are larger than 512 MiB")) } else { Ok(()) }
    }

    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let from = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(from..*self.ends.get(number)?)
    }
}
