//! What a header says of the rows under it.

use super::{
    LONGEST_ROW,
    cutter::{Cutter, Is, Separator},
};
use crate::gb18030;
use domain::text;

/// Separator and columns of a file, with the name of its [`Kind`](super::Kind).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    kind: String,
    separator: Separator,
    columns: Vec<String>,
}

/// What is wrong with a row before any field is looked at, in the order in which it is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// Another number of fields than the header has columns, text outside the quotes of a field, or more than
    /// [`LONGEST_ROW`] bytes.
    Columns,
    /// The field of this name is not GB18030.
    Encoding(&'static str),
}

impl Layout {
    pub(super) fn new(kind: &str, separator: Separator, columns: Vec<String>) -> Self {
        Self { kind: kind.to_owned(), separator, columns }
    }

    /// Reads a layout that travelled with a row ([`FramedRow::kind`](crate::framing::FramedRow::kind)); nothing when the text
    /// is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('\t');
        let kind = parts.next()?.to_owned();
        let separator = Separator::from_text(parts.next()?)?;
        let columns: Vec<String> = parts.map(str::to_owned).collect();
        (!columns.is_empty()).then_some(Self { kind, separator, columns })
    }

    /// The layout as text: kind, separator and columns with tabs between them.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\t{}", self.kind, self.separator.as_str());
        for column in &self.columns {
            text.push('\t');
            text.push_str(column);
        }
        text
    }

    /// Name of the kind of file.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether there is a column of this name.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// The fields of a row in the columns of these names, as they stand between their quotes; columns that the file does
    /// not have are left out.
    ///
    /// # Errors
    /// The first [`RowFault`], encoding in the order of `names`.
    pub fn split(&self, row: &[u8], names: &[&'static str]) -> Result<Vec<(&'static str, String)>, RowFault> {
        let fields = split(row, self.separator).filter(|fields| fields.len() == self.columns.len());
        let fields = fields.ok_or(RowFault::Columns)?;
        let mut found = Vec::with_capacity(names.len());
        for &name in names {
            let Some(place) = self.columns.iter().position(|column| column == name) else { continue };
            let bytes = fields.get(place).map(Vec::as_slice).unwrap_or_default();
            let text = gb18030::decode(bytes).map_err(|_| RowFault::Encoding(name))?;
            found.push((name, text.into_owned()));
        }
        Ok(found)
    }

    pub(super) fn separator(&self) -> Separator {
        self.separator
    }

    /// One field of a row that can be split, with blanks trimmed.
    pub(super) fn field(&self, row: &[u8], column: &str) -> Option<String> {
        let place = self.columns.iter().position(|name| name == column)?;
        let fields = split(row, self.separator).filter(|fields| fields.len() == self.columns.len())?;
        let text = gb18030::decode(fields.get(place)?).ok()?;
        Some(text::trim(&text).to_owned())
    }
}

/// A number without what Excel puts around it to keep it a text: `="0012"` and `'0012` are `0012`.
#[must_use]
pub fn plain_number(text: &str) -> &str {
    let text = text::trim(text);
    // Of a list of such numbers each is for itself.
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.contains('"'));
    let inner = inner.map_or(text, text::trim);
    inner.strip_prefix('\'').map_or(inner, text::trim)
}

/// The fields of a row; nothing when its quoting is broken or it is too long to be whole.
pub(super) fn split(row: &[u8], separator: Separator) -> Option<Vec<Vec<u8>>> {
    let mut cutter = Cutter::new(separator);
    let (mut fields, mut field, mut half) = (Vec::new(), Vec::new(), None);
    for &byte in row {
        let is = cutter.push(byte);
        // The first half of a character is content, unless both halves together separate two fields.
        let separates = is == Is::FieldEnd && separator == Separator::Wide;
        field.extend(half.take().filter(|_| !separates));
        match is {
            Is::Half => half = Some(byte),
            Is::Content => field.push(byte),
            Is::Mark => {}
            Is::Opening => field.clear(),
            Is::FieldEnd => fields.push(std::mem::take(&mut field)),
            Is::RowEnd => return None,
        }
    }
    field.extend(half);
    fields.push(field);
    let whole = !cutter.is_malformed() && !cutter.is_quoted() && row.len() < LONGEST_ROW;
    whole.then_some(fields)
}
