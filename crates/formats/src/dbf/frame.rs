//! A table falls into its records.

use super::{
    END,
    head::{Head, refusal, unreadable},
    layout,
    record::Mark,
};
use crate::framing::{Facts, FramedRow, Framing, Refusal, RowReader, RowStart};
use domain::rules::{FILE_HEADER, FILE_TRAILER};
use std::io::{self, BufRead};

/// A dBASE III table.
///
/// Every record is a row, those marked deleted too; its bytes begin with the deletion mark. [`Facts::rows`] counts the
/// records that are not marked deleted. Behind the records stands nothing but end marks (0x1A).
#[derive(Debug, Clone, Copy)]
pub struct Dbf {
    /// Names, in upper case, of the columns that every table must have, in whatever order and beside whatever others.
    pub columns: &'static [&'static str],
}

impl Framing for Dbf {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        let head = Head::read(input)?;
        let has = |name: &str| layout::columns(&head.layout).any(|column| column.name == name);
        if let Some(missing) = self.columns.iter().find(|name| !has(name)) {
            return Err(refusal(&FILE_HEADER, &format!("there is no column {missing}")));
        }
        let unknown = layout::columns(&head.layout).filter(|column| !self.columns.contains(&column.name)).count();
        let rows = kept(input, &head)?;
        let (as_of, unknown_columns) = (head.written, unknown as u64);
        Ok(Facts { rows, as_of, unknown_columns, layout: head.layout, ..Facts::default() })
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        let record_bytes = if start.byte == 0 { None } else { layout::record_bytes(&start.layout) };
        Box::new(Rows { input, start, record_bytes })
    }
}

/// Counts the records that are not marked deleted, and holds the header's count of records against the file's length.
fn kept(input: &mut dyn BufRead, head: &Head) -> Result<u64, Refusal> {
    let record_bytes = head.record_bytes as u64;
    let end = head.records * record_bytes;
    let (mut place, mut next, mut kept) = (0_u64, 0_u64, 0_u64);
    loop {
        let chunk = input.fill_buf().map_err(|error| unreadable(&error))?;
        if chunk.is_empty() {
            break;
        }
        let at = |place_of: u64| usize::try_from(place_of.saturating_sub(place)).unwrap_or(usize::MAX);
        while next < end
            && let Some(mark) = chunk.get(at(next))
        {
            if *mark == END {
                let number = next / record_bytes + 1;
                return Err(differs(head, &format!("the end mark stands in place of record {number}")));
            }
            kept += u64::from(Mark::of(*mark) != Mark::Deleted);
            next += record_bytes;
        }
        if chunk.get(at(end)..).unwrap_or_default().iter().any(|byte| *byte != END) {
            return Err(differs(head, "more stands behind them"));
        }
        let used = chunk.len();
        place += used as u64;
        input.consume(used);
    }
    if place < end {
        return Err(differs(head, &format!("the file ends behind record {}", place / record_bytes)));
    }
    Ok(kept)
}

fn differs(head: &Head, how: &str) -> Refusal {
    refusal(&FILE_TRAILER, &format!("the header says {} records, {how}", head.records))
}

/// Reads records from where it starts; [`Framing::inspect`] has held their number against the header.
struct Rows<'a> {
    input: Box<dyn BufRead + Send + 'a>,
    /// Where the next record begins, the number of the last, and the layout.
    start: RowStart,
    /// None until the header was read, or where there is no layout to start with.
    record_bytes: Option<usize>,
}

impl RowReader for Rows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        let record_bytes = self.record_bytes()?;
        if matches!(self.input.fill_buf()?, [] | [END, ..]) {
            return Ok(false);
        }
        row.bytes.resize(record_bytes, 0);
        self.input.read_exact(&mut row.bytes)?;
        row.byte_from = self.start.byte;
        self.start.byte += record_bytes as u64;
        self.start.number += 1;
        (row.byte_to, row.next_byte, row.number) = (self.start.byte, self.start.byte, self.start.number);
        if row.kind != self.start.layout {
            row.kind.clone_from(&self.start.layout);
        }
        Ok(true)
    }
}

impl Rows<'_> {
    fn record_bytes(&mut self) -> io::Result<usize> {
        if let Some(known) = self.record_bytes {
            return Ok(known);
        }
        let changed = || io::Error::new(io::ErrorKind::InvalidData, "table has no header as it was seen before");
        if self.start.byte != 0 {
            return Err(changed());
        }
        let head = Head::read(&mut self.input).map_err(|_| changed())?;
        (self.start.byte, self.start.layout) = (head.bytes, head.layout);
        self.record_bytes = Some(head.record_bytes);
        Ok(head.record_bytes)
    }
}
