//! Handing files over as a department's nightly job does: the data first, then the flag.

use anyhow::{Context, Result};
use std::{fs, path::Path};

/// A file to be handed over.
pub(super) struct Delivery {
    /// Its name.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// What its flag says of its rows.
    pub(super) rows: u64,
}

impl Delivery {
    /// Puts the file and its flag into `inbox`.
    pub(super) fn drop_into(&self, inbox: &Path) -> Result<()> {
        let sm3 = security::digest::hex(&security::digest::sm3(&self.bytes));
        let data = inbox.join(&self.name);
        fs::write(&data, &self.bytes).with_context(|| format!("cannot write {}", data.display()))?;
        let flag = inbox.join(format!("{}.ok", self.name));
        fs::write(&flag, format!("rows={}\nsm3={sm3}\n", self.rows))
            .with_context(|| format!("cannot write {}", flag.display()))
    }
}
