//! A file that is hashed while it is written.

use anyhow::Result;
use sm3::{Digest as _, Sm3};
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// A data file under way.
pub(crate) struct Hashed {
    path: PathBuf,
    inner: BufWriter<File>,
    hash: Sm3,
    bytes: u64,
}

impl Hashed {
    /// Begins the file.
    pub(crate) fn create(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let inner = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        Ok(Self { path, inner, hash: Sm3::new(), bytes: 0 })
    }

    /// Ends the file and lays its flag file beside it; gives its size in bytes.
    pub(crate) fn finish(mut self, rows: u64) -> Result<u64> {
        self.inner.flush()?;
        let sm3 = hex::encode(self.hash.finalize());
        let mut flag = self.path.into_os_string();
        flag.push(".ok");
        fs::write(flag, format!("rows={rows}\nsm3={sm3}\n"))?;
        Ok(self.bytes)
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
