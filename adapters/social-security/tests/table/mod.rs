//! Writes records and tables as the department's monthly job does; the columns are typed from the interface document, not
//! taken from the adapter.

use encoding_rs::GBK;

/// Name, kind and width.
pub(crate) const COLUMNS: [(&str, u8, usize); 13] = [
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

/// Bytes of a record, its deletion mark included.
pub(crate) const RECORD: usize = 257;

/// A specimen of an insured person: the number is the one printed in GB 11643.
const SPECIMEN: [(&str, &str); 13] = [
    ("AAC001", "3301000000000001"),
    ("AAC003", "王买买提·艾力"),
    ("AAC058", "111"),
    ("AAC147", "11010519491231002X"),
    ("AAB001", "DW0000001"),
    ("AAB004", "样本科技有限公司"),
    ("AAB998", "91110000600037341L"),
    ("AAE140", "110"),
    ("AAE041", "202001"),
    ("AAE042", "202610"),
    ("AAC008", "1"),
    ("AAE100", "1"),
    ("AAE036", "20261015"),
];

/// A record in the making.
#[derive(Clone)]
pub(crate) struct Entry(pub(crate) Vec<u8>);

impl Entry {
    /// The specimen.
    pub(crate) fn new() -> Self {
        SPECIMEN.iter().fold(Self(vec![b' '; RECORD]), |entry, (column, text)| entry.with(column, text))
    }

    /// The record with `text` in the column, cut where the column ends, numbers on the right.
    pub(crate) fn with(self, column: &str, text: &str) -> Self {
        let (bytes, _, unmappable) = GBK.encode(text);
        assert!(!unmappable, "the text can be written in GBK");
        self.with_bytes(column, &bytes)
    }

    /// The record with `bytes` in the column, cut where the column ends, numbers on the right.
    pub(crate) fn with_bytes(mut self, column: &str, bytes: &[u8]) -> Self {
        let Some(at) = COLUMNS.iter().position(|(name, _, _)| *name == column) else {
            panic!("{column} is no column of the table")
        };
        let from = 1 + COLUMNS[..at].iter().map(|(_, _, width)| width).sum::<usize>();
        let (_, kind, width) = COLUMNS[at];
        let length = bytes.len().min(width);
        let padding = if kind == b'N' { width - length } else { 0 };
        self.0[from..from + width].fill(b' ');
        self.0[from + padding..from + padding + length].copy_from_slice(&bytes[..length]);
        self
    }

    /// The record with another first byte.
    pub(crate) fn marked(mut self, mark: u8) -> Self {
        self.0[0] = mark;
        self
    }
}

/// The specimen with other texts in some columns.
pub(crate) fn edited(edits: &[(&str, &str)]) -> Entry {
    edits.iter().fold(Entry::new(), |entry, (column, text)| entry.with(column, text))
}

/// A table as the job writes it, on the fifth day of a month; its language byte says code page 1252.
pub(crate) fn table(entries: &[Entry]) -> Vec<u8> {
    table_of(&COLUMNS, entries)
}

/// A table with other columns.
pub(crate) fn table_of(columns: &[(&str, u8, usize)], entries: &[Entry]) -> Vec<u8> {
    let record = 1 + columns.iter().map(|(_, _, width)| width).sum::<usize>();
    let mut bytes = vec![0x03, 126, 11, 5];
    bytes.extend_from_slice(&[small(entries.len()), [0, 0]].concat());
    bytes.extend_from_slice(&small(32 + 32 * columns.len() + 1));
    bytes.extend_from_slice(&small(record));
    bytes.resize(32, 0);
    bytes[29] = 0x03;
    for (name, kind, width) in columns {
        let mut description = [0; 32];
        description[..name.len()].copy_from_slice(name.as_bytes());
        description[11] = *kind;
        description[16] = small(*width)[0];
        bytes.extend_from_slice(&description);
    }
    bytes.push(0x0D);
    for entry in entries {
        bytes.extend_from_slice(&entry.0);
    }
    bytes.push(0x1A);
    bytes
}

fn small(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or_else(|error| panic!("{error}")).to_le_bytes()
}
