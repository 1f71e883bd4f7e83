//! Front-end exchange tables (前置库).

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A column of an exchange table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the department defines it.
    pub name: &'static str,
    /// Whether the adapter cannot do without it.
    pub required: bool,
}

/// A table that is read by the time at which its rows were written.
#[derive(Debug, Clone, Copy)]
pub struct TimeTable {
    /// Name of the table.
    pub table: &'static str,
    /// Its unique key, text.
    pub key: &'static str,
    /// When a row was written; several rows share a value, clocks step back.
    pub time: &'static str,
    /// All columns that are read, `key` and `time` included.
    pub columns: &'static [Column],
    /// How much later than its time a row can be committed, in seconds.
    pub late: u32,
    /// Where refused rows are told.
    pub errors: Option<ErrorTable>,
}

/// A table that is told of refused rows.
#[derive(Debug, Clone, Copy)]
pub struct ErrorTable {
    /// Name of the table.
    pub table: &'static str,
    /// Column of the refused row's key.
    pub key: &'static str,
    /// Column of the refused row's time.
    pub time: &'static str,
    /// Column of the rule id and the sentence.
    pub remark: &'static str,
    /// Longest remark in characters.
    pub longest: usize,
}

/// A table that is read by a serial number, with a status that is written back.
#[derive(Debug, Clone, Copy)]
pub struct SerialTable {
    /// Name of the table.
    pub table: &'static str,
    /// The serial number, its primary key.
    pub serial: &'static str,
    /// All columns that are read, `serial` included.
    pub columns: &'static [Column],
    /// Column of the status: 0 new, 1 taken in, 2 refused.
    pub status: &'static str,
    /// Column of the sentence that says why a row is refused.
    pub reason: &'static str,
    /// Longest sentence in characters.
    pub longest: usize,
}

/// How a front-end exchange database is reached (`source = { kind = "mariadb" | "postgres", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `mysql://host:port/database` or `postgres://host:port/database`, without name and password.
    pub url: String,
    /// The account.
    pub user: String,
    /// File with its password.
    pub password_file: PathBuf,
    /// Certificate authority of the server, where the connection is to be encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}
