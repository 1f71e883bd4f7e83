//! From answer to answer, and from row to row inside.

use super::{Answers, lexer::Lexer};
use std::{
    io::{self, BufRead},
    ops::Range,
};

/// Why reading ends early.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    /// Cut off, at this byte.
    Torn(&'static str, u64),
    /// Not what was agreed, at this byte.
    Foreign(&'static str, u64),
    /// No answer at all.
    Empty,
    /// The provider reports an error.
    Provider,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What an answer says beside its rows.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) is_good: bool,
    pub(super) code: String,
    pub(super) next: Option<String>,
    pub(super) more: Option<bool>,
    has_data: bool,
}

/// Where the walk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Answer,
    Data,
    Rows,
}

/// Goes through answers.
pub(super) struct Walk<R> {
    names: Answers,
    lexer: Lexer<R>,
    inside: Inside,
    /// Whether a member or element stands right before, so that a comma or the end must follow.
    behind_value: bool,
    told: Told,
    answers: u64,
    /// Whether there is one answer and nothing behind it, which may report an error.
    is_single: bool,
    /// Whether the walk began inside an answer, whose head it has not seen.
    is_headless: bool,
}

impl<R: BufRead> Walk<R> {
    pub(super) fn new(names: Answers, input: R) -> Self {
        Self::standing(names, Lexer::new(input, 0), Inside::Nothing)
    }

    /// A walk that goes on behind a row.
    pub(super) fn behind_row(names: Answers, input: R, at: u64) -> Self {
        let walk = Self::standing(names, Lexer::new(input, at), Inside::Rows);
        Self { behind_value: true, is_headless: true, ..walk }
    }

    /// Expects one answer.
    pub(super) fn of_one_answer(self) -> Self {
        Self { is_single: true, ..self }
    }

    fn standing(names: Answers, lexer: Lexer<R>, inside: Inside) -> Self {
        let told = Told::default();
        Self { names, lexer, inside, behind_value: false, told, answers: 0, is_single: false, is_headless: false }
    }

    /// Answers that were read to their end.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// What the last answer says.
    pub(super) fn into_told(self) -> Told {
        self.told
    }

    /// The next row as it stands, and where; none behind the last answer.
    pub(super) fn next_row(&mut self, row: &mut Vec<u8>) -> Result<Option<Range<u64>>, Fault> {
        loop {
            let token = self.lexer.peek_token()?;
            match (self.inside, token) {
                (Inside::Nothing, None) if self.is_single && self.answers == 0 => return Err(Fault::Empty),
                (Inside::Nothing, None) => return Ok(None),
                (Inside::Nothing, Some(byte)) => self.begin(byte)?,
                (_, None) => return Err(self.lexer.torn()),
                (inside, Some(byte)) if self.is_closed(inside, byte)? => {}
                (Inside::Rows, Some(_)) => return self.row(row).map(Some),
                (inside, Some(_)) => self.member(inside, row)?,
            }
        }
    }

    fn begin(&mut self, byte: u8) -> Result<(), Fault> {
        if self.lexer.at() == 0 && byte == 0xEF {
            return self.lexer.skip_byte_order_mark();
        }
        if byte != b'{' || (self.is_single && self.answers > 0) {
            return Err(self.lexer.foreign("this is no answer"));
        }
        self.lexer.bump();
        (self.inside, self.behind_value, self.told) = (Inside::Answer, false, Told::default());
        Ok(())
    }

    /// Takes a comma or an end, and says whether it was one.
    fn is_closed(&mut self, inside: Inside, byte: u8) -> Result<bool, Fault> {
        let end = if inside == Inside::Rows { b']' } else { b'}' };
        if byte == end {
            self.lexer.bump();
            self.close(inside)?;
            return Ok(true);
        }
        match (byte == b',', self.behind_value) {
            (true, true) => {
                self.lexer.bump();
                self.behind_value = false;
                match self.lexer.peek_token()? {
                    Some(next) if next == end || next == b',' => {
                        Err(self.lexer.foreign("nothing stands behind a comma"))
                    }
                    _ => Ok(true),
                }
            }
            (false, false) => Ok(false),
            _ => Err(self.lexer.foreign("a comma is missing or too many")),
        }
    }

    fn close(&mut self, inside: Inside) -> Result<(), Fault> {
        self.behind_value = true;
        self.inside = match inside {
            Inside::Rows => Inside::Data,
            Inside::Data => Inside::Answer,
            Inside::Answer | Inside::Nothing => {
                self.end_answer()?;
                Inside::Nothing
            }
        };
        Ok(())
    }

    fn end_answer(&mut self) -> Result<(), Fault> {
        self.answers += 1;
        if std::mem::take(&mut self.is_headless) {
            return Ok(());
        }
        self.told.is_good = self.told.code == self.names.good;
        if !self.told.is_good {
            return if self.is_single { Ok(()) } else { Err(Fault::Provider) };
        }
        if self.told.has_data { Ok(()) } else { Err(self.lexer.foreign("the answer holds no page")) }
    }

    fn row(&mut self, row: &mut Vec<u8>) -> Result<Range<u64>, Fault> {
        let from = self.lexer.at();
        self.lexer.value(row)?;
        self.behind_value = true;
        Ok(from..self.lexer.at())
    }

    /// Goes into what holds rows, and reads or passes over any other member.
    fn member(&mut self, inside: Inside, value: &mut Vec<u8>) -> Result<(), Fault> {
        self.lexer.value(value)?;
        let name = text(value).ok_or_else(|| self.lexer.foreign("a member has no name"))?;
        self.lexer.colon()?;
        let opening = self.lexer.peek_token()?;
        let (next, open) = match inside {
            Inside::Answer if name == self.names.data => (Inside::Data, b'{'),
            Inside::Data if name == self.names.rows => (Inside::Rows, b'['),
            _ => return self.plain(inside, &name, value),
        };
        if opening == Some(open) {
            self.lexer.bump();
            self.told.has_data |= next == Inside::Data;
            (self.inside, self.behind_value) = (next, false);
            return Ok(());
        }
        self.lexer.value(value)?;
        self.behind_value = true;
        // An answer that reports an error has no page, and one without changes may have no list.
        if value == b"null" { Ok(()) } else { Err(self.lexer.foreign("page or rows are not what was agreed")) }
    }

    fn plain(&mut self, inside: Inside, name: &str, value: &mut Vec<u8>) -> Result<(), Fault> {
        self.lexer.value(value)?;
        self.behind_value = true;
        if inside == Inside::Answer && name == self.names.code {
            self.told.code = text(value).unwrap_or_else(|| String::from_utf8_lossy(value).into_owned());
        } else if inside == Inside::Data && name == self.names.next {
            self.told.next = text(value).filter(|next| !next.is_empty());
        } else if inside == Inside::Data && name == self.names.more {
            self.told.more = serde_json::from_slice(value).ok();
        }
        Ok(())
    }
}

/// The text of a JSON string.
fn text(value: &[u8]) -> Option<String> {
    serde_json::from_slice(value).ok()
}
