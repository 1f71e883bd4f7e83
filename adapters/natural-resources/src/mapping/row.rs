//! A row of any of the tables: its number, its key, whether it says or takes back.

use adapter_sdk::{
    reading::{Fault, Fields},
    rules::{FIELD_REQUIRED, MESSAGE_OP, NUMBER_INVALID},
};
use domain::{Timestamp, text::half_width};

/// A row's values, by column names in lower case.
pub(super) struct TableRow(Fields);

impl TableRow {
    /// # Errors
    /// `message.json` when the bytes are no row of a table.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        Ok(Self(Fields::from_json(bytes)?.with_lower_names()))
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.0
    }

    pub(super) fn text(&self, column: &str) -> String {
        self.0.text(column).to_owned()
    }

    /// `lsh`, the order of truth.
    pub(super) fn serial(&self) -> Result<u64, Fault> {
        self.0.whole("lsh")?.ok_or(Fault::new(&FIELD_REQUIRED, "lsh"))
    }

    /// `dfsjzj`, by which the department's rows belong together.
    pub(super) fn department_key(&self) -> Result<String, Fault> {
        self.key("dfsjzj")
    }

    /// A key as it is written, only digits and letters made half-width.
    pub(super) fn key(&self, column: &'static str) -> Result<String, Fault> {
        self.0.key(column)?;
        Ok(self.0.text(column).chars().map(narrow).collect())
    }

    /// `sjyxbs`: whether the row is valid, and does not invalidate others.
    pub(super) fn is_valid(&self) -> Result<bool, Fault> {
        match self.0.number("sjyxbs").as_str() {
            "1" | "" => Ok(true),
            "0" => Ok(false),
            _ => Err(Fault::new(&MESSAGE_OP, "sjyxbs")),
        }
    }

    /// `xh`, the holder's number within its title.
    pub(super) fn place(&self) -> Result<i64, Fault> {
        let given = self.0.number("xh");
        if given.is_empty() {
            return Err(Fault::new(&FIELD_REQUIRED, "xh"));
        }
        given.parse().map_err(|_| Fault::new(&NUMBER_INVALID, "xh"))
    }

    /// The time of a version; the beginning of 1970 where the row has none.
    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, Fault> {
        Ok(self.0.instant(column)?.unwrap_or_default())
    }
}

fn narrow(c: char) -> char {
    let narrowed = half_width(c.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(c);
    if narrowed.is_ascii_alphanumeric() { narrowed } else { c }
}
