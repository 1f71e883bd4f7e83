//! Header line, rows, trailer line.

use super::lines::Lines;
use crate::{
    format::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart},
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN, FILE_TRAILER},
};
use domain::Rule;
use std::io::{self, BufRead};

/// A file of lines: the first is the header, the last the trailer, each one between is a row.
///
/// A line that does not begin with [`row_mark`](Self::row_mark) is a row as well, so that it ends as a reject and
/// not unseen, but only marked lines are counted against the trailer and in [`Facts::rows`]. Nothing but empty
/// lines may follow the trailer. Of a line longer than [`LONGEST_LINE`](super::LONGEST_LINE) the row holds the
/// beginning and the byte range of the whole.
#[derive(Debug, Clone, Copy)]
pub struct FixedWidth {
    /// Reads the header line into what it says of the file; nothing when it is not well-formed.
    pub heading: fn(&[u8]) -> Option<Facts>,
    /// First byte of the lines that are counted.
    pub row_mark: u8,
    /// How the trailer is written.
    pub trailer: Trailer,
}

/// How a trailer line is written: a mark, then the number of rows, zero padded.
#[derive(Debug, Clone, Copy)]
pub struct Trailer {
    /// Its first byte.
    pub mark: u8,
    /// Digits of the number.
    pub digits: usize,
}

impl Framing for FixedWidth {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let mut lines = Lines::new(input, 0);
        let mut line = Vec::new();
        if lines.next(&mut line).map_err(|error| unreadable(&error))?.is_none() {
            return Err(refusal(&FILE_EMPTY, "no bytes".to_owned()));
        }
        let facts = (self.heading)(&line).ok_or_else(|| refusal(&FILE_HEADER, "line 1".to_owned()))?;
        let rows = self.count(&mut lines, line)?;
        Ok(Facts { rows, ..facts })
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        Box::new(Rows {
            lines: Lines::new(input, start.byte),
            number: start.number,
            trailer: self.trailer,
            place: if start.byte == 0 { Place::Header } else { Place::LineEnd },
        })
    }
}

impl FixedWidth {
    /// Counts the marked lines after the header, and holds the count against the trailer.
    fn count(&self, lines: &mut Lines<&mut dyn BufRead>, mut line: Vec<u8>) -> Result<u64, Refusal> {
        let (mut number, mut counted, mut stated) = (1_u64, 0_u64, None);
        while lines.next(&mut line).map_err(|error| unreadable(&error))?.is_some() {
            number += 1;
            match stated {
                Some(_) if line.is_empty() => {}
                Some(_) => return Err(refusal(&FILE_TRAILER, format!("line {number} follows the trailer"))),
                None => {
                    stated = self.trailer.read(&line);
                    counted += u64::from(line.first() == Some(&self.row_mark));
                }
            }
        }
        match stated {
            None => Err(refusal(&FILE_TRAILER, format!("line {number}, the last, is no trailer"))),
            Some(stated) if stated != counted => {
                Err(refusal(&FILE_TRAILER, format!("trailer says {stated}, counted {counted}")))
            }
            Some(_) => Ok(counted),
        }
    }
}

impl Trailer {
    fn read(self, line: &[u8]) -> Option<u64> {
        let digits = line.trim_ascii_end().strip_prefix(&[self.mark])?;
        let well_formed = digits.len() == self.digits && digits.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(digits).ok().filter(|_| well_formed)?.parse().ok()
    }
}

/// What a [`Rows`] reads next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    /// Behind a row's last byte.
    LineEnd,
    Row,
    End,
}

struct Rows<'a> {
    lines: Lines<Box<dyn BufRead + Send + 'a>>,
    number: u64,
    trailer: Trailer,
    place: Place,
}

impl RowReader for Rows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        match self.place {
            Place::End => return Ok(false),
            Place::Header => drop(self.lines.next(&mut row.bytes)?),
            Place::LineEnd => self.lines.skip_line_end()?,
            Place::Row => {}
        }
        self.place = Place::Row;
        let Some(span) = self.lines.next(&mut row.bytes)? else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "file ends before its trailer"));
        };
        if self.trailer.read(&row.bytes).is_some() {
            self.place = Place::End;
            return Ok(false);
        }
        self.number += 1;
        row.number = self.number;
        row.kind.clear();
        (row.byte_from, row.byte_to, row.next_byte) = (span.from, span.to, span.next);
        Ok(true)
    }
}

fn refusal(rule: &'static Rule, detail: String) -> Refusal {
    Refusal { rule, detail, retry: false }
}

/// The medium failed, not the provider: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}
