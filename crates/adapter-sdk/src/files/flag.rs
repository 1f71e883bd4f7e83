//! The flag file (标志文件) that a department writes when its data file is complete.

use std::{fs::File, io::Read, path::Path};

/// Longest flag file that is read, in bytes.
const LONGEST: u64 = 4096;

/// What a flag file states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flag {
    /// Rows of the data file; none when it does not say so in a readable way.
    pub(crate) rows: Option<u64>,
    /// SM3 of the data file's bytes, lower-case hexadecimal.
    pub(crate) sm3: Option<String>,
}

impl Flag {
    pub(crate) fn read(path: &Path) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(Self::parse(&bytes))
    }

    /// Reads lines `rows=` and `sm3=` in either order and with any line ends; other lines mean nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let value = |name: &str| {
            text.trim_start_matches('\u{feff}').lines().find_map(|line| {
                let (left, right) = line.split_once('=')?;
                left.trim().eq_ignore_ascii_case(name).then(|| right.trim())
            })
        };
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let hex = |text: &&str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        Self {
            rows: value("rows").filter(digits).and_then(|rows| rows.parse().ok()),
            sm3: value("sm3").filter(hex).map(str::to_ascii_lowercase),
        }
    }

    /// Whether both lines are there; else it may still be being written.
    pub(crate) fn is_complete(&self) -> bool {
        self.rows.is_some() && self.sm3.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_lines_are_read_with_any_line_end_and_case() {
        let sm3 = "AB".repeat(32);
        let flag = Flag::parse(format!("rows=12\r\nsm3={sm3}\r\n").as_bytes());
        assert_eq!(flag, Flag { rows: Some(12), sm3: Some("ab".repeat(32)) });
        assert_eq!(Flag::parse(format!("SM3 = {sm3}\nROWS = 12").as_bytes()), flag);
    }

    #[test]
    fn what_cannot_be_read_is_missing() {
        assert_eq!(Flag::parse(b"rows=-1\nsm3=00"), Flag::default());
        assert_eq!(Flag::parse(b""), Flag::default());
        assert!(!Flag::parse(b"rows=1").is_complete());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            drop(Flag::parse(&bytes));
        }
    }
}
