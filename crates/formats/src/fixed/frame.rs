//! Header line, rows, trailer line.

use super::lines::{Lines, Span};
use crate::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart};
use domain::{
    Rule,
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN, FILE_TRAILER},
};
use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// A file of lines: the first is the header, the last the trailer, between them lie the rows.
///
/// Every line between header and trailer is a row and is judged by itself, whatever it begins with; completely empty lines carry
/// nothing and are passed over. The one exception is a line end inside a field: where a line that begins with
/// [`row_mark`](Self::row_mark) is too short, and it and the lines behind it that bear no mark are together, line ends included,
/// exactly as long as a row, they are one row. Trailer and [`Facts::rows`] count marked lines alone, so there may be more
/// rows than that. Of a row longer than [`LONGEST_LINE`](super::LONGEST_LINE) the beginning is given out, and the byte
/// range of the whole.
#[derive(Debug, Clone, Copy)]
pub struct FixedWidth {
    /// Reads the header line into what it says of the file; nothing when it is not well-formed.
    pub heading: fn(&[u8]) -> Option<Facts>,
    /// First byte of the lines that are counted.
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
            place: if start.byte == 0 { Place::Header } else { Place::Rows },
            ahead: VecDeque::new(),
        })
    }
}

impl FixedWidth {
    /// Counts the marked lines after the header, and holds the count against the trailer.
    fn count(&self, lines: &mut Lines<&mut dyn BufRead>, mut line: Vec<u8>) -> Result<u64, Refusal> {
        let (mut number, mut counted, mut stated) = (1_u64, 0_u64, None);
        while lines.next(&mut line).map_err(|error| unreadable(&error))?.is_some() {
            number += 1;
            match (self.mark(&line), stated) {
                (Mark::Empty, _) | (Mark::Other, None) => {}
                (_, Some(_)) => return Err(refusal(&FILE_TRAILER, format!("line {number} follows the trailer"))),
                (Mark::Trailer(count), None) => stated = Some(count),
                (Mark::Row, None) => counted += 1,
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
        match line.first() {
            None => Mark::Empty,
            Some(first) if *first == self.row_mark => Mark::Row,
            Some(_) => self.trailer.read(line).map_or(Mark::Other, Mark::Trailer),
        }
    }
}

/// What a line behind the header is, by its beginning.
enum Mark {
    /// Nothing at all.
    Empty,
    /// A row, which the trailer counts.
    Row,
    /// The trailer, with the number it states.
    Trailer(u64),
    /// None of these: a row that is not counted, or more of the row before it.
    Other,
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
    Rows,
    End,
}

struct Rows<'a> {
    lines: Lines<Box<dyn BufRead + Send + 'a>>,
    number: u64,
    frame: FixedWidth,
    place: Place,
    /// Lines read to find out whether a short row goes on: together no longer than a row, but for the last.
    ahead: VecDeque<Line>,
}

struct Line {
    span: Span,
    bytes: Vec<u8>,
}

impl RowReader for Rows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        if self.place == Place::Header {
            self.lines.next(&mut row.bytes)?;
            self.place = Place::Rows;
        }
        while self.place == Place::Rows {
            let span = self.line(&mut row.bytes)?;
            let more = match self.frame.mark(&row.bytes) {
                Mark::Row => self.more_of(span)?,
                Mark::Other => 0,
                Mark::Empty => continue,
                Mark::Trailer(_) => break,
            };
            self.finish(span, more, row);
            return Ok(true);
        }
        self.place = Place::End;
        Ok(false)
    }
}

impl Rows<'_> {
    /// The next line, one that was read ahead first.
    fn line(&mut self, bytes: &mut Vec<u8>) -> io::Result<Span> {
        if let Some(line) = self.ahead.pop_front() {
            *bytes = line.bytes;
            return Ok(line.span);
        }
        let ended = || io::Error::new(io::ErrorKind::UnexpectedEof, "file ends before its trailer");
        self.lines.next(bytes)?.ok_or_else(ended)
    }

    /// How many of the lines behind the marked line at `first` belong to its row.
    fn more_of(&mut self, first: Span) -> io::Result<usize> {
        let frame = self.frame;
        let whole = first.from + frame.row_bytes as u64;
        let (mut more, mut end) = (0, first.to);
        while end < whole {
            let Some(line) = self.ahead(more)? else { return Ok(0) };
            (end, more) = (line.span.to, more + 1);
            let goes_on = match frame.mark(&line.bytes) {
                Mark::Other => true,
                // A line end behind the last field is not inside one.
                Mark::Empty => end < whole,
                Mark::Row | Mark::Trailer(_) => false,
            };
            if !goes_on {
                return Ok(0);
            }
        }
        Ok(if end == whole { more } else { 0 })
    }

    /// The line at `place` among those read ahead, of which it is one or the next; nothing at the end of the file.
    fn ahead(&mut self, place: usize) -> io::Result<Option<&Line>> {
        if place == self.ahead.len() {
            let mut bytes = Vec::new();
            let Some(span) = self.lines.next(&mut bytes)? else { return Ok(None) };
            self.ahead.push_back(Line { span, bytes });
        }
        Ok(self.ahead.get(place))
    }

    /// Makes a row of the line in it, which lies at `first`, and of the next `more` lines.
    fn finish(&mut self, first: Span, more: usize, row: &mut FramedRow) {
        let mut last = first;
        for line in self.ahead.drain(..more) {
            row.bytes.extend_from_slice(if line.span.from - last.to > 1 { b"\r\n" } else { b"\n" });
            row.bytes.extend_from_slice(&line.bytes);
            last = line.span;
        }
        self.number += 1;
        row.number = self.number;
        row.kind.clear();
        (row.byte_from, row.byte_to, row.next_byte) = (first.from, last.to, last.next);
    }
}

fn refusal(rule: &'static Rule, detail: String) -> Refusal {
    Refusal { rule, detail, retry: false }
}

/// The medium failed, not the provider: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}
