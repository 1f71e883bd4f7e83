//! A month's table of social insurance.

use crate::{numbers, stock::Hashed};
use anyhow::Result;
use encoding_rs::GBK;
use std::{io::Write as _, path::Path};

/// Name, type and width of each column.
const COLUMNS: &[(&str, u8, u8)] = &[
    ("AAC001", b'C', 20),
    ("AAC003", b'C', 40),
    ("AAC058", b'C', 3),
    ("AAC147", b'C', 30),
    ("AAB001", b'C', 20),
    ("AAB004", b'C', 100),
    ("AAB998", b'C', 18),
    ("AAE140", b'C', 3),
    ("AAE041", b'N', 6),
    ("AAE042", b'N', 6),
    ("AAC008", b'C', 1),
    ("AAE100", b'C', 1),
    ("AAE036", b'D', 8),
];
const INSURANCES: [&str; 5] = ["110", "210", "310", "410", "510"];

/// Writes the table with its flag file; gives its size in bytes.
pub(super) fn write(folder: &Path, rows: u64) -> Result<u64> {
    let mut out = Hashed::create(folder, "CBZT_202610_001.dbf")?;
    out.write_all(&head(rows))?;
    let mut record = Vec::new();
    for row in 0..rows {
        record.clear();
        record.push(b' ');
        let (person, employer) = (row / 5, row / 500);
        let number = numbers::citizen(person);
        let texts = [
            format!("{person:020}"),
            format!("测试人员{person}"),
            "111".to_owned(),
            number,
            format!("{employer:020}"),
            format!("测试用人单位有限责任公司{employer}"),
            numbers::uscc(employer),
            INSURANCES[usize::try_from(row % 5)?].to_owned(),
            "201501".to_owned(),
            "202610".to_owned(),
            "1".to_owned(),
            "1".to_owned(),
            "20261028".to_owned(),
        ];
        for (text, (_, _, width)) in texts.iter().zip(COLUMNS) {
            let (bytes, _, _) = GBK.encode(text);
            let end = record.len() + usize::from(*width);
            record.extend_from_slice(&bytes[..bytes.len().min(usize::from(*width))]);
            record.resize(end, b' ');
        }
        out.write_all(&record)?;
    }
    out.write_all(&[0x1A])?;
    out.finish(rows)
}

fn head(rows: u64) -> Vec<u8> {
    let record: u16 = 1 + COLUMNS.iter().map(|(_, _, width)| u16::from(*width)).sum::<u16>();
    let length = u16::try_from(32 + 32 * COLUMNS.len() + 1).unwrap_or(u16::MAX);
    let mut head = vec![0x03, 126, 10, 31];
    head.extend_from_slice(&u32::try_from(rows).unwrap_or(u32::MAX).to_le_bytes());
    head.extend_from_slice(&length.to_le_bytes());
    head.extend_from_slice(&record.to_le_bytes());
    head.resize(32, 0);
    for (name, kind, width) in COLUMNS {
        let from = head.len();
        head.extend_from_slice(name.as_bytes());
        head.resize(from + 11, 0);
        head.push(*kind);
        head.resize(from + 16, 0);
        head.push(*width);
        head.resize(from + 32, 0);
    }
    head.push(0x0D);
    head
}
