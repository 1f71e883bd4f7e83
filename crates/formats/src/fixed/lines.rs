//! Lines with their places, read with bounded memory.

use std::io::{self, BufRead};

/// How much of a line is kept, 64 KiB; the rest of a longer one is passed over, its end is still known.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Where a line lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) from: u64,
    /// End of the line without its line end, exclusive.
    pub(crate) to: u64,
    /// Where the next line begins.
    pub(crate) next: u64,
}

/// Reads lines one by one.
pub(crate) struct Lines<R> {
    input: R,
    at: u64,
    longest: usize,
}

impl<R: BufRead> Lines<R> {
    /// Reads on from byte `at` of the file, where `input` stands.
    pub(crate) fn new(input: R, at: u64) -> Self {
        Self::up_to(LONGEST_LINE, input, at)
    }

    /// The same, but keeps `longest` bytes of a line.
    pub(crate) fn up_to(longest: usize, input: R, at: u64) -> Self {
        Self { input, at, longest }
    }

    /// Reads the next line, as much of it as is kept, into `line`; nothing at the end of the file.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Span>> {
        line.clear();
        let from = self.at;
        let mut last = None;
        let mut ended = false;
        while !ended {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', chunk);
            let text = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let room = self.longest - line.len();
            line.extend_from_slice(text.get(..room).unwrap_or(text));
            last = text.last().copied().or(last);
            ended = end.is_some();
            let used = text.len() + usize::from(ended);
            self.input.consume(used);
            self.at += used as u64;
        }
        if self.at == from {
            return Ok(None);
        }
        let mut to = self.at - u64::from(ended);
        if last == Some(b'\r') {
            to -= 1;
            line.truncate(usize::try_from(to - from).unwrap_or(usize::MAX));
        }
        Ok(Some(Span { from, to, next: self.at }))
    }
}
