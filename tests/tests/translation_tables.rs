//! `exchange adapter try` on rows of tables, feeds and topics says what the interface documents say, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    generate::{marriages, quotas, taxes, titles},
    oracle::{MarriageOracle, QuotaOracle, TaxOracle, TitleOracle},
    product,
    tables::{RowCount, TableRow, WantedRow, contradictions},
};
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

#[test]
fn titles_and_permits_are_translated_as_the_interface_document_says() {
    let folder = TempDir::new().unwrap();
    let story = titles::story(22, 300);
    let mut oracle = TitleOracle::default();
    story.rows.iter().for_each(|row| oracle.take(row));
    check("natural-resources", &rows(&folder, &story.rows), &oracle.rows);
}

#[test]
fn quotas_are_translated_as_the_interface_document_says() {
    let folder = TempDir::new().unwrap();
    let story = quotas::story(23, 300);
    let mut oracle = QuotaOracle::default();
    story.messages.iter().for_each(|(label, text)| oracle.take(label, text));
    let file = saved(&folder, "messages.ndjson", story.texts().map(str::to_owned));
    check("transport", &[file], &oracle.rows);
}

#[test]
fn tax_registrations_are_translated_as_the_interface_document_says() {
    let folder = TempDir::new().unwrap();
    let story = taxes::story(24, 300);
    let mut oracle = TaxOracle::default();
    let pages = story.pages(50);
    for page in &pages {
        oracle.take_page(page);
    }
    let files: Vec<PathBuf> = pages
        .iter()
        .map(|page| {
            let path = folder.path().join(&page.name);
            fs::write(&path, &page.text).unwrap();
            path
        })
        .collect();
    check("taxation", &files, &oracle.rows);
}

#[test]
fn an_error_of_the_tax_bureau_is_no_page() {
    let folder = TempDir::new().unwrap();
    for (name, text) in [
        ("code.json", r#"{"code":"4101","message":"","data":null}"#),
        ("rows.json", r#"{"code":"99","message":"","data":{"next":"a","more":false,"rows":[{"DJXH":"1"}]}}"#),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let lines = product::translate("taxation", &[path]);
        let said: Vec<_> = lines.iter().map(|line| (line["outcome"].as_str(), line["rule"].as_str())).collect();
        assert_eq!(said, [(Some("file-refused"), Some("provider.error")), (Some("summary"), None)], "{name}");
    }
}
