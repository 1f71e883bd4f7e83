//! One file of a topic: its name, and reading frames from it through a bounded buffer.

use super::frame::{self, Frame};
use crate::seam::BusError;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Bytes asked from the file at a time; a larger frame makes the buffer grow to its size.
const CHUNK: usize = 128 << 10;

/// A segment in the list of its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Names this very content: a rewritten segment gets another number.
    pub(crate) id: u64,
    /// No message in it has a smaller offset.
    pub(crate) base: u64,
    /// Its length in bytes when it was closed.
    pub(crate) bytes: u64,
}

/// Reads one segment from its start.
pub(crate) struct SegmentReader {
    file: File,
    path: PathBuf,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` starts.
    start: usize,
    /// The byte of the file at which `start` stands.
    position: u64,
}

/// What stands at the reader's position.
pub(crate) enum Step<'a> {
    /// A sound frame; the reader has moved past it.
    Frame(Frame<'a>),
    /// The limit.
    End,
    /// Something else; the reader stays before it.
    Bad(&'static str),
}

/// The file of the segment that starts at `base`.
pub(crate) fn file_name(base: u64) -> String {
    format!("{base:020}.log")
}

/// The bases of the segments in `folder`, in order.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<u64>> {
    let mut bases = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let base = name.to_str().and_then(|name| name.strip_suffix(".log"));
        bases.extend(base.and_then(|base| base.parse::<u64>().ok()));
    }
    bases.sort_unstable();
    Ok(bases)
}

impl SegmentReader {
    pub(crate) fn open(folder: &Path, base: u64) -> io::Result<Self> {
        let path = folder.join(file_name(base));
        let file = File::open(&path)?;
        Ok(Self { file, path, buffer: Vec::new(), start: 0, position: 0 })
    }

    /// The byte at which the next frame starts.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The length of the file that this reader holds, even if another has taken its name since.
    pub(crate) fn file_length(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    /// The next frame that ends at or before byte `limit`.
    pub(crate) fn next(&mut self, limit: u64) -> io::Result<Step<'_>> {
        let left = limit.saturating_sub(self.position);
        if left == 0 {
            return Ok(Step::End);
        }
        if left < frame::HEAD as u64 || !self.fill(frame::HEAD, limit)? {
            return Ok(Step::Bad("frame is cut off"));
        }
        let length = match frame::body_length(&self.buffer[self.start..]) {
            Ok(body) => frame::HEAD + body,
            Err(what) => return Ok(Step::Bad(what)),
        };
        if left < length as u64 || !self.fill(length, limit)? {
            return Ok(Step::Bad("frame is cut off"));
        }
        match Frame::parse(&self.buffer[self.start..self.start + length]) {
            Ok(frame) => {
                self.start += length;
                self.position += length as u64;
                Ok(Step::Frame(frame))
            }
            Err(what) => Ok(Step::Bad(what)),
        }
    }

    /// Everything from the position to the end of the file; for recovery, which looks once.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = self.buffer.split_off(self.start);
        self.file.read_to_end(&mut rest)?;
        Ok(rest)
    }

    /// Damage at byte `at` of this segment.
    pub(crate) fn corrupt(&self, at: u64, what: impl Into<String>) -> BusError {
        BusError::Corrupt { place: format!("{}, byte {at}", self.path.display()), what: what.into() }
    }

    /// A failure to read this segment.
    pub(crate) fn unreadable(&self, error: &io::Error) -> BusError {
        BusError::Unavailable(format!("{} cannot be read: {error}", self.path.display()))
    }

    /// Makes at least `wanted` unread bytes available; `false` when the file has no more. Never
    /// reads past `limit`: what stands there may still be in the writer's hands.
    fn fill(&mut self, wanted: usize, limit: u64) -> io::Result<bool> {
        if self.buffer.len() - self.start >= wanted {
            return Ok(true);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.capacity() > 2 * CHUNK.max(wanted) {
            self.buffer.shrink_to(CHUNK.max(wanted));
        }
        while self.buffer.len() < wanted {
            let missing = (wanted - self.buffer.len()).max(CHUNK) as u64;
            let allowed = limit.saturating_sub(self.position + self.buffer.len() as u64);
            if (&self.file).take(missing.min(allowed)).read_to_end(&mut self.buffer)? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
