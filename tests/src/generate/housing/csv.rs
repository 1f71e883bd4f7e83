use crate::{Random, generate::DropFile};
use encoding_rs::GBK;
use std::collections::BTreeMap;

/// A row by the names of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Text of each field, as it stands between the separators when quotes are taken off.
    pub fields: BTreeMap<&'static str, String>,
    /// Bytes put in place of the row, and the rule that must refuse them.
    pub broken: Option<(&'static str, Vec<u8>)>,
}

impl Row {
    /// The same row with a field of another text.
    #[must_use]
    pub fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.fields.insert(name, text.into());
        self
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Other bytes in place of the row.
    #[must_use]
    pub fn broken(rule: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { fields: BTreeMap::new(), broken: Some((rule, bytes.into())) }
    }
}

/// How a file is written.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The header's texts with the columns that they name; others are nobody's.
    pub columns: Vec<(String, Option<&'static str>)>,
    /// `,` or `，`.
    pub separator: char,
    /// CRLF or LF.
    pub line_end: &'static str,
    /// Whether the last row has a line end.
    pub ended: bool,
}

impl Layout {
    /// Columns in their own order.
    #[must_use]
    pub fn plain(columns: &[(&'static str, bool)]) -> Self {
        let columns = columns.iter().map(|(name, _)| ((*name).to_owned(), Some(*name))).collect();
        Self { columns, separator: ',', line_end: "\r\n", ended: true }
    }

    /// Without a column.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.columns.retain(|(_, column)| *column != Some(name));
        self
    }

    /// Another order, blanks around names, columns that nobody knows, and the other separator.
    #[must_use]
    pub fn strange(mut self, random: &mut Random) -> Self {
        self.columns.push(("备注".to_owned(), None));
        self.columns.push((" 经办人".to_owned(), None));
        random.shuffle(&mut self.columns);
        for (place, (text, _)) in self.columns.iter_mut().enumerate() {
            match place % 4 {
                0 => *text = format!(" {text}  "),
                1 => *text = format!("\u{3000}{text}"),
                2 => *text = format!("\" {text}\""),
                _ => {}
            }
        }
        Self { separator: '，', line_end: "\n", ended: false, ..self }
    }
}

impl Layout {
    /// A row's bytes.
    fn line(&self, row: &Row, random: &mut Random) -> Vec<u8> {
        if let Some((_, broken)) = &row.broken {
            return broken.clone();
        }
        let nobody = if self.separator == ',' { "无所谓" } else { "无,所谓" };
        let field = |(_, column): &(String, Option<&str>)| match column {
            Some(name) => written(row.text(name), self.separator, random),
            None => nobody.to_owned(),
        };
        let fields: Vec<String> = self.columns.iter().map(field).collect();
        gbk(&fields.join(&self.separator.to_string()))
    }
}

/// A file with its rows and their places.
#[derive(Debug, Clone)]
pub struct CsvFile {
    /// The file.
    pub file: DropFile,
    /// Rows with first byte and end; fields that have no column are blank.
    pub rows: Vec<(Row, u64, u64)>,
}

impl CsvFile {
    /// A right file.
    #[must_use]
    pub fn new(name: &str, layout: &Layout, rows: Vec<Row>, random: &mut Random) -> Self {
        let separator = layout.separator.to_string();
        let header: Vec<&str> = layout.columns.iter().map(|(text, _)| text.as_str()).collect();
        let mut bytes = gbk(&header.join(&separator));
        let mut placed = Vec::new();
        let count = rows.len();
        for mut row in rows {
            row.fields.retain(|name, _| layout.columns.iter().any(|(_, column)| column == &Some(*name)));
            bytes.extend_from_slice(layout.line_end.as_bytes());
            let from = bytes.len() as u64;
            bytes.extend(layout.line(&row, random));
            placed.push((row, from, bytes.len() as u64));
        }
        if layout.ended {
            bytes.extend_from_slice(layout.line_end.as_bytes());
        }
        Self { file: DropFile::new(name, bytes, count), rows: placed }
    }
}

/// A field, quoted where it must be, and at times where it need not; Excel's `="0012"` stands there bare at times.
fn written(text: &str, separator: char, random: &mut Random) -> String {
    let must = text.contains([separator, '"', '\n', '\r']);
    let bare = text.starts_with("=\"") && !text.contains([separator, '\n', '\r']) && random.below(2) == 0;
    if bare || (!must && random.below(3) > 0) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The GBK bytes of a text.
pub(super) fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = GBK.encode(text);
    assert!(!lost, "GBK has every character of {text}");
    bytes.into_owned()
}
