//! Departments' files of any length, written as fast as the disk takes them.

mod hashed;
mod register;
mod xml;

pub(crate) use self::hashed::Hashed;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// A file as a department drops it, with its flag beside it.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    /// Whose it is.
    pub(crate) department: &'static str,
    /// The data file; its flag file has `.ok` behind the name.
    pub(crate) path: PathBuf,
    /// Rows in it.
    pub(crate) rows: u64,
    /// Its size.
    pub(crate) bytes: u64,
}

impl Stock {
    /// Writes `rows` rows of a department into `folder`.
    pub(crate) fn write(department: &'static str, folder: &Path, rows: u64) -> Result<Self> {
        eprintln!("{department}: writing {rows} rows");
        std::fs::create_dir_all(folder)?;
        let (name, bytes) = match department {
            "public-security" => (register::NAME, register::write(folder, rows)?),
            "market-supervision" => (xml::NAME, xml::write(folder, rows)?),
            other => bail!("no file of {other} can be written"),
        };
        Ok(Self { department, path: folder.join(name), rows, bytes })
    }
}
