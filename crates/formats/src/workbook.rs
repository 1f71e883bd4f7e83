//! Excel workbooks, `.xlsx` (ECMA-376) and `.xls` (BIFF8, \[MS-XLS\]): every sheet whose header row is found is a table, and
//! each row of it a JSON object of its columns.
//!
//! | cell | in the object |
//! |---|---|
//! | text, formula that gives text | text |
//! | number | number: what must not have gone through a double can be told from text |
//! | number shown as a day | text, `2010-01-05` or `2010-01-05 08:30:00` |
//! | truth value | `true`, `false` |
//! | error | text as shown (`#N/A`) |
//! | blank | `null` |
//!
//! The header row is the first that holds all of [`Workbook::marks`]; what stands above it says nothing, sheets without one
//! are skipped. Names of columns are read without blanks and without the asterisks that forms put at required ones. A cell
//! that is merged downwards repeats its value in the rows that have something of their own; a row that has nothing is no row.
//! Values in columns without a name stand under the column's letters (`(M)`).
//!
//! A workbook is read whole and kept in memory while its rows are given out, so everything is bounded: [`LARGEST_FILE`],
//! the parts of the archive when unpacked, a row, and the rows together. Workbooks are read here rather than by a library because
//! those at hand make room for whatever a damaged file states of its size, which ends the process and not only the file.
mod book;
mod cell;
mod table;
mod xls;
mod xlsx;

pub use self::cell::moment_of_serial;

use self::{
    book::{Book, Fault, TakeObject},
    table::Table,
};
use crate::framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart};
use std::io::{self, BufRead, Read};

/// Bytes of a file that is still read.
pub const LARGEST_FILE: u64 = 200 * 1024 * 1024;
/// Bytes of all rows of a file together.
const LARGEST_ROWS: usize = 1024 * 1024 * 1024;
/// [`FramedRow::kind`] of the rows of a workbook whose serial days are counted from 1904; else it is empty.
pub const FROM_1904: &str = "date1904";

/// Framing of workbooks.
#[derive(Debug, Clone, Copy)]
pub struct Workbook {
    /// Columns by which the header row is found.
    pub marks: &'static [&'static str],
    /// Columns, among them the marks, without which a table is refused.
    pub required: &'static [&'static str],
    /// Columns that can be there.
    pub optional: &'static [&'static str],
}

impl Framing for Workbook {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        self.facts(input).map_err(Fault::refusal)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        Box::new(Rows {
            workbook: *self,
            number: start.number,
            input: Some(input),
            sheets: Vec::new(),
            kept: Kept::default(),
        })
    }

    fn is_packed(&self) -> bool {
        true
    }
}

impl Workbook {
    fn facts(&self, input: &mut dyn BufRead) -> Result<Facts, Fault> {
        let (mut rows, mut bytes, mut tables, mut unknown) = (0, 0, 0, 0);
        let mut book = open(whole(input)?)?;
        for place in 0..book.sheets().len() {
            let table = self.table(book.as_mut(), place, &mut |_, json| {
                rows += 1;
                bytes += json.len();
                bounded(bytes)
            })?;
            tables += u64::from(table.has_heading());
            unknown += table.unknown_columns();
        }
        if tables == 0 {
            return Err(Fault::Foreign("no sheet has the header row".to_owned()));
        }
        Ok(Facts { rows, unknown_columns: unknown, ..Facts::default() })
    }

    /// Reads a sheet; `take` is given each row's number in the sheet and its object.
    fn table(&self, book: &mut dyn Book, place: usize, take: &mut TakeObject<'_>) -> Result<Table, Fault> {
        let mut table = Table::new(*self, place, book.merges(place)?);
        let mut json = Vec::new();
        book.rows(place, &mut |at, cells| match table.row(at, cells, &mut json)? {
            Some(number) => take(number, &json),
            None => Ok(()),
        })?;
        Ok(table)
    }
}

/// The bytes of a file, unless it is too large.
fn whole(input: &mut dyn BufRead) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    input.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(Fault::Io)?;
    match bytes.len() as u64 {
        0 => Err(Fault::Empty),
        length if length > LARGEST_FILE => Err(Fault::Torn("the file is larger than 200 MiB")),
        _ => Ok(bytes),
    }
}

/// By its first bytes, as the end of its name is often the other's.
fn open(bytes: Vec<u8>) -> Result<Box<dyn Book>, Fault> {
    if bytes.starts_with(xls::MAGIC) {
        Ok(Box::new(xls::Xls::open(&bytes)?))
    } else if bytes.starts_with(xlsx::MAGIC) {
        Ok(Box::new(xlsx::Xlsx::open(bytes)?))
    } else {
        Err(Fault::Foreign("the file is no workbook".to_owned()))
    }
}

fn bounded(bytes: usize) -> Result<(), Fault> {
    if bytes > LARGEST_ROWS { Err(Fault::Torn("the rows are larger than 1 GiB together")) } else { Ok(()) }
}

struct Rows<'a> {
    workbook: Workbook,
    /// Number of the last row given out, or passed over.
    number: u64,
    /// The file, until it is read.
    input: Option<Box<dyn BufRead + Send + 'a>>,
    /// Names of the sheets.
    sheets: Vec<String>,
    kept: Kept,
}

/// All rows of a workbook.
#[derive(Default)]
struct Kept {
    json: Vec<u8>,
    rows: Vec<KeptRow>,
    kind: &'static str,
    /// Bytes of the file.
    length: u64,
}

struct KeptRow {
    /// Where its object ends in [`Kept::json`]; it begins where the one before ends.
    end: usize,
    sheet: usize,
    number: u64,
}

impl Rows<'_> {
    fn read(&mut self, input: &mut dyn BufRead) -> Result<(), Fault> {
        let bytes = whole(input)?;
        let kept = &mut self.kept;
        kept.length = bytes.len() as u64;
        let mut book = open(bytes)?;
        self.sheets = book.sheets();
        kept.kind = if book.is_from_1904() { FROM_1904 } else { "" };
        for sheet in 0..self.sheets.len() {
            self.workbook.table(book.as_mut(), sheet, &mut |number, json| {
                kept.json.extend_from_slice(json);
                kept.rows.push(KeptRow { end: kept.json.len(), sheet, number });
                bounded(kept.json.len())
            })?;
        }
        Ok(())
    }
}

impl RowReader for Rows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        if let Some(mut input) = self.input.take() {
            self.read(input.as_mut()).map_err(Fault::into_io)?;
        }
        let place = usize::try_from(self.number).unwrap_or(usize::MAX);
        let Some(kept) = self.kept.rows.get(place) else { return Ok(false) };
        let from = place.checked_sub(1).map_or(0, |before| self.kept.rows[before].end);
        self.number += 1;
        row.number = self.number;
        (row.byte_from, row.byte_to) = (0, 0);
        // The rows have no place in the file: how far reading is, is told by their share.
        row.next_byte = self.kept.length * self.number / self.kept.rows.len() as u64;
        self.kept.kind.clone_into(&mut row.kind);
        row.place = RowPlace::Sheet { sheet: self.sheets[kept.sheet].clone(), row: kept.number };
        row.bytes.clear();
        row.bytes.extend_from_slice(&self.kept.json[from..kept.end]);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
