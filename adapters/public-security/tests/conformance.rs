//! The promises of every adapter, over files as the register's nightly job writes them.

mod register;

use register::{Line, edited, file};
use sm3::{Digest, Sm3};
use std::{fs, path::Path};

adapter_sdk::conformance!(public_security::adapter, fixtures = "tests/fixtures");

/// A first full export: one resident for each provision, told apart by the number at the end of `ryid`.
const FULL: [&[(&str, &str)]; 28] = [
    &[],
    &[("gmsfhm", "110105491231002")],
    &[("gmsfhm", "110105194912310021")],
    &[("gmsfhm", "110105194902300012")],
    &[("gmsfhm", "110105********002X")],
    &[("gmsfhm", "")],
    &[("csrq", "19491230")],
    &[("csrq", "")],
    &[("csrq", "19491331")],
    &[("xb", "1")],
    &[("xb", "0")],
    &[("ssxq", "340191")],
    &[("xm", "王?")],
    &[("cym", "王\u{E000}")],
    &[("xm", "王\u{20000}\u{2A6D6}")],
    &[("hyzk", "1"), ("mz", "99")],
    &[("yxqxjzrq", "长期")],
    &[("yxqxjzrq", "")],
    &[("ryzt", "1")],
    &[("ryzt", "2")],
    &[("ryzt", "7")],
    &[("ryzt", "8")],
    &[("ryzt", "9")],
    &[("jlbz", "2"), ("gmsfhm", "x")],
    &[("czbs", "X")],
    &[("gxsj", "")],
    &[("gmsfhm", "11010549123100２")],
    &[("gmsfhm", "830000199001010039"), ("csrq", "19900101"), ("xb", "9")],
];

/// A day's changes to them.
const CHANGES: [(usize, &[(&str, &str)]); 6] = [
    (0, &[("czbs", "U"), ("gxsj", "20250101000000"), ("hh", "H0009")]),
    (0, &[("czbs", "U"), ("gxsj", "20260301000000")]),
    (0, &[("czbs", "U"), ("gxsj", "20260302000000"), ("hh", "H0002")]),
    (0, &[("czbs", "U"), ("gxsj", "20270101000000"), ("jlbz", "2")]),
    (7, &[("czbs", "D"), ("gxsj", "20260303000000")]),
    (2, &[("czbs", "U"), ("gxsj", "20260303000000")]),
];

fn resident(number: usize, edits: &[(&str, &str)]) -> Line {
    let ryid = format!("RY33010600000000{:04}", number + 1);
    edits.iter().fold(edited(&[("ryid", &ryid)]), |line, (field, text)| line.with(field, text))
}

fn full() -> Vec<u8> {
    let mut lines: Vec<Line> = FULL.iter().enumerate().map(|(number, edits)| resident(number, edits)).collect();
    lines.push(resident(100, &[]).with_bytes("xm", &[b'A', 0x80]));
    lines.push(resident(101, &[]).with_bytes("mlxz", &[b"A", &[0xCD, 0xF5].repeat(60)[..]].concat()));
    lines.push(Line(resident(102, &[]).0[..514].to_vec()));
    lines.push(resident(103, &[]).with_bytes("fwcs", b"one\r\ntwo"));
    let mut bytes = file('F', &lines);
    let trailer = bytes.len() - b"T0000000000\r\n".len();
    bytes.splice(trailer..trailer, b"\r\nno row\r\n".iter().copied());
    bytes
}

fn changes() -> Vec<u8> {
    let lines: Vec<Line> = CHANGES.iter().map(|(number, edits)| resident(*number, edits)).collect();
    file('I', &lines)
}

/// Cut in the middle of a row, as when a copy was interrupted.
fn torn() -> Vec<u8> {
    let whole = full();
    whole[..whole.len() - 300].to_vec()
}

#[test]
fn fixtures_are_as_the_job_writes_them() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"));
    for (name, bytes, rows) in [
        ("full-then-changes/CZRK_330106_20260103_001.txt", full(), FULL.len() + 4),
        ("full-then-changes/CZRK_330106_20260304_001.txt", changes(), CHANGES.len()),
        ("torn/CZRK_330106_20260305_001.txt", torn(), FULL.len() + 4),
    ] {
        let flag = format!("rows={rows}\r\nsm3={}\r\n", hex::encode(Sm3::digest(&bytes)));
        same_as_file(&folder.join(name), &bytes);
        same_as_file(&folder.join(format!("{name}.ok")), flag.as_bytes());
    }
}

fn same_as_file(path: &Path, bytes: &[u8]) {
    assert!(fs::read(path).is_ok_and(|stored| stored == bytes), "{} differs", path.display());
}
