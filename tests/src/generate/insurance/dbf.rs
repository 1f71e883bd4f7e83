use crate::{encode, generate::DropFile};
use std::collections::BTreeMap;

/// Columns: name, type, width.
pub const COLUMNS: &[(&str, u8, u8)] = &[
    ("AAC001", b'C', 20),
    ("AAC003", b'C', 40),
    ("AAC058", b'C', 3),
    ("AAC147", b'C', 30),
    ("AAB001", b'C', 20),
    ("AAB004", b'C', 100),
    ("AAB998", b'C', 18),
    ("AAE140", b'C', 3),
    ("AAE041", b'N', 6),
    ("AAE042", b'N', 6),
    ("AAC008", b'C', 1),
    ("AAE100", b'C', 1),
    ("AAE036", b'D', 8),
];

/// A record by the names of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Bytes of each field before they are cut or padded to the width.
    pub fields: BTreeMap<&'static str, Vec<u8>>,
    /// Whether it carries the deletion mark.
    pub deleted: bool,
}

impl Row {
    /// The same row with a field of other bytes.
    #[must_use]
    pub fn raw(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.fields.insert(name, bytes.into());
        self
    }

    /// The same row with a field of another text.
    #[must_use]
    pub fn with(self, name: &'static str, text: &str) -> Self {
        self.raw(name, encode(text))
    }

    /// The same row, deleted.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self { deleted: true, ..self }
    }

    /// A field as it stands in the file: cut to the width and padded.
    #[must_use]
    pub fn cell(&self, name: &str) -> Vec<u8> {
        let (_, kind, width) = COLUMNS.iter().find(|(column, ..)| *column == name).unwrap();
        let width = usize::from(*width);
        let mut bytes = self.fields.get(name).cloned().unwrap_or_default();
        bytes.truncate(width);
        let pad = vec![b' '; width - bytes.len()];
        if *kind == b'N' { [pad, bytes].concat() } else { [bytes, pad].concat() }
    }
}

/// A table with its rows and their places.
#[derive(Debug, Clone)]
pub struct DbfFile {
    /// The file.
    pub file: DropFile,
    /// Rows with first byte (of the deletion mark) and end.
    pub rows: Vec<(Row, u64, u64)>,
}

impl DbfFile {
    /// A right file; `language` is the byte that says nothing, `columns` the order of the columns with one that nobody knows.
    #[must_use]
    pub fn new(name: &str, rows: Vec<Row>, language: u8, columns: &[(&'static str, u8, u8)]) -> Self {
        let count = u32::try_from(rows.len()).unwrap();
        let mut bytes = header(count, language, columns);
        let mut placed = Vec::new();
        let kept = rows.iter().filter(|row| !row.deleted).count();
        for row in rows {
            let from = bytes.len() as u64;
            bytes.push(if row.deleted { b'*' } else { b' ' });
            for (name, _, width) in columns {
                let known = COLUMNS.iter().any(|(known, ..)| known == name).then(|| row.cell(name));
                bytes.extend(known.unwrap_or_else(|| vec![b'x'; usize::from(*width)]));
            }
            placed.push((row, from, bytes.len() as u64));
        }
        bytes.push(0x1A);
        Self { file: DropFile::new(name, bytes, kept), rows: placed }
    }
}

fn header(count: u32, language: u8, columns: &[(&str, u8, u8)]) -> Vec<u8> {
    let length = u16::try_from(32 + 32 * columns.len() + 1).unwrap();
    let record: u16 = 1 + columns.iter().map(|(.., width)| u16::from(*width)).sum::<u16>();
    let mut bytes = vec![0x03, 126, 11, 1];
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(record.to_le_bytes());
    bytes.resize(32, 0);
    bytes[29] = language;
    for (name, kind, width) in columns {
        let mut column = name.as_bytes().to_vec();
        column.resize(11, 0);
        column.push(*kind);
        column.extend([0; 4]);
        column.push(*width);
        column.resize(32, 0);
        bytes.extend(column);
    }
    bytes.push(0x0D);
    bytes
}
