use rust_xlsxwriter as xlsx;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Columns, and whether they are required.
pub const COLUMNS: &[(&str, bool)] = &[
    ("姓名", true),
    ("性别", false),
    ("民族", false),
    ("证件类型", false),
    ("证件号码", true),
    ("出生日期", false),
    ("资格证书号码", true),
    ("资格种类", true),
    ("任教学科", false),
    ("认定机构", true),
    ("认定日期", true),
    ("证书状态", false),
];

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A number that is shown as a date.
    Date(f64),
}

impl Cell {
    fn write(&self, sheet: &mut xlsx::Worksheet, line: u32, column: u16) -> Result<(), xlsx::XlsxError> {
        let date = xlsx::Format::new().set_num_format("yyyy-mm-dd");
        match self {
            Self::Text(text) => sheet.write_string(line, column, text)?,
            Self::Number(number) => sheet.write_number(line, column, *number)?,
            Self::Date(number) => sheet.write_number_with_format(line, column, *number, &date)?,
        };
        Ok(())
    }
}

/// A row by the names of its columns; what is not there is an empty cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its cells.
    pub cells: BTreeMap<&'static str, Cell>,
}

impl Row {
    /// The same row with another text in a cell.
    #[must_use]
    pub fn with(self, name: &'static str, text: impl Into<String>) -> Self {
        self.cell(name, Cell::Text(text.into()))
    }

    /// The same row with another cell.
    #[must_use]
    pub fn cell(mut self, name: &'static str, cell: Cell) -> Self {
        self.cells.insert(name, cell);
        self
    }

    /// A cell's text; empty for numbers.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.cells.get(name) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
}

/// A sheet.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Its name.
    pub name: &'static str,
    /// Rows above the header, each merged over all columns.
    pub titles: Vec<&'static str>,
    /// The header's texts, in order; empty for a sheet that has none.
    pub columns: Vec<String>,
    /// Rows below the header.
    pub rows: Vec<Row>,
    /// Columns whose cell of one row (from 0) is merged with those below, to the second row.
    pub merged: Vec<(&'static str, usize, usize)>,
}

impl Sheet {
    /// A sheet with all columns in their own order.
    #[must_use]
    pub fn plain(name: &'static str, rows: Vec<Row>) -> Self {
        let columns = COLUMNS.iter().map(|(column, _)| (*column).to_owned()).collect();
        Self { name, columns, rows, ..Self::default() }
    }

    /// Rows as they read: merged cells repeat their value downwards, columns that are not there are empty.
    #[must_use]
    pub fn read(&self) -> Vec<Row> {
        let mut rows = self.rows.clone();
        for (column, from, to) in &self.merged {
            let value = rows[*from].cells.get(column).cloned();
            for row in &mut rows[*from + 1..=*to] {
                row.cells.remove(column);
                row.cells.extend(value.clone().map(|value| (*column, value)));
            }
        }
        for row in &mut rows {
            row.cells.retain(|name, _| self.columns.iter().any(|column| column.trim() == *name));
        }
        rows
    }

    fn write(&self, sheet: &mut xlsx::Worksheet) -> Result<(), xlsx::XlsxError> {
        sheet.set_name(self.name)?;
        let format = xlsx::Format::new();
        let last = u16::try_from(self.columns.len().max(4) - 1).unwrap();
        let mut at = 0;
        for title in &self.titles {
            sheet.merge_range(at, 0, at, last, title, &format)?;
            at += 1;
        }
        for (column, text) in (0..).zip(&self.columns) {
            sheet.write_string(at, column, text)?;
        }
        at += u32::from(!self.columns.is_empty());
        for (row, line) in self.rows.iter().zip(at..) {
            let cells =
                (0..).zip(&self.columns).filter_map(|(column, text)| Some((column, row.cells.get(text.trim())?)));
            for (column, cell) in cells {
                cell.write(sheet, line, column)?;
            }
        }
        for (name, from, to) in &self.merged {
            let column = u16::try_from(self.columns.iter().position(|text| text.trim() == *name).unwrap()).unwrap();
            let line = |row: usize| at + u32::try_from(row).unwrap();
            sheet.merge_range(line(*from), column, line(*to), column, self.rows[*from].text(name), &format)?;
        }
        Ok(())
    }
}

/// A workbook.
#[derive(Debug, Clone)]
pub struct Workbook {
    /// Its name.
    pub name: String,
    /// When it was last changed, in seconds since 1970.
    pub modified: u64,
    /// Its sheets.
    pub sheets: Vec<Sheet>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Workbook {
    /// A right workbook.
    #[must_use]
    pub fn new(name: &str, modified: u64, sheets: Vec<Sheet>) -> Self {
        let mut book = xlsx::Workbook::new();
        for sheet in &sheets {
            sheet.write(book.add_worksheet()).unwrap();
        }
        let bytes = book.save_to_buffer().unwrap();
        Self { name: name.to_owned(), modified, sheets, bytes }
    }

    /// The same with other bytes.
    #[must_use]
    pub fn holding(self, bytes: Vec<u8>) -> Self {
        Self { bytes, ..self }
    }

    /// Puts it into a folder.
    #[must_use]
    pub fn put_into(&self, folder: &Path) -> PathBuf {
        let path = folder.join(&self.name);
        fs::write(&path, &self.bytes).unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(self.modified);
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        path
    }
}
