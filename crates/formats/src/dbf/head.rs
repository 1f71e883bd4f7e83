//! The header: what the table says of itself.

use super::layout::{self, Column};
use crate::{framing::Refusal, gb18030};
use domain::{
    Rule, Timestamp, date,
    rules::{FILE_EMPTY, FILE_HEADER, FILE_TORN},
};
use std::io::{self, BufRead, Read};

/// Bytes of the header before the columns, and of each column's description.
const PART: usize = 32;
/// First bytes of dBASE III tables, without and with memo file.
const VERSIONS: [u8; 2] = [0x03, 0x83];
/// Behind the last column's description.
const TERMINATOR: u8 = 0x0D;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The columns.
    pub(super) layout: String,
    /// Bytes of the header, after which the first record begins.
    pub(super) bytes: u64,
    /// Bytes of a record, its deletion mark included.
    pub(super) record_bytes: usize,
    /// Number of records, those marked deleted too.
    pub(super) records: u64,
    /// Beginning of the day on which the table was written last.
    pub(super) written: Option<Timestamp>,
}

impl Head {
    /// Reads the header; `input` then stands at the first record.
    pub(super) fn read(input: &mut dyn BufRead) -> Result<Self, Refusal> {
        let first = take(input, PART)?;
        if first.is_empty() {
            return Err(refusal(&FILE_EMPTY, "no bytes"));
        }
        let [version, year, month, day, r0, r1, r2, r3, h0, h1, l0, l1, ..] = first[..] else {
            return Err(refusal(&FILE_HEADER, "the file ends inside its header"));
        };
        let bytes = usize::from(u16::from_le_bytes([h0, h1]));
        if !VERSIONS.contains(&version) {
            return Err(refusal(&FILE_HEADER, "the first byte is not that of a dBASE III table"));
        }
        let rest = take(input, bytes.saturating_sub(PART))?;
        if first.len() + rest.len() != bytes {
            return Err(refusal(&FILE_HEADER, "the file ends inside its header"));
        }
        let layout = columns(&rest)?;
        let record_bytes = usize::from(u16::from_le_bytes([l0, l1]));
        if layout::record_bytes(&layout) != Some(record_bytes) {
            return Err(refusal(&FILE_HEADER, "the columns are not together as wide as a record"));
        }
        let records = u64::from(u32::from_le_bytes([r0, r1, r2, r3]));
        Ok(Self { layout, bytes: bytes as u64, record_bytes, records, written: written(year, month, day) })
    }
}

/// The descriptions behind the first part of the header, down to the terminator.
fn columns(descriptions: &[u8]) -> Result<String, Refusal> {
    let mut layout = String::new();
    let mut rest = descriptions;
    loop {
        match rest {
            [TERMINATOR, padding @ ..] if padding.iter().all(|byte| *byte == 0) => break,
            [TERMINATOR, ..] => return Err(refusal(&FILE_HEADER, "something stands behind the columns")),
            _ => {}
        }
        let (description, behind) =
            rest.split_first_chunk().ok_or_else(|| refusal(&FILE_HEADER, "the columns have no end"))?;
        column(description, &mut layout)?;
        rest = behind;
    }
    if layout.is_empty() { Err(refusal(&FILE_HEADER, "there is no column")) } else { Ok(layout) }
}

/// Eleven bytes of name with zeros behind it, kind, four bytes that mean nothing in a file, width.
fn column(description: &[u8; PART], layout: &mut String) -> Result<(), Refusal> {
    let malformed = |what: &str| {
        let number = layout::columns(layout).count() + 1;
        refusal(&FILE_HEADER, &format!("column {number} {what}"))
    };
    let name = description[..11].split(|byte| *byte == 0).next().unwrap_or_default();
    let name = gb18030::decode(name.trim_ascii()).unwrap_or_default().to_ascii_uppercase();
    let (kind, width) = (char::from(description[11]), usize::from(description[16]));
    if !layout::is_name(&name) {
        return Err(malformed("has no readable name"));
    }
    if !kind.is_ascii_uppercase() || width == 0 {
        return Err(malformed("has no kind or no width"));
    }
    if layout::columns(layout).any(|known| known.name == name) {
        return Err(malformed("has the name of another"));
    }
    layout::push(layout, Column { name: &name, kind, width });
    Ok(())
}

/// The year counts from 1900; writers that give its last two digits alone are understood up to 2079.
fn written(year: u8, month: u8, day: u8) -> Option<Timestamp> {
    let century = if year < 80 { 2000 } else { 1900 };
    let day = format!("{:04}{month:02}{day:02}", century + u16::from(year));
    date::parse_instant(&day, date::local_offset()).ok()?.at()
}

/// The next `count` bytes, or as many as there are.
fn take(input: &mut dyn BufRead, count: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(count);
    input.take(count as u64).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

pub(super) fn refusal(rule: &'static Rule, detail: &str) -> Refusal {
    Refusal { rule, detail: detail.to_owned(), retry: false }
}

/// The medium failed, not the provider: the same file may be good later.
pub(super) fn unreadable(error: &io::Error) -> Refusal {
    Refusal { rule: &FILE_TORN, detail: format!("cannot be read: {}", error.kind()), retry: true }
}
