//! A sheet's cells and merged cells.

use super::{
    Globals,
    records::{Record, Records, TOO_SHORT, kind, u16_at, u32_at},
};
use crate::workbook::{
    book::{Fault, Merge, RowCells, TakeRow},
    cell::Cell,
};

/// Reads the cells of a sheet.
pub(super) struct Cells<'a> {
    globals: &'a Globals,
    /// The row whose cells are being read.
    row: u32,
    found: RowCells,
    /// Where the text of the last formula goes.
    formula: (u32, u32),
}

impl<'a> Cells<'a> {
    pub(super) fn new(globals: &'a Globals) -> Self {
        Self { globals, row: 0, found: RowCells::default(), formula: (0, 0) }
    }

    pub(super) fn read(mut self, mut records: Records<'_>, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        own_records(&mut records, |record| {
            let data = record.data;
            match record.kind {
                kind::SHARED_TEXT => {
                    let number = usize::try_from(u32_at(data, 6)?).map_err(|_| TOO_SHORT)?;
                    let text = self.globals.texts.get(number);
                    let text = text.ok_or(Fault::Torn("a cell shows a text that is not there"))?;
                    self.put(place(data)?, Cell::text(text), take)
                }
                kind::TEXT | kind::RICH_TEXT => self.put(place(data)?, Cell::text(record.texts(6).text()?), take),
                kind::NUMBER => self.put(place(data)?, Some(self.number(data, f64_at(data, 6)?)?), take),
                kind::SHORT_NUMBER => {
                    self.put(place(data)?, Some(self.number(data, short_number(u32_at(data, 6)?))?), take)
                }
                kind::SHORT_NUMBERS => self.short_numbers(data, take),
                kind::TRUTH_OR_ERROR => {
                    let [value, is_error] = [data.get(6), data.get(7)].map(|byte| byte.copied().ok_or(TOO_SHORT));
                    self.put(place(data)?, truth_or_error(value?, is_error? != 0), take)
                }
                kind::FORMULA => self.formula(data, take),
                kind::TEXT_OF_FORMULA => self.put(self.formula, Cell::text(record.texts(0).text()?), take),
                _ => Ok(()),
            }
        })?;
        take(self.row, &mut self.found.cells)
    }

    fn put(&mut self, (row, column): (u32, u32), cell: Option<Cell>, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        if row != self.row {
            take(self.row, &mut self.found.cells)?;
            self.found.clear();
            self.row = row;
        }
        cell.map_or(Ok(()), |cell| self.found.push(column, cell))
    }

    fn number(&self, data: &[u8], value: f64) -> Result<Cell, Fault> {
        Ok(Cell::number(value, self.globals.is_day(u16_at(data, 4)?), self.globals.is_from_1904))
    }

    /// Numbers of neighbouring cells: each with the number of its style.
    fn short_numbers(&mut self, data: &[u8], take: &mut TakeRow<'_>) -> Result<(), Fault> {
        let (row, column) = place(data)?;
        let numbers = data.get(4..data.len().saturating_sub(2)).ok_or(TOO_SHORT)?;
        for (column, number) in (column..).zip(numbers.chunks_exact(6)) {
            let is_day = self.globals.is_day(u16_at(number, 0)?);
            let cell = Cell::number(short_number(u32_at(number, 2)?), is_day, self.globals.is_from_1904);
            self.put((row, column), Some(cell), take)?;
        }
        Ok(())
    }

    fn formula(&mut self, data: &[u8], take: &mut TakeRow<'_>) -> Result<(), Fault> {
        self.formula = place(data)?;
        let is_number = u16_at(data, 12)? != 0xffff;
        let (what, value) = (data[6], data[8]);
        let cell = match what {
            _ if is_number => Some(self.number(data, f64_at(data, 6)?)?),
            1 | 2 => truth_or_error(value, what == 2),
            // A text comes in a record of its own.
            _ => None,
        };
        self.put(self.formula, cell, take)
    }
}

/// The cells that are merged downwards, which a sheet names behind its rows.
pub(super) fn merges(mut records: Records<'_>) -> Result<Vec<Merge>, Fault> {
    let mut merges = Vec::new();
    own_records(&mut records, |record| {
        if record.kind == kind::MERGED {
            let ranges = record.data.get(2..).unwrap_or_default();
            let stated = usize::from(u16_at(record.data, 0)?);
            merges.extend(
                ranges.as_chunks().0.iter().take(stated).copied().map(merge).filter(|merge| merge.to > merge.from),
            );
        }
        Ok(())
    })?;
    Ok(merges)
}

/// The records of a sheet itself, without those of charts that lie in it.
fn own_records(records: &mut Records<'_>, mut take: impl FnMut(&Record<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut depth = 0_u32;
    while let Some(record) = records.next()? {
        match record.kind {
            kind::BEGIN => depth += 1,
            kind::END if depth <= 1 => return Ok(()),
            kind::END => depth -= 1,
            _ if depth == 0 => return Err(Fault::Torn("a sheet does not begin where it should")),
            _ if depth == 1 => take(&record)?,
            _ => {}
        }
    }
    Err(TOO_SHORT)
}

/// A range: first and last row, first and last column.
fn merge(range: [u8; 8]) -> Merge {
    let [from, to, column] = [0, 2, 4].map(|at| u32::from(u16::from_le_bytes([range[at], range[at + 1]])));
    Merge { from, to, column }
}

fn place(data: &[u8]) -> Result<(u32, u32), Fault> {
    Ok((u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)))
}

fn f64_at(bytes: &[u8], at: usize) -> Result<f64, Fault> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| f64::from_le_bytes(*bytes)).ok_or(TOO_SHORT)
}

/// A number in four bytes (`RkNumber`): whole, or the upper half of a double, perhaps times a hundred.
fn short_number(bits: u32) -> f64 {
    let value =
        if bits & 2 == 0 { f64::from_bits(u64::from(bits & !3) << 32) } else { f64::from(bits.cast_signed() >> 2) };
    if bits & 1 == 0 { value } else { value / 100.0 }
}

fn truth_or_error(value: u8, is_error: bool) -> Option<Cell> {
    if !is_error {
        return Some(Cell::Truth(value != 0));
    }
    Cell::text(match value {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    })
}
