//! Records that a department pushes, one JSON object a line (NDJSON).
//!
//! A line is the department's own fields themselves, or the contract's envelope around them: `{"resource": …, "content": {…}}`.

use crate::{
    fixed::lines::{Lines, Span},
    framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart},
};
use domain::rules::{FILE_EMPTY, FILE_TORN};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    io::{self, BufRead},
};

/// How much of a line is kept, 1 MiB; of a longer one the beginning is given out, which is no JSON.
pub const LONGEST_RECORD: usize = 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A record out of its envelope, its bytes as they were received.
#[derive(Clone, PartialEq, Eq)]
pub struct Pushed<'a> {
    /// The resource that the envelope names; empty when none.
    pub resource: String,
    /// The department that the envelope names; empty when none.
    pub department: String,
    /// The department's own fields, whatever they are.
    pub content: Cow<'a, [u8]>,
}

/// A file of pushed records. Blank lines are passed over and not counted.
#[derive(Debug, Clone, Copy)]
pub struct PushedLines;

/// Takes a record out of its envelope, if it has one: an object with `content` and nothing beside `resource` and `department`.
#[must_use]
pub fn pushed(line: &[u8]) -> Pushed<'_> {
    let Ok(Envelope { resource, department, content }) = serde_json::from_slice(line) else {
        return Pushed { resource: String::new(), department: String::new(), content: Cow::Borrowed(line) };
    };
    // In the JSON form of the message itself the fields are JSON in a text.
    let content = match serde_json::from_str::<String>(content.get()) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(content.get().as_bytes()),
    };
    Pushed { resource, department, content }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(default)]
    resource: String,
    #[serde(default)]
    department: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

impl Framing for PushedLines {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let mut rows = Rows { lines: Lines::up_to(LONGEST_RECORD, input, 0), number: 0 };
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
        Box::new(Rows { lines: Lines::up_to(LONGEST_RECORD, input, start.byte), number: start.number })
    }
}

/// The medium failed: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}

struct Rows<R> {
    lines: Lines<R>,
    number: u64,
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
        row.place = RowPlace::Bytes;
        let record = pushed(row.bytes.trim_ascii());
        let content = record.content.into_owned();
        row.kind = record.resource;
        row.bytes = content;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn out_of(line: &str) -> (String, String) {
        let pushed = pushed(line.as_bytes());
        (pushed.resource, String::from_utf8(pushed.content.into_owned()).unwrap())
    }

    #[test]
    fn a_record_stands_for_itself_or_in_its_envelope() {
        let plain = |text: &str| (String::new(), text.to_owned());
        assert_eq!(out_of(r#"{"a": 1.50}"#), plain(r#"{"a": 1.50}"#));
        assert_eq!(out_of(r#"{"content": {"a": 1.50}}"#), plain(r#"{"a": 1.50}"#));
        assert_eq!(out_of(r#"{"content": "{\"a\": 1}", "resource": "r"}"#), ("r".to_owned(), r#"{"a": 1}"#.to_owned()));
        // A field of the department's own that happens to be called so.
        assert_eq!(out_of(r#"{"content": 1, "b": 2}"#), plain(r#"{"content": 1, "b": 2}"#));
        assert_eq!(out_of("no json"), plain("no json"));
    }

    #[test]
    fn lines_are_rows_with_their_places() {
        let file = b"\xEF\xBB\xBF{\"a\":1}\r\n\n  \n{\"content\":{\"b\":2},\"resource\":\"r\"}\nno json";
        assert_eq!(PushedLines.inspect(&mut Cursor::new(file)).unwrap().rows, 3);
        let mut reader = PushedLines.rows(Box::new(Cursor::new(file)), RowStart::default());
        let mut row = FramedRow::default();
        let mut read = Vec::new();
        while reader.next_row(&mut row).unwrap() {
            let text = String::from_utf8(row.bytes.clone()).unwrap();
            read.push((row.number, row.byte_from, row.byte_to, row.kind.clone(), text));
        }
        let expected = [(1, 0, 10, "", "{\"a\":1}"), (2, 16, 50, "r", "{\"b\":2}"), (3, 51, 58, "", "no json")];
        assert_eq!(read, expected.map(|(n, from, to, kind, text)| (n, from, to, kind.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_file_without_records_is_empty() {
        assert_eq!(PushedLines.inspect(&mut Cursor::new(b" \n\r\n")).unwrap_err().rule.id, "file.empty");
    }

    proptest! {
        #[test]
        fn any_line_is_a_record(line: Vec<u8>) {
            let _ = pushed(&line).content;
        }
    }
}
