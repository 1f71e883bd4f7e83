//! The whole register of residents: fixed-width rows of 515 bytes in GB18030.

use super::Hashed;
use crate::numbers;
use anyhow::Result;
use exchange_tests::generate::{People, register::Row};
use std::{io::Write as _, path::Path};

pub(super) const NAME: &str = "CZRK_110101_20261101_001.txt";
const STAMP: &str = "20261101080000";

/// Writes the file with its flag file; gives its size in bytes.
pub(super) fn write(folder: &Path, rows: u64) -> Result<u64> {
    let mut out = Hashed::create(folder, NAME)?;
    writeln!(out, "H110101{STAMP}F")?;
    let mut people = People::new(1);
    for row in 0..rows {
        let index = numbers::scattered(row);
        let resident = Row::with_number(&mut people, &numbers::citizen(index), STAMP);
        let mut bytes = resident.with("ryid", &format!("1101{index:016}")).bytes();
        bytes.push(b'\n');
        out.write_all(&bytes)?;
    }
    writeln!(out, "T{rows:010}")?;
    out.finish(rows)
}
