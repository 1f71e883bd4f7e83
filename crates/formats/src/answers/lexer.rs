//! The characters of JSON, byte by byte, and whole values as they stand.

use super::{LONGEST_ROW, walk::Fault};
use std::io::BufRead;

/// Deepest nesting of a value.
const DEEPEST: usize = 128;

/// Bytes of JSON, and how far they are read.
pub(super) struct Lexer<R> {
    input: R,
    at: u64,
}

impl<R: BufRead> Lexer<R> {
    pub(super) fn new(input: R, at: u64) -> Self {
        Self { input, at }
    }

    /// How far the bytes are read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The next byte that is no blank, which stays; none at the end.
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.bump(),
                other => return Ok(other),
            }
        }
    }

    /// Passes over the byte that was looked at.
    pub(super) fn bump(&mut self) {
        self.input.consume(1);
        self.at += 1;
    }

    /// Passes over a byte order mark at the very beginning.
    pub(super) fn skip_byte_order_mark(&mut self) -> Result<(), Fault> {
        for mark in *b"\xEF\xBB\xBF" {
            if self.peek()? != Some(mark) {
                break;
            }
            self.bump();
        }
        Ok(())
    }

    /// Passes over a colon between name and value.
    pub(super) fn colon(&mut self) -> Result<(), Fault> {
        match self.peek_token()? {
            Some(b':') => self.bump(),
            Some(_) => return Err(self.foreign("a name has no value")),
            None => return Err(self.torn()),
        }
        self.peek_token().map(|_| ())
    }

    /// The next value as it stands; of a long one the beginning, with all of it passed over.
    pub(super) fn value(&mut self, into: &mut Vec<u8>) -> Result<(), Fault> {
        into.clear();
        let mut depth = 0;
        loop {
            depth = self.piece(depth, into)?;
            if depth == 0 {
                return Ok(());
            }
            if depth > DEEPEST {
                return Err(self.foreign("values are nested too deeply"));
            }
        }
    }

    /// The next piece of a value that is open so many times, and how many times it is open behind it.
    fn piece(&mut self, depth: usize, into: &mut Vec<u8>) -> Result<usize, Fault> {
        let byte = self.peek()?.ok_or_else(|| self.torn())?;
        match byte {
            b'"' => self.string(into)?,
            b'{' | b'[' => {
                self.take(byte, into);
                return Ok(depth + 1);
            }
            b'}' | b']' if depth > 0 => {
                self.take(byte, into);
                return Ok(depth - 1);
            }
            _ if depth > 0 => self.take(byte, into),
            _ => self.word(into)?,
        }
        Ok(depth)
    }

    fn string(&mut self, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.take(b'"', into);
        let mut is_escaped = false;
        loop {
            let byte = self.peek()?.ok_or_else(|| self.torn())?;
            self.take(byte, into);
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => return Ok(()),
                _ => {}
            }
        }
    }

    /// A number, `true`, `false`, `null`, or whatever stands in their place.
    fn word(&mut self, into: &mut Vec<u8>) -> Result<(), Fault> {
        let from = self.at;
        while let Some(byte) = self.peek()? {
            if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}' | b':' | b'{' | b'[' | b'"') {
                break;
            }
            self.take(byte, into);
        }
        if self.at == from { Err(self.foreign("a value is missing")) } else { Ok(()) }
    }

    fn take(&mut self, byte: u8, into: &mut Vec<u8>) {
        if into.len() < LONGEST_ROW {
            into.push(byte);
        }
        self.bump();
    }

    fn peek(&mut self) -> Result<Option<u8>, Fault> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    pub(super) fn foreign(&self, what: &'static str) -> Fault {
        Fault::Foreign(what, self.at)
    }

    pub(super) fn torn(&self) -> Fault {
        Fault::Torn("the answer is cut off", self.at)
    }
}
