use sm3::{Digest, Sm3};
use std::{fs, io, path::Path};

/// A file as a department drops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The bytes of its flag file; `None` while it is still being written.
    pub flag: Option<Vec<u8>>,
}

impl DropFile {
    /// A file with a true flag.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>, rows: usize) -> Self {
        let flag = Some(flag(rows, &bytes));
        Self { name: name.into(), bytes, flag }
    }

    /// The same without a flag.
    #[must_use]
    pub fn unfinished(self) -> Self {
        Self { flag: None, ..self }
    }

    /// The same with a flag that speaks of other bytes.
    #[must_use]
    pub fn with_wrong_hash(self, rows: usize) -> Self {
        let flag = Some(flag(rows, b"other bytes"));
        Self { flag, ..self }
    }

    /// Drops it into a folder, the flag last.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn drop_into(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(&self.name), &self.bytes)?;
        match &self.flag {
            Some(flag) => fs::write(folder.join(format!("{}.ok", self.name)), flag),
            None => Ok(()),
        }
    }
}

/// SM3 in hexadecimal digits.
fn flag(rows: usize, bytes: &[u8]) -> Vec<u8> {
    format!("rows={rows}\nsm3={}\n", hex::encode(Sm3::digest(bytes))).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_holds_the_standards_own_digest() {
        let text = String::from_utf8(flag(3, b"abc")).unwrap();
        assert_eq!(text, "rows=3\nsm3=66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n");
    }
}
