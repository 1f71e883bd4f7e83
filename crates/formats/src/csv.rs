//! Comma-separated files of GBK text: a header line that names the columns, rows of as many fields.
//!
//! [`Csv`] cuts a file into rows, whatever their fields hold; [`Layout`] is what the header says of them, and splits one row
//! into its fields. The layout travels with every row as its kind, so that a row's bytes can be split again without the file.
//!
//! A field may be quoted with `"`, a quote inside is doubled, and separators and line ends inside belong to it; blanks may
//! stand around a quoted field. Rows end with LF, CR or both. Everything is GB18030, of which GBK is a part: no second byte of
//! a character is ever taken for a quote, a separator or a line end.
mod cutter;
mod heading;
mod layout;
mod rows;

pub use self::{
    layout::{Layout, RowFault, plain_number},
    rows::LONGEST_ROW,
};

use self::rows::{CsvRows, Pieces, Rows};
use crate::framing::{Facts, Framing, Refusal, RowReader, RowStart};
use domain::{
    Rule, date,
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN},
};
use std::io::{self, BufRead};

/// The files of a department: by the columns in a file's header it is known which kind it is of.
///
/// Columns stand in any order, with blanks around their names. A kind fits when every column that it requires is there; a
/// file that no kind fits is refused (`file.header`), so is one that names a column of its kind twice. Columns that the kind
/// does not know are counted ([`Facts::unknown_columns`]) and passed over.
#[derive(Debug, Clone, Copy)]
pub struct Csv {
    /// The kinds, of which the first that fits is taken.
    pub kinds: &'static [Kind],
}

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name, by which [`Layout::kind`] tells it.
    pub name: &'static str,
    /// Columns without which a file is refused.
    pub required: &'static [&'static str],
    /// Columns that can be there.
    pub optional: &'static [&'static str],
    /// The column with the source's time of change; the latest is the file's [`Facts::as_of`].
    pub changed: &'static str,
}

impl Kind {
    /// Every column that the kind knows.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().chain(self.optional).copied()
    }
}

impl Framing for Csv {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let mut pieces = Pieces::new(input, 0);
        let mut line = Vec::new();
        if pieces.heading(&mut line).map_err(|error| unreadable(&error))?.is_none() {
            return Err(refusal(&FILE_EMPTY, "no bytes".to_owned()));
        }
        let heading = heading::read(&line, self.kinds).map_err(|detail| refusal(&FILE_HEADER, detail))?;
        let mut rows = Rows::new(pieces, heading.layout.separator(), 0);
        let mut facts =
            Facts { layout: heading.layout.to_text(), unknown_columns: heading.unknown, ..Facts::default() };
        while let Some(row) = rows.next(&mut line).map_err(|error| unreadable(&error))? {
            if row.torn {
                return Err(refusal(&FILE_TORN, format!("the file ends inside row {}", row.number)));
            }
            facts.rows = row.number;
            facts.as_of = facts.as_of.max(changed(&heading, &line));
        }
        Ok(facts)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        Box::new(CsvRows::new(input, start, self.kinds))
    }
}

/// The row's own time of change, where it can be read.
fn changed(heading: &heading::Heading, row: &[u8]) -> Option<domain::Timestamp> {
    let text = heading.layout.field(row, heading.kind.changed)?;
    date::parse_instant(plain_number(&text), date::local_offset()).ok()?.at()
}

fn refusal(rule: &'static Rule, detail: String) -> Refusal {
    Refusal { rule, detail, retry: false }
}

/// The medium failed, not the provider: the same file may be good later.
fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}

#[cfg(test)]
mod tests;
