//! The promises of every adapter, over tables as the department's monthly job writes them.

mod table;

use sm3::{Digest, Sm3};
use std::{fs, path::Path};
use table::{COLUMNS, Entry, edited, table, table_of};

adapter_sdk::conformance!(social_security::adapter, fixtures = "tests/fixtures");

/// A month: one record for each provision, told apart by the number at the end of `AAC001`.
const OCTOBER: [&[(&str, &str)]; 37] = [
    &[],
    &[("AAC147", "110105491231002")],
    &[("AAC147", "110105194912310021")],
    &[("AAC147", "110105194902300012")],
    &[("AAC147", "110105********002X")],
    &[("AAC147", "")],
    &[("AAC058", ""), ("AAC147", "11010519491231002x")],
    &[("AAC058", ""), ("AAC147", "H12345678")],
    &[("AAC058", "414"), ("AAC147", "E12345678")],
    &[("AAC058", "516"), ("AAC147", "810000199001010019")],
    &[("AAC058", "222")],
    &[("AAC058", "999"), ("AAC147", "军字第00001号")],
    &[("AAC001", "")],
    &[("AAB001", "")],
    &[("AAE140", "")],
    &[("AAE140", "999")],
    &[("AAE140", "310"), ("AAC008", "2")],
    &[("AAE140", "510"), ("AAC008", "4"), ("AAE100", "0")],
    &[("AAC008", "9")],
    &[("AAC008", ""), ("AAE100", "")],
    &[("AAE100", "X")],
    &[("AAB998", "")],
    &[("AAB998", "91110000600037341M")],
    &[("AAB998", "9111000*********1L")],
    &[("AAB998", ""), ("AAB004", "")],
    &[("AAE041", "")],
    &[("AAE042", "")],
    &[("AAE041", "******")],
    &[("AAE042", "******")],
    &[("AAE041", "202013")],
    &[("AAE041", "20-001")],
    &[("AAE041", "202611")],
    &[("AAE041", "202610")],
    &[("AAE036", "")],
    &[("AAE036", "20261301")],
    &[("AAC003", "欧阳·古丽努尔买买提艾力江阿卜杜热合曼吐尔逊")],
    &[("AAC003", "A欧阳·古丽努尔买买提艾力江阿卜杜热合曼吐尔逊")],
];

/// The month after: the same again, one handled before, one that ended, one of another employer.
const NOVEMBER: [&[(&str, &str)]; 4] = [
    &[],
    &[("AAE036", "20260101")],
    &[("AAC008", "3"), ("AAE042", "202611"), ("AAE036", "20261105")],
    &[("AAB001", "DW0000002"), ("AAB998", "91350100M000100Y43"), ("AAE041", "202611"), ("AAE042", "202611")],
];

fn october() -> Vec<Entry> {
    let numbered = |(number, edits): (usize, &&[(&str, &str)])| {
        let number = format!("33010000000{:05}", number + 1);
        edits.iter().fold(edited(&[("AAC001", &number)]), |entry, (column, text)| entry.with(column, text))
    };
    let mut entries: Vec<Entry> = OCTOBER.iter().enumerate().map(numbered).collect();
    let last = |number: &str| edited(&[("AAC001", number)]);
    entries.push(last("3301000000000101").with("AAB004", &format!("A{}", "公司".repeat(30))));
    entries.push(last("3301000000000102").with_bytes("AAC003", b"A\x80"));
    entries.push(last("3301000000000103").with_bytes("AAC147", &[b"A", &[0xCD, 0xF5].repeat(15)[..]].concat()));
    entries.push(last("3301000000000104").marked(b'*').with("AAC147", "x"));
    entries.push(last("3301000000000105").marked(b'?'));
    entries
}

/// In another order, with a column that the interface does not know, and without end mark.
fn november() -> Vec<u8> {
    let mut columns = COLUMNS.to_vec();
    columns.rotate_left(5);
    columns.push(("BZ", b'C', 10));
    let entries: Vec<Entry> = NOVEMBER
        .iter()
        .map(|edits| {
            let record = edited(edits).0;
            let (front, back) = record[1..].split_at(20 + 40 + 3 + 30 + 20);
            Entry([b" ", back, front, b"remark    "].concat())
        })
        .collect();
    let mut bytes = table_of(&columns, &entries);
    bytes.pop();
    bytes
}

/// Cut in the middle of a record, as when a copy was interrupted.
fn torn() -> Vec<u8> {
    let whole = table(&october());
    whole[..whole.len() - 300].to_vec()
}

#[test]
fn fixtures_are_as_the_job_writes_them() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"));
    let without_state: Vec<_> = COLUMNS.into_iter().filter(|(name, _, _)| *name != "AAC008").collect();
    for (name, bytes, rows) in [
        ("two-months/CBZT_202610_001.dbf", table(&october()), OCTOBER.len() + 4),
        ("two-months/CBZT_202611_001.dbf", november(), NOVEMBER.len()),
        ("torn/CBZT_202612_001.dbf", torn(), OCTOBER.len() + 4),
        ("column-missing/CBZT_202612_002.dbf", table_of(&without_state, &[]), 0),
        ("flag-differs/CBZT_202612_003.dbf", table(&[Entry::new(), Entry::new().marked(b'*')]), 2),
    ] {
        let flag = format!("rows={rows}\r\nsm3={}\r\n", hex::encode(Sm3::digest(&bytes)));
        same_as_file(&folder.join(name), &bytes);
        same_as_file(&folder.join(format!("{name}.ok")), flag.as_bytes());
    }
}

fn same_as_file(path: &Path, bytes: &[u8]) {
    assert!(fs::read(path).is_ok_and(|stored| stored == bytes), "{} differs", path.display());
}
