//! REST interfaces that are read page by page.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A list of changes behind a cursor, called with the national platform's signed headers (standards 6.1).
#[derive(Debug, Clone, Copy)]
pub struct RestFeed {
    /// Path of the list (`/dj/changes`).
    pub path: &'static str,
    /// Rows asked for at once.
    pub page: u32,
    /// Calls that the department allows in an hour.
    pub calls_per_hour: u32,
}

/// How a REST interface is reached (`source = { kind = "rest", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestSettings {
    /// Beginning of its addresses (`https://host:port`).
    pub url: String,
    /// Certificate authority of the server.
    pub ca: PathBuf,
    /// Id of the requester (`gjgxjhpt_rid`).
    pub requester: String,
    /// Id of the service (`gjgxjhpt_sid`).
    pub service: String,
    /// File with the key that the short-lived secret is decrypted with.
    pub key_file: PathBuf,
}
