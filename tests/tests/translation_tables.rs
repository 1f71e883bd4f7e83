//! `exchange adapter try` on rows of tables, feeds and topics says what the interface documents say, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    generate::{marriages},
    oracle::{MarriageOracle},
    product,
    tables::{RowCount, TableRow, WantedRow, contradictions},
};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

fn check(department: &str, files: &[PathBuf], wanted: &[WantedRow]) {
    let mut lines = product::translate(department, files);
    let summary = lines.pop().unwrap_or_default();
    assert_eq!(summary["outcome"], "summary");
    let found = contradictions(wanted, lines);
    let shown = found.iter().take(60).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} differences of {} rows:\n{shown}", found.len(), wanted.len());
    let counted = RowCount::from_json(&summary, "rows");
    assert_eq!(counted, RowCount::of(wanted), "{summary}");
    assert!(counted.adds_up());
}

fn saved(folder: &TempDir, name: &str, lines: impl IntoIterator<Item = String>) -> PathBuf {
    let path = folder.path().join(name);
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(&path, text).unwrap();
    path
}

fn rows(folder: &TempDir, rows: &[TableRow]) -> Vec<PathBuf> {
    vec![saved(folder, "rows.ndjson", rows.iter().map(TableRow::line))]
}

#[test]
fn marriages_are_translated_as_the_interface_document_says() {
    let folder = TempDir::new().unwrap();
    let story = marriages::story(21, 300);
    let mut oracle = MarriageOracle::default();
    story.rows.iter().for_each(|row| oracle.take(row));
    check("civil-affairs", &rows(&folder, &story.rows), &oracle.rows);
}
