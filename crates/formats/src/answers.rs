//! Answers of an interface that gives out changes page by page: JSON objects that say how the provider fared, and hold a page
//! of rows.
//!
//! A saved file holds one answer, or several one after the other. A row is the exact bytes of its element of the list, so that
//! a row that is no JSON of its own is the mapping's to reject and stops no other. [`Answers::page`] reads one answer as it
//! came over the wire, by the same rules.
mod lexer;
mod walk;

use self::walk::{Fault, Walk};
use crate::framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart};
use domain::rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN, PROVIDER_ERROR};
use std::io::{self, BufRead};

/// Bytes of a row that are still read; of a longer one this many are kept, which are no JSON.
pub const LONGEST_ROW: usize = 1024 * 1024;

/// Framing of answers by the names of their members: `{"code": …, "data": {"next": …, "more": …, "rows": […]}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// Member that says how the provider fared.
    pub code: &'static str,
    /// What it says when all is well.
    pub good: &'static str,
    /// Member with the page.
    pub data: &'static str,
    /// Member of the page with its rows.
    pub rows: &'static str,
    /// Member of the page with the place where the next one begins.
    pub next: &'static str,
    /// Member of the page that says whether there is a next one now.
    pub more: &'static str,
}

/// What one answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// A page of rows.
    Rows {
        /// Each as it stands in the answer.
        rows: Vec<Vec<u8>>,
        /// Where the next page begins; none where the answer does not say.
        next: Option<String>,
        /// Whether there is a next page now.
        more: bool,
    },
    /// The provider reports an error with this code; blank where it gives none.
    Failed {
        /// The code, whatever else the answer says.
        code: String,
    },
}

/// An answer that is not what the interface agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {byte}: {what}")]
pub struct Malformed {
    /// What is wrong, without any value.
    pub what: &'static str,
    /// Where.
    pub byte: u64,
}

impl Answers {
    /// Whether a file begins as an answer, by its first bytes.
    #[must_use]
    pub fn begins(&self, head: &[u8]) -> bool {
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let named = |name: &str| memchr::memmem::find(head, format!("\"{name}\"").as_bytes()).is_some();
        head.first() == Some(&b'{') && (named(self.code) || named(self.data))
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// When it is cut off, no JSON object, or holds no page although all is said to be well.
    pub fn page(&self, answer: &[u8]) -> Result<Page, Malformed> {
        let malformed = |fault: Fault| match fault {
            Fault::Torn(what, byte) | Fault::Foreign(what, byte) => Malformed { what, byte },
            Fault::Io(_) | Fault::Empty | Fault::Provider => Malformed { what: "there is no answer", byte: 0 },
        };
        let mut walk = Walk::new(*self, answer).of_one_answer();
        let (mut rows, mut row) = (Vec::new(), Vec::new());
        while walk.next_row(&mut row).map_err(malformed)?.is_some() {
            rows.push(std::mem::take(&mut row));
        }
        let told = walk.into_told();
        if !told.is_good {
            return Ok(Page::Failed { code: told.code });
        }
        let Some(more) = told.more else {
            return Err(Malformed { what: "the page does not say whether there is more", byte: 0 });
        };
        Ok(Page::Rows { rows, next: told.next, more })
    }

    fn facts(&self, input: &mut dyn BufRead) -> Result<Facts, Fault> {
        let mut walk = Walk::new(*self, input);
        let (mut row, mut rows) = (Vec::new(), 0);
        while walk.next_row(&mut row)?.is_some() {
            rows += 1;
        }
        if walk.answers() == 0 {
            return Err(Fault::Empty);
        }
        Ok(Facts { rows, ..Facts::default() })
    }
}

impl Framing for Answers {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        self.facts(input).map_err(Fault::refusal)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let walk = if start.byte == 0 { Walk::new(*self, input) } else { Walk::behind_row(*self, input, start.byte) };
        Box::new(Rows { walk, number: start.number })
    }
}

struct Rows<R> {
    walk: Walk<R>,
    number: u64,
}

impl<R: BufRead + Send> RowReader for Rows<R> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let Some(span) = self.walk.next_row(&mut row.bytes).map_err(Fault::into_io)? else { return Ok(false) };
        self.number += 1;
        (row.number, row.byte_from, row.byte_to, row.next_byte) = (self.number, span.start, span.end, span.end);
        row.place = RowPlace::Bytes;
        row.kind.clear();
        Ok(true)
    }
}

impl Fault {
    fn refusal(self) -> Refusal {
        let refuse = |rule, detail: String| Refusal { rule, detail, retry: false };
        match self {
            // The medium failed: the same file may be good later.
            Self::Io(error) => Refusal { rule: &FILE_TORN, detail: error.kind().to_string(), retry: true },
            Self::Torn(what, byte) => refuse(&FILE_TORN, format!("byte {byte}: {what}")),
            Self::Foreign(what, byte) => refuse(&FILE_HEADER, format!("byte {byte}: {what}")),
            Self::Empty => refuse(&FILE_EMPTY, "no answer in it".to_owned()),
            Self::Provider => refuse(&PROVIDER_ERROR, "an answer in it reports an error".to_owned()),
        }
    }

    fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other.refusal().detail),
        }
    }
}

#[cfg(test)]
mod tests;
