//! Whole files, from a dropped file to what becomes of each row.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its fixture has failed")]

use adapter_sdk::{TryConfig, TryLine, TrySummary, try_files};
use std::path::{Path, PathBuf};

/// `row outcome key flags` of every line; a reject has its rule and field instead.
fn try_out(names: &[&str]) -> (Vec<String>, TrySummary) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    let mut lines = Vec::new();
    let mut keep = |line: &TryLine| {
        lines.push(told(line));
        Ok(())
    };
    let summary = try_files(&housing_construction::adapter(), &files, TryConfig::default(), &mut keep).unwrap();
    (lines, summary)
}

fn told(line: &TryLine) -> String {
    let row = line.source.row.unwrap_or_default();
    let words = if let Some(rule) = line.rule {
        format!("{rule} {}", line.field.unwrap_or_default())
    } else {
        format!(
            "{} {}",
            line.key.as_deref().unwrap_or_default(),
            line.flags.as_ref().map_or(String::new(), |flags| flags.join(","))
        )
    };
    format!("{row} {} {}", line.outcome, words.trim_end()).trim_end().to_owned()
}

#[test]
fn one_bad_row_never_stops_the_rest() {
    let (lines, summary) = try_out(&["permits/SGXKZ_20260106_001.csv"]);
    assert_eq!(
        lines,
        [
            "1 record 110101202601050101",
            "2 record 110101202601050102 certificate-id.legacy-variant",
            "3 record 110101202601050103 certificate-id.checksum",
            "4 reject certificate.status-text 状态描述",
            "5 record 110101202601050105",
            "6 reject certificate.replaces-missing 关联证照标识",
            "7 reject certificate.replaces-missing 关联证照标识",
            "8 reject uscc.checksum 建设单位代码",
            "9 reject party.missing 建设单位代码",
            "10 reject party.masked 建设单位代码",
            "11 record 110101202601050111 uscc.inner-check",
            "12 record 110101202601050112 code.unknown",
            "13 reject field.required 发证机关",
            "14 reject certificate.number 证照编号",
            "15 unchanged 110101202601050101",
            "16 record 110101202601050101",
            "17 record (建)字2026-1 号",
        ]
    );
    assert_eq!((summary.rows, summary.published, summary.unchanged, summary.rejected), (17, 8, 1, 8));
}

#[test]
fn unknown_columns_are_counted_and_told() {
    let (lines, summary) = try_out(&["contracts/FWHT_20260107_001.csv"]);
    assert_eq!(lines[0], "0 note");
    assert_eq!((summary.unknown_columns, summary.rows), (1, 6));
}

#[test]
fn the_same_files_again_bring_nothing_back() {
    let contracts = ["contracts/FWHT_20260106_001.csv", "contracts/FWHT_20260107_001.csv"];
    let (_, once) = try_out(&contracts);
    let (_, twice) = try_out(&[contracts[0], contracts[1], contracts[0]]);
    assert_eq!((twice.records, twice.rejected), (once.records, once.rejected + 12));
}
