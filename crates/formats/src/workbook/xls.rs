//! `.xls`: records of a stream in a compound file (\[MS-CFB\], \[MS-XLS\]).

mod compound;
mod records;
mod sheet;

pub(super) use self::compound::MAGIC;

use self::records::{Record, Records, TOO_SHORT, kind, u16_at, u32_at};
use super::{
    book::{Book, Fault, Merge, TakeRow, Texts},
    cell::{is_built_in_day, shows_day},
};
use std::collections::HashMap;

/// An open workbook.
pub(super) struct Xls {
    stream: Vec<u8>,
    globals: Globals,
}

/// What the stream says before its sheets.
#[derive(Default)]
struct Globals {
    sheets: Vec<Sheet>,
    texts: Texts,
    /// Styles by number: whether they show a day.
    days: Vec<bool>,
    is_from_1904: bool,
}

struct Sheet {
    name: String,
    /// Where it begins in the stream.
    at: usize,
}

impl Xls {
    pub(super) fn open(bytes: &[u8]) -> Result<Self, Fault> {
        let stream = compound::workbook(bytes)?;
        let globals = Globals::read(&stream)?;
        Ok(Self { stream, globals })
    }

    fn sheet(&self, place: usize) -> Result<Records<'_>, Fault> {
        let sheet = self.globals.sheets.get(place);
        let bytes = sheet.and_then(|sheet| self.stream.get(sheet.at..));
        Ok(Records::new(bytes.ok_or(Fault::Torn("a sheet is missing"))?))
    }
}

impl Book for Xls {
    fn sheets(&self) -> Vec<String> {
        self.globals.sheets.iter().map(|sheet| sheet.name.clone()).collect()
    }

    fn is_from_1904(&self) -> bool {
        self.globals.is_from_1904
    }

    fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Fault> {
        sheet::merges(self.sheet(sheet)?)
    }

    fn rows(&mut self, sheet: usize, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        sheet::Cells::new(&self.globals).read(self.sheet(sheet)?, take)
    }
}

impl Globals {
    fn read(stream: &[u8]) -> Result<Self, Fault> {
        let mut globals = Self::default();
        let mut formats: HashMap<u16, bool> = HashMap::new();
        let mut records = Records::new(stream);
        while let Some(record) = records.next()? {
            match record.kind {
                kind::BEGIN if u16_at(record.data, 0)? != 0x0600 => {
                    return Err(Fault::Foreign("the workbook is of Excel 95 or older".to_owned()));
                }
                kind::PASSWORD => return Err(Fault::Torn("the workbook is protected by a password")),
                kind::DATE_MODE => globals.is_from_1904 = u16_at(record.data, 0)? == 1,
                kind::FORMAT => {
                    let code = record.texts(2).text()?;
                    formats.insert(u16_at(record.data, 0)?, shows_day(&code));
                }
                kind::STYLE => {
                    let format = u16_at(record.data, 2)?;
                    globals.days.push(formats.get(&format).copied().unwrap_or_else(|| is_built_in_day(format)));
                }
                kind::SHEET => globals.sheet(&record)?,
                kind::TEXTS => globals.texts(&record)?,
                kind::END => return Ok(globals),
                _ => {}
            }
        }
        Err(TOO_SHORT)
    }

    fn sheet(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let at = usize::try_from(u32_at(record.data, 0)?).map_err(|_| TOO_SHORT)?;
        let is_of_cells = record.data.get(5) == Some(&0);
        if is_of_cells {
            let name = record.texts(6).short_text()?;
            self.sheets.push(Sheet { name, at });
        }
        Ok(())
    }

    fn texts(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let count = u32_at(record.data, 4)?;
        let mut texts = record.texts(8);
        for _ in 0..count {
            if texts.is_at_end() {
                break;
            }
            self.texts.push(&texts.rich_text()?)?;
        }
        Ok(())
    }

    fn is_day(&self, style: u16) -> bool {
        self.days.get(usize::from(style)).copied().unwrap_or_default()
    }
}
