//! Header line, rows, trailer line.

use super::lines::{LONGEST_LINE, Lines, Span};
use crate::{
    format::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart},
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN, FILE_TRAILER},
};
use domain::Rule;
use std::io::{self, BufRead};

/// A file of lines: the first is the header, the last the trailer, between them lie the rows.
///
/// A row begins with a line that begins with [`row_mark`](Self::row_mark) or is exactly as long as a row; other lines behind
/// it belong to it, so that a line end inside a field neither loses bytes nor makes a row more than the trailer counts.
/// Trailer and [`Facts::rows`] count marked lines alone. Empty lines at a row's end and behind the trailer are passed over. Of a row longer than [`LONGEST_LINE`](super::LONGEST_LINE) the beginning is
/// given out, and the byte range of the whole.
#[derive(Debug, Clone, Copy)]
pub struct FixedWidth {
    /// Reads the header line into what it says of the file; nothing when it is not well-formed.
    pub heading: fn(&[u8]) -> Option<Facts>,
    /// First byte of the lines that begin a row and are counted.
    pub row_mark: u8,
    /// Bytes of a row without its line end.
    pub row_bytes: usize,
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
            frame: *self,
            place: if start.byte == 0 { Place::Header } else { Place::Gap },
            ahead: Vec::new(),
        })
    }
}

impl FixedWidth {
    /// Counts the marked lines after the header, and holds the count against the trailer.
    fn count(&self, lines: &mut Lines<&mut dyn BufRead>, mut line: Vec<u8>) -> Result<u64, Refusal> {
        let (mut number, mut counted, mut stated) = (1_u64, 0_u64, None);
        let mut begun = false;
        while lines.next(&mut line).map_err(|error| unreadable(&error))?.is_some() {
            number += 1;
            match (self.mark(&line), stated) {
                (Mark::Empty, _) => {}
                (_, Some(_)) => return Err(refusal(&FILE_TRAILER, format!("line {number} follows the trailer"))),
                (Mark::Trailer(count), None) => stated = Some(count),
                (Mark::Row { counts }, None) => {
                    counted += u64::from(counts);
                    begun = true;
                }
                (Mark::Text, None) if !begun => {
                    return Err(refusal(&FILE_HEADER, format!("line {number} after the header begins no row")));
                }
                (Mark::Text, None) => {}
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

    fn mark(&self, line: &[u8]) -> Mark {
        let counts = line.first() == Some(&self.row_mark);
        if line.is_empty() {
            Mark::Empty
        } else if counts || line.len() == self.row_bytes {
            Mark::Row { counts }
        } else {
            self.trailer.read(line).map_or(Mark::Text, Mark::Trailer)
        }
    }
}

/// What a line behind the header is, by its beginning.
enum Mark {
    /// Nothing at all.
    Empty,
    /// The beginning of a row, which the trailer counts when it is marked.
    Row {
        counts: bool,
    },
    /// The trailer, with the number it states.
    Trailer(u64),
    /// None of these: more of the row before it.
    Text,
}

impl Trailer {
    fn read(self, line: &[u8]) -> Option<u64> {
        let digits = line.trim_ascii_end().strip_prefix(&[self.mark])?;
        let well_formed = digits.len() == self.digits && digits.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(digits).ok().filter(|_| well_formed)?.parse().ok()
    }
}

/// Where a [`Rows`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    /// Between two rows.
    Gap,
    /// Behind a row's first line, which is kept.
    Begun(Span),
    End,
}

struct Rows<'a> {
    lines: Lines<Box<dyn BufRead + Send + 'a>>,
    number: u64,
    frame: FixedWidth,
    place: Place,
    /// The line read last.
    ahead: Vec<u8>,
}

impl RowReader for Rows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        if self.place == Place::Header {
            self.lines.next(&mut self.ahead)?;
        }
        while matches!(self.place, Place::Header | Place::Gap) {
            let span = self.line()?;
            self.place = match self.frame.mark(&self.ahead) {
                Mark::Empty => Place::Gap,
                Mark::Trailer(_) => Place::End,
                Mark::Row { .. } | Mark::Text => Place::Begun(span),
            };
        }
        match self.place {
            Place::Begun(span) => self.finish(span, row).map(|()| true),
            _ => Ok(false),
        }
    }
}

impl Rows<'_> {
    /// Puts the row that begins with the kept line into `row`, and keeps the first line of the next.
    fn finish(&mut self, first: Span, row: &mut FramedRow) -> io::Result<()> {
        self.number += 1;
        row.number = self.number;
        row.kind.clear();
        (row.byte_from, row.byte_to) = (first.from, first.to);
        std::mem::swap(&mut row.bytes, &mut self.ahead);
        let mut line_ends = Vec::new();
        let mut end = first.to;
        self.place = loop {
            let span = self.line()?;
            line_ends.extend_from_slice(if span.from - end > 1 { b"\r\n" } else { b"\n" });
            end = span.to;
            row.next_byte = span.from;
            match self.frame.mark(&self.ahead) {
                Mark::Empty if line_ends.len() < LONGEST_LINE => {}
                Mark::Empty => line_ends.truncate(LONGEST_LINE),
                Mark::Text => {
                    append(&mut row.bytes, &line_ends);
                    append(&mut row.bytes, &self.ahead);
                    line_ends.clear();
                    row.byte_to = span.to;
                }
                Mark::Row { .. } => break Place::Begun(span),
                Mark::Trailer(_) => break Place::End,
            }
        };
        Ok(())
    }

    fn line(&mut self) -> io::Result<Span> {
        let ended = || io::Error::new(io::ErrorKind::UnexpectedEof, "file ends before its trailer");
        self.lines.next(&mut self.ahead)?.ok_or_else(ended)
    }
}

/// Adds `more` as far as [`LONGEST_LINE`] allows.
fn append(bytes: &mut Vec<u8>, more: &[u8]) {
    let room = LONGEST_LINE.saturating_sub(bytes.len());
    bytes.extend_from_slice(more.get(..room).unwrap_or(more));
}

fn refusal(rule: &'static Rule, detail: String) -> Refusal {
    Refusal { rule, detail, retry: false }
}

/// The medium failed, not the provider: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}
