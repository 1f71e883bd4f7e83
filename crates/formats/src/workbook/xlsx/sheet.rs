//! A sheet's cells and merged cells.

use super::{
    parts::{Part, attribute, local, resolved},
    styles::Styles,
};
use crate::workbook::{
    book::{Fault, LAST, Merge, RowCells, TakeRow, Texts},
    cell::Cell,
};
use quick_xml::events::{BytesStart, Event};

const PLACE: Fault = Fault::Torn("a cell of a sheet has no place");

/// Reads the cells of a sheet.
pub(super) struct Cells<'a> {
    texts: &'a Texts,
    styles: &'a Styles,
    is_from_1904: bool,
    /// Where the next row is, unless it says so itself.
    row: u32,
    /// Likewise the next cell.
    column: u32,
    /// The cell that is being read.
    cell: Option<Open>,
    text: RichText,
    found: RowCells,
}

/// A cell whose value is still to come.
struct Open {
    column: u32,
    kind: String,
    style: String,
    /// Text of `v`.
    value: String,
    in_value: bool,
}

impl<'a> Cells<'a> {
    pub(super) fn new(texts: &'a Texts, styles: &'a Styles, is_from_1904: bool) -> Self {
        let (found, text) = (RowCells::default(), RichText::default());
        Self { texts, styles, is_from_1904, row: 0, column: 0, cell: None, text, found }
    }

    pub(super) fn read(mut self, part: Part<'_>, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        part.each(|event| {
            self.text.take(event)?;
            match event {
                Event::Start(tag) => self.start(tag)?,
                Event::End(tag) => self.end(tag.local_name().as_ref(), take)?,
                Event::Text(text) => self.value(text),
                Event::CData(text) => self.value(text),
                Event::GeneralRef(reference) => self.value(resolved(reference)?.encode_utf8(&mut [0; 4])),
                _ => {}
            }
            Ok(())
        })
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Fault> {
        match local(tag) {
            "row" => {
                if let Some(row) = attribute(tag, "r")? {
                    self.row = row.parse::<u32>().ok().and_then(|row| row.checked_sub(1)).ok_or(PLACE)?;
                }
                self.column = 0;
            }
            "c" => {
                if let Some(place) = attribute(tag, "r")? {
                    self.column = place_of(&place)?.1;
                }
                if self.row > LAST.0 || self.column > LAST.1 {
                    return Err(PLACE);
                }
                self.text.begin();
                let (kind, style) =
                    (attribute(tag, "t")?.unwrap_or_default(), attribute(tag, "s")?.unwrap_or_default());
                self.cell = Some(Open { column: self.column, kind, style, value: String::new(), in_value: false });
                self.column += 1;
            }
            "v" => self.in_value(true),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        match name {
            "v" => self.in_value(false),
            "c" => {
                let inline = self.text.end();
                if let Some(open) = self.cell.take()
                    && let Some(cell) = self.closed(&open, inline)?
                {
                    self.found.push(open.column, cell)?;
                }
            }
            "row" => {
                take(self.row, &mut self.found.cells)?;
                self.found.clear();
                self.row += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn in_value(&mut self, is_inside: bool) {
        if let Some(cell) = &mut self.cell {
            cell.in_value = is_inside;
        }
    }

    fn value(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|cell| cell.in_value) {
            cell.value.push_str(text);
        }
    }

    fn closed(&self, open: &Open, inline: String) -> Result<Option<Cell>, Fault> {
        let value = open.value.trim();
        Ok(match open.kind.as_str() {
            "inlineStr" => Cell::text(inline),
            "s" if value.is_empty() => None,
            "s" => {
                let text = value.parse().ok().and_then(|number| self.texts.get(number));
                Cell::text(text.ok_or(Fault::Torn("a cell shows a text that is not there"))?)
            }
            "str" => Cell::text(unescaped(&open.value)),
            "d" => Cell::text(value.trim_end_matches('Z')),
            "b" if !value.is_empty() => Some(Cell::Truth(matches!(value, "1" | "true"))),
            "e" | "b" => Cell::text(value),
            _ => match value.parse() {
                Ok(number) => Some(Cell::number(number, self.styles.is_day(&open.style), self.is_from_1904)),
                Err(_) => Cell::text(value),
            },
        })
    }
}

/// The cells that are merged downwards, which a sheet names behind its rows.
pub(super) fn merges(part: Part<'_>) -> Result<Vec<Merge>, Fault> {
    let mut merges = Vec::new();
    part.each(|event| {
        if let Event::Start(tag) = event
            && local(tag) == "mergeCell"
            && let Some(range) = attribute(tag, "ref")?
            && let Some((first, last)) = range.split_once(':')
        {
            let ((from, column), (to, _)) = (place_of(first)?, place_of(last)?);
            if to > from {
                merges.push(Merge { from, to, column });
            }
        }
        Ok(())
    })?;
    Ok(merges)
}

/// Row and column of a place (`B7`), from 0.
fn place_of(text: &str) -> Result<(u32, u32), Fault> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let column = text.bytes().take(letters).try_fold(0_u32, |column, letter| {
        let letter = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column.checked_mul(26)?.checked_add(letter)
    });
    let row = text[letters..].parse::<u32>().ok().and_then(|row| row.checked_sub(1));
    match (row, column.and_then(|column| column.checked_sub(1))) {
        (Some(row), Some(column)) if row <= LAST.0 && column <= LAST.1 => Ok((row, column)),
        _ => Err(PLACE),
    }
}

/// A text in runs of different looks, without the readings of its characters.
#[derive(Debug, Default)]
pub(super) struct RichText {
    text: String,
    in_text: bool,
    in_reading: bool,
}

impl RichText {
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    pub(super) fn end(&mut self) -> String {
        unescaped(&std::mem::take(&mut self.text))
    }

    pub(super) fn take(&mut self, event: &Event<'_>) -> Result<(), Fault> {
        match event {
            Event::Start(tag) => self.step(local(tag), true),
            Event::End(tag) => self.step(tag.local_name().as_ref(), false),
            Event::Text(text) if self.is_open() => self.text.push_str(text),
            Event::CData(text) if self.is_open() => self.text.push_str(text),
            Event::GeneralRef(reference) if self.is_open() => self.text.push(resolved(reference)?),
            _ => {}
        }
        Ok(())
    }

    fn step(&mut self, name: &str, is_inside: bool) {
        match name {
            "t" => self.in_text = is_inside,
            "rPh" => self.in_reading = is_inside,
            _ => {}
        }
    }

    fn is_open(&self) -> bool {
        self.in_text && !self.in_reading
    }
}

/// Characters that XML does not take are written `_x000D_` (ECMA-376, `ST_Xstring`).
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find("_x") {
        let code = rest.get(place + 2..place + 7).and_then(|code| code.strip_suffix('_'));
        let letter = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let (kept, next) = if letter.is_some() { (place, place + 7) } else { (place + 2, place + 2) };
        out.push_str(&rest[..kept]);
        out.extend(letter);
        rest = &rest[next..];
    }
    out.push_str(rest);
    out
}
