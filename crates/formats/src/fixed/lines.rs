//! Lines with their places, read with bounded memory.

use std::io::{self, BufRead};

/// How much of a line is kept, 64 KiB; the rest of a longer one is passed over, its end is still known.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Where a line lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// First byte.
    pub(super) from: u64,
    /// End of the line without its line end, exclusive.
    pub(super) to: u64,
    /// Where the next line begins.
    pub(super) next: u64,
}

/// Reads lines one by one.
pub(super) struct Lines<R> {
    input: R,
    at: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads on from byte `at` of the file, where `input` stands.
    pub(super) fn new(input: R, at: u64) -> Self {
        Self { input, at }
    }

    /// Reads the next line, up to [`LONGEST_LINE`] bytes of it, into `line`; nothing at the end of the file.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Span>> {
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
            let room = LONGEST_LINE - line.len();
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
