//! Rows with their places, read with bounded memory.

use super::{
    Kind,
    cutter::{Cutter, Is, Separator},
    heading,
    layout::Layout,
};
use crate::framing::{FramedRow, RowPlace, RowReader, RowStart};
use std::io::{self, BufRead};

/// How much of a row is kept, 256 KiB; the rest of a longer one is passed over, its end is still known, and it is no good row.
pub const LONGEST_ROW: usize = 256 * 1024;

/// Bytes between two line ends that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    from: u64,
    to: u64,
    next: u64,
    /// Whether a line end closes it; the last of a file may have none.
    ended: bool,
}

/// Reads pieces one by one.
pub(super) struct Pieces<R> {
    input: R,
    at: u64,
}

impl<R: BufRead> Pieces<R> {
    /// Reads on from byte `at` of the file, where `input` stands.
    pub(super) fn new(input: R, at: u64) -> Self {
        Self { input, at }
    }

    /// The header line. Its separator is not known yet, so that every other quote opens, wherever it stands.
    pub(super) fn heading(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Piece>> {
        let mut quoted = false;
        self.next(line, |byte| {
            quoted ^= byte == b'"';
            !quoted && matches!(byte, b'\r' | b'\n')
        })
    }

    /// The next piece, up to [`LONGEST_ROW`] bytes of it, which `ends` at a line end; nothing at the end of the file.
    fn next(&mut self, piece: &mut Vec<u8>, mut ends: impl FnMut(u8) -> bool) -> io::Result<Option<Piece>> {
        piece.clear();
        let from = self.at;
        let mut end = None;
        while end.is_none() {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let place = chunk.iter().position(|byte| ends(*byte));
            let content = chunk.get(..place.unwrap_or(chunk.len())).unwrap_or_default();
            let room = LONGEST_ROW - piece.len();
            piece.extend_from_slice(content.get(..room).unwrap_or(content));
            end = place.and_then(|place| chunk.get(place)).copied();
            let used = content.len() + usize::from(place.is_some());
            self.pass(used);
        }
        if self.at == from {
            return Ok(None);
        }
        let to = self.at - u64::from(end.is_some());
        if end == Some(b'\r') && self.input.fill_buf()?.first() == Some(&b'\n') {
            self.pass(1);
        }
        Ok(Some(Piece { from, to, next: self.at, ended: end.is_some() }))
    }

    fn pass(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.at += bytes as u64;
    }
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) number: u64,
    /// Whether the file ends inside it.
    pub(super) torn: bool,
    piece: Piece,
}

/// Reads rows one by one; empty lines carry nothing and are passed over.
pub(super) struct Rows<R> {
    pieces: Pieces<R>,
    cutter: Cutter,
    number: u64,
}

impl<R: BufRead> Rows<R> {
    /// Reads on behind row `number`.
    pub(super) fn new(pieces: Pieces<R>, separator: Separator, number: u64) -> Self {
        Self { pieces, cutter: Cutter::new(separator), number }
    }

    /// The next row; nothing at the end of the file.
    pub(super) fn next(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Found>> {
        loop {
            let Self { pieces, cutter, .. } = self;
            cutter.begin();
            let Some(piece) = pieces.next(bytes, |byte| cutter.push(byte) == Is::RowEnd)? else { return Ok(None) };
            if piece.from < piece.to {
                self.number += 1;
                return Ok(Some(Found { number: self.number, torn: !piece.ended && cutter.is_inside(), piece }));
            }
        }
    }
}

/// Gives out the rows of a file.
pub(super) struct CsvRows<'a> {
    state: State<'a>,
    start: RowStart,
    kinds: &'static [Kind],
    layout: String,
}

enum State<'a> {
    Before(Pieces<Box<dyn BufRead + Send + 'a>>),
    Among(Rows<Box<dyn BufRead + Send + 'a>>),
    Lost,
}

impl<'a> CsvRows<'a> {
    pub(super) fn new(input: Box<dyn BufRead + Send + 'a>, start: RowStart, kinds: &'static [Kind]) -> Self {
        Self { state: State::Before(Pieces::new(input, start.byte)), start, kinds, layout: String::new() }
    }

    /// Passes over the header where reading starts with it; behind it, its layout must have been handed over.
    fn rows(&mut self) -> io::Result<&mut Rows<Box<dyn BufRead + Send + 'a>>> {
        if matches!(self.state, State::Before(_))
            && let State::Before(mut pieces) = std::mem::replace(&mut self.state, State::Lost)
        {
            let layout =
                if self.start.byte == 0 { self.first(&mut pieces)? } else { Layout::parse(&self.start.layout) };
            let layout = layout.ok_or_else(|| changed("the header does not fit"))?;
            self.layout = layout.to_text();
            self.state = State::Among(Rows::new(pieces, layout.separator(), self.start.number));
        }
        match &mut self.state {
            State::Among(rows) => Ok(rows),
            State::Before(_) | State::Lost => Err(changed("the file could not be read")),
        }
    }

    fn first(&self, pieces: &mut Pieces<Box<dyn BufRead + Send + 'a>>) -> io::Result<Option<Layout>> {
        let mut line = Vec::new();
        pieces.heading(&mut line)?;
        Ok(heading::read(&line, self.kinds).ok().map(|heading| heading.layout))
    }
}

impl RowReader for CsvRows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let Some(found) = self.rows()?.next(&mut row.bytes)? else { return Ok(false) };
        if found.torn {
            return Err(changed("the file ends inside a row"));
        }
        row.number = found.number;
        (row.byte_from, row.byte_to, row.next_byte) = (found.piece.from, found.piece.to, found.piece.next);
        row.place = RowPlace::Bytes;
        row.kind.clone_from(&self.layout);
        Ok(true)
    }
}

fn changed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
