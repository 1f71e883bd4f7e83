//! What every format tells the file source: whether a file is whole, and where its rows lie.

use domain::{Rule, Timestamp};
use std::io::BufRead;

/// A format's way to cut a file into rows. Streams: memory does not grow with the file.
pub trait Framing: Send + Sync {
    /// Reads the whole file once, before anything of it is published, and says what it holds.
    ///
    /// # Errors
    /// A [`Refusal`] when the file is broken: it is then refused whole.
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal>;

    /// Reads rows one by one; `input` stands at byte `start.byte_from` of the file, which is either 0 or the
    /// `byte_to` of a row given out earlier (then `start.number` is that row's number).
    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a>;

    /// Whether a file can only be read from its beginning (a workbook is one packed archive): [`Framing::rows`] is then always
    /// given the file from byte 0, and passes over the rows up to `start.number` by itself.
    fn is_packed(&self) -> bool {
        false
    }
}

/// Where reading of rows starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowStart {
    /// Byte offset in the file.
    pub byte: u64,
    /// Number of the last row before it, 0 at the beginning.
    pub number: u64,
    /// What [`Framing::inspect`] found the file's head to say of its rows ([`Facts::layout`]): a reader that starts behind
    /// the head cannot see it. May be empty at byte 0.
    pub layout: String,
}

/// Gives out rows in order.
pub trait RowReader: Send {
    /// Reads the next row into `row`; `false` at the end of the rows.
    ///
    /// # Errors
    /// When the file cannot be read, or is no longer what [`Framing::inspect`] saw.
    fn next_row(&mut self, row: &mut FramedRow) -> std::io::Result<bool>;
}

/// A row as it stands in the file; buffers are reused from row to row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FramedRow {
    /// Number within the file, from 1, header not counted.
    pub number: u64,
    /// First byte in the file, from 0.
    pub byte_from: u64,
    /// End, exclusive; a line end is not counted.
    pub byte_to: u64,
    /// Where the next row may be looked for.
    pub next_byte: u64,
    /// What kind of row it is where a format has several (`ENT`, the name of a table), or the layout that the file's
    /// own head gives its rows; else empty. A reject keeps it, so that the bytes can be translated again.
    pub kind: String,
    /// Where it lies, beside its bytes.
    pub place: RowPlace,
    /// Its bytes, as received.
    pub bytes: Vec<u8>,
}

/// Where a row lies, in the words of its source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum RowPlace {
    /// A range of bytes of a file.
    #[default]
    Bytes,
    /// A row of a workbook's sheet.
    Sheet {
        /// Name of the sheet.
        sheet: String,
        /// Number within the sheet, from 1, header not counted.
        row: u64,
    },
    /// A row of the table that the row's kind names.
    Table {
        /// Its key there.
        key: String,
    },
    /// A message of a topic.
    Topic {
        /// Name of the topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Offset.
        offset: i64,
    },
    /// A record of an answer or a request: it lies nowhere once that has passed.
    Passing,
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Rows (what a flag's `rows=` and the trailer count).
    pub rows: u64,
    /// Whether it states all that exists.
    pub full: bool,
    /// Time up to which the department's feed is known with this file.
    pub as_of: Option<Timestamp>,
    /// The part of the stock it speaks of (an area), empty for all.
    pub scope: String,
    /// Columns that the interface does not know; they are passed over.
    pub unknown_columns: u64,
    /// How the file's own head lays its rows out (separator and columns of a CSV file, the fields of a DBF file), in the
    /// format's own words; empty where all files of the kind are laid out alike. [`RowStart::layout`] hands it back.
    pub layout: String,
}

/// Why a whole file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// Where, in words without any value from the file (`line 3`, `trailer says 4, counted 5`).
    pub detail: String,
    /// Whether the same file may be good later (a provider's error page): wait instead of refusing.
    pub retry: bool,
}
