//! Rows lie where they lie, however the bytes arrive and wherever reading begins.

use super::fixtures;
use crate::Adapter;
use formats::framing::{FramedRow, Framing, RowStart};
use std::{
    fs,
    io::{BufRead, Cursor, Read},
    path::Path,
};

/// Sizes in which bytes arrive: powers would hide faults at odd borders.
const CHUNKS: &[usize] = &[1, 2, 3, 7, 61, 509];
/// Rows of a file that reading is begun behind.
const RESUMED: usize = 40;

/// The same rows come out, whatever the size of the pieces in which bytes arrive.
///
/// # Panics
/// When a row depends on it.
pub fn chunks_of_any_size_give_the_same_rows(adapter: &Adapter, folder: &Path) {
    for file in fixtures::fixtures(folder).iter().flat_map(|fixture| &fixture.files) {
        let expected = fixtures::rows(adapter, file);
        let bytes = fs::read(file).unwrap_or_default();
        let framing = fixtures::framing(adapter, file);
        let facts = framing.inspect(&mut Cursor::new(&bytes));
        for &size in CHUNKS {
            let mut pieces = Pieces { bytes: &bytes, at: 0, size };
            assert_eq!(framing.inspect(&mut pieces), facts, "{} in pieces of {size}", file.display());
            if facts.is_ok() {
                let rows = read(framing, Pieces { bytes: &bytes, at: 0, size }, RowStart::default());
                assert_eq!(rows, expected, "{} in pieces of {size}", file.display());
            }
        }
    }
}

/// Reading that begins behind any row gives the rest of the rows.
///
/// # Panics
/// When it does not: after a crash rows would be lost or come twice.
pub fn reading_goes_on_at_any_row(adapter: &Adapter, folder: &Path) {
    for file in fixtures::fixtures(folder).iter().flat_map(|fixture| &fixture.files) {
        let framing = fixtures::framing(adapter, file);
        let rows = fixtures::rows(adapter, file);
        let bytes = fs::read(file).unwrap_or_default();
        let layout = framing.inspect(&mut Cursor::new(&bytes)).map(|facts| facts.layout).unwrap_or_default();
        for (place, row) in rows.iter().enumerate().take(RESUMED) {
            let byte = if framing.is_packed() { 0 } else { row.next_byte };
            let at = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
            let start = RowStart { byte, number: row.number, layout: layout.clone() };
            let rest = read(framing, Pieces { bytes: &bytes, at, size: 4096 }, start);
            assert_eq!(rest, rows[place + 1..], "{} behind row {}", file.display(), row.number);
        }
    }
}

fn read(framing: &dyn Framing, input: Pieces<'_>, start: RowStart) -> Vec<FramedRow> {
    let mut reader = framing.rows(Box::new(input), start);
    let mut rows = Vec::new();
    let mut row = FramedRow::default();
    while reader.next_row(&mut row).unwrap_or_else(|error| panic!("row after {}: {error}", row.number)) {
        rows.push(row.clone());
    }
    rows
}

/// Bytes that arrive in pieces.
struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
    size: usize,
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        let border = (self.at / self.size + 1) * self.size;
        Ok(&self.bytes[self.at..border.min(self.bytes.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut available = self.fill_buf()?;
        let taken = available.read(out)?;
        self.consume(taken);
        Ok(taken)
    }
}
