//! Rows of tables, one a line: `{"table": "…", "row": {…}}`, in the order in which they were committed.
//!
//! So a front-end exchange table (前置库) is saved for a trial. A line's row is given out as the same JSON object that is made
//! of a row read from the database ([`row_bytes`]). A line that cannot be read as a table's row is given out as it stands,
//! without a kind, for the mapping to reject: one bad line never stops the rest.

use crate::{
    fixed::lines::{Lines, Span},
    framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart},
};
use domain::rules::{FILE_EMPTY, FILE_TORN};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::io::{self, BufRead};

/// How much of a line is kept, 1 MiB; of a longer one the beginning is given out, which is no JSON.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// A file of tables' rows. Blank lines are passed over and not counted.
#[derive(Debug, Clone, Copy)]
pub struct TableLines {
    /// Each table with the column of its key.
    pub key_columns: &'static [(&'static str, &'static str)],
}

/// Whether a file begins as one of tables' rows, by its first bytes.
#[must_use]
pub fn begins_table_lines(head: &[u8]) -> bool {
    let head = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    head.first() == Some(&b'{') && memchr::memmem::find(head, b"\"table\"").is_some()
}

/// The bytes of a table's row, whether it comes from a database or from a line: a JSON object, its members in byte order of
/// their names.
#[must_use]
pub fn row_bytes(row: &Value) -> Vec<u8> {
    row.to_string().into_bytes()
}

/// Writes the same bytes member by member, for a source that has its columns in byte order of their names.
#[derive(Debug, Default)]
pub struct RowWriter(Vec<u8>);

impl RowWriter {
    /// A member that is text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.member(name, value);
    }

    /// A member that is a whole number.
    pub fn whole(&mut self, name: &str, value: impl Into<Number>) {
        self.member(name, &value.into());
    }

    /// A member that is a number as it is written; text where that is no number of JSON.
    pub fn decimal(&mut self, name: &str, written: &str) {
        match written.parse::<Number>() {
            Ok(number) => self.member(name, &number),
            Err(_) => self.member(name, written),
        }
    }

    /// A member that is absent.
    pub fn null(&mut self, name: &str) {
        self.member(name, &());
    }

    /// The row.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        if self.0.is_empty() {
            self.0.reserve(ROOM);
        }
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.json(name);
        self.0.push(b':');
        self.json(value);
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Texts and numbers can always be written, and a vector takes them all.
        let _ = serde_json::to_writer(&mut self.0, value);
    }
}

/// What most rows fit into, in bytes.
const ROOM: usize = 768;

const BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Deserialize)]
struct Line {
    table: String,
    row: Value,
}

impl Framing for TableLines {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let mut rows = Rows { lines: Lines::up_to(LONGEST_LINE, input, 0), number: 0, tables: *self };
        let mut line = Vec::new();
        let mut count = 0;
        while rows.line(&mut line).map_err(|error| unreadable(&error))?.is_some() {
            count += 1;
        }
        if count == 0 {
            return Err(Refusal { rule: &FILE_EMPTY, detail: "no lines".to_owned(), retry: false });
        }
        Ok(Facts { rows: count, ..Facts::default() })
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let lines = Lines::up_to(LONGEST_LINE, input, start.byte);
        Box::new(Rows { lines, number: start.number, tables: *self })
    }
}

/// The medium failed, not the provider: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}

struct Rows<R> {
    lines: Lines<R>,
    number: u64,
    tables: TableLines,
}

impl<R: BufRead> Rows<R> {
    /// The next line that is not blank, without a byte order mark.
    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Span>> {
        while let Some(span) = self.lines.next(line)? {
            if span.from == 0 && line.starts_with(BOM) {
                line.drain(..BOM.len());
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(span));
            }
        }
        Ok(None)
    }
}

impl<R: BufRead + Send> RowReader for Rows<R> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let Some(span) = self.line(&mut row.bytes)? else { return Ok(false) };
        self.number += 1;
        row.number = self.number;
        (row.byte_from, row.byte_to, row.next_byte) = (span.from, span.to, span.next);
        if let Ok(line) = serde_json::from_slice::<Line>(&row.bytes) {
            row.place = RowPlace::Table { key: self.tables.key(&line) };
            row.bytes = row_bytes(&line.row);
            row.kind = line.table;
        } else {
            row.place = RowPlace::Bytes;
            row.kind.clear();
        }
        Ok(true)
    }
}

impl TableLines {
    /// The row's key as its table has it; empty where the table is unknown or the key missing.
    fn key(&self, line: &Line) -> String {
        let column = self.key_columns.iter().find(|(table, _)| *table == line.table).map(|(_, column)| *column);
        match column.and_then(|column| line.row.get(column)) {
            Some(Value::String(key)) => key.clone(),
            Some(Value::Number(key)) => key.to_string(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
