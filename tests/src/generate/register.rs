//! The resident register: rows of 515 bytes (public-security.md).
mod row;
mod story;
mod traps;

pub use self::{
    row::{FIELDS, Row},
    story::{Story, story},
    traps::rows_with_traps,
};

use super::DropFile;

/// A right file of `rows`, mode `F` (full) or `I` (incremental).
#[must_use]
pub fn file(name: &str, mode: char, rows: &[Vec<u8>]) -> DropFile {
    DropFile::new(name, bytes(name, mode, rows, rows.len()), rows.len())
}

/// Header, rows, and a trailer that counts `counted`.
fn bytes(name: &str, mode: char, rows: &[Vec<u8>], counted: usize) -> Vec<u8> {
    let mut bytes = format!("H{}{}230000{mode}\r\n", &name[5..11], &name[12..20]).into_bytes();
    for row in rows {
        bytes.extend_from_slice(row);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("T{counted:010}\r\n").as_bytes());
    bytes
}
