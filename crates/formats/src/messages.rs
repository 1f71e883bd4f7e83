//! Messages of a topic, one value a line; `null` is a tombstone. So a topic is saved for a trial.

use crate::{
    fixed::lines::Lines,
    framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart},
};
use domain::rules::{FILE_EMPTY, FILE_TORN};
use std::io::{self, BufRead};

/// How much of a line is kept, 1 MiB.
pub const LONGEST_MESSAGE: usize = 1024 * 1024;
/// Kind of a row that is a tombstone: a message without a value.
pub const TOMBSTONE: &str = "tombstone";

/// A file of messages' values. Blank lines are no messages; the offset of a message is its number in the file, from 0.
#[derive(Debug, Clone, Copy)]
pub struct Messages {
    /// The topic that they come from.
    pub topic: &'static str,
}

impl Framing for Messages {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let mut rows = Rows { lines: Lines::up_to(LONGEST_MESSAGE, input, 0), number: 0, topic: self.topic };
        let mut row = FramedRow::default();
        let unreadable = |error: io::Error| Refusal {
            rule: &FILE_TORN,
            detail: format!("cannot be read: {}", error.kind()),
            retry: true,
        };
        while rows.advance(&mut row).map_err(unreadable)? {}
        if rows.number == 0 {
            return Err(Refusal { rule: &FILE_EMPTY, detail: "no messages".to_owned(), retry: false });
        }
        Ok(Facts { rows: rows.number, ..Facts::default() })
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let lines = Lines::up_to(LONGEST_MESSAGE, input, start.byte);
        Box::new(Rows { lines, number: start.number, topic: self.topic })
    }
}

struct Rows<R> {
    lines: Lines<R>,
    number: u64,
    topic: &'static str,
}

impl<R: BufRead> Rows<R> {
    fn advance(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        while let Some(span) = self.lines.next(&mut row.bytes)? {
            if row.bytes.trim_ascii().is_empty() {
                continue;
            }
            self.number += 1;
            row.number = self.number;
            (row.byte_from, row.byte_to, row.next_byte) = (span.from, span.to, span.next);
            let offset = i64::try_from(self.number - 1).unwrap_or(i64::MAX);
            row.place = RowPlace::Topic { topic: self.topic.to_owned(), partition: 0, offset };
            row.kind.clear();
            if row.bytes.trim_ascii() == b"null" {
                row.kind.push_str(TOMBSTONE);
                row.bytes.clear();
            }
            return Ok(true);
        }
        Ok(false)
    }
}

impl<R: BufRead + Send> RowReader for Rows<R> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        self.advance(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const FILE: &[u8] = b"{\"op\":\"c\"}\n\nnull\r\nno json";

    #[test]
    fn values_and_tombstones_come_with_their_offsets() {
        let messages = Messages { topic: "t" };
        assert_eq!(messages.inspect(&mut Cursor::new(FILE)).unwrap().rows, 3);
        let mut reader = messages.rows(Box::new(Cursor::new(FILE)), RowStart::default());
        let mut row = FramedRow::default();
        let mut read = Vec::new();
        while reader.next_row(&mut row).unwrap() {
            let RowPlace::Topic { offset, .. } = row.place else { panic!() };
            read.push((offset, row.kind.clone(), String::from_utf8(row.bytes.clone()).unwrap()));
        }
        let expected = [(0, "", "{\"op\":\"c\"}"), (1, TOMBSTONE, ""), (2, "", "no json")];
        assert_eq!(read, expected.map(|(offset, kind, text)| (offset, kind.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_file_without_messages_is_empty() {
        assert_eq!(Messages { topic: "t" }.inspect(&mut Cursor::new(b" \n\n")).unwrap_err().rule.id, "file.empty");
    }
}
