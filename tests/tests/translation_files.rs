//! `exchange adapter try` on files of contracts, insurances, teachers and births, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    Class,
    generate::{DropFile, Fate, Step, births, housing, insurance, teachers},
    oracle::{BirthOracle, HousingOracle, InsuranceOracle, TeacherOracle},
    product,
    rows::{End, Tally, Wanted, disagreements},
};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// Writes each file into a folder of its own, because one can have the name of another.
fn written<'a>(folder: &TempDir, files: impl IntoIterator<Item = &'a DropFile>) -> Vec<PathBuf> {
    let write = |(number, file): (usize, &DropFile)| {
        let folder = folder.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        file.drop_into(&folder).unwrap();
        folder.join(&file.name)
    };
    files.into_iter().enumerate().map(write).collect()
}

fn check_rows(department: &str, files: &[PathBuf], wanted: &[Wanted]) {
    let mut lines = product::translate(department, files);
    let summary = lines.pop().unwrap();
    assert_eq!(summary["outcome"], "summary");
    let refused: Vec<Value> = lines.extract_if(.., |line| line["outcome"] == "file-refused").collect();
    assert!(refused.is_empty(), "{refused:?}");
    let found = disagreements(wanted, lines);
    let shown = found.iter().take(60).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} differences of {} rows:\n{shown}", found.len(), wanted.len());
    assert_eq!(Tally::from_json(&summary, "rows"), Tally::of(wanted), "{summary}");
    let records = wanted.iter().filter_map(|row| match &row.end {
        End::Records(records) => Some(records.iter().filter(|(class, _)| *class == Class::Published).count()),
        _ => None,
    });
    assert_eq!(summary["records"], records.sum::<usize>());
}

/// Each wrong file is refused by its rule, and nothing of it comes out.
fn check_refusals(department: &str, steps: &[Step]) {
    let folder = TempDir::new().unwrap();
    let files = written(&folder, steps.iter().map(|step| &step.file));
    let mut lines = product::translate(department, &files);
    let summary = lines.pop().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let said: Vec<_> =
        lines.iter().map(|line| [&line["outcome"], &line["source"]["file"], &line["rule"]].map(text)).collect();
    let wanted: Vec<_> = (steps.iter().map(|step| match step.fate {
        Fate::Refused(rule) => ["file-refused", &step.file.name, rule].map(str::to_owned),
        _ => panic!("a wrong file"),
    }))
    .collect();
    assert_eq!(said, wanted);
    assert_eq!(Tally::from_json(&summary, "rows"), Tally::default(), "{summary}");
}

#[test]
fn contracts_and_permits_are_translated_as_the_interface_document_says() {
    let story = housing::story(21, 200);
    let mut oracle = HousingOracle::default();
    story.files.iter().for_each(|file| oracle.take(file));
    let folder = TempDir::new().unwrap();
    let files = written(&folder, story.files.iter().map(|file| &file.file));
    check_rows("housing-construction", &files, &oracle.rows);
}

#[test]
fn wrong_files_of_contracts_and_permits_are_refused_whole() {
    check_refusals("housing-construction", &housing::story(22, 20).wrong);
}

#[test]
fn a_file_of_contracts_with_the_columns_of_permits_is_refused_whole() {
    check_refusals("housing-construction", &[housing::file_of_the_other_kind(28)]);
}

#[test]
fn insurances_are_translated_as_the_interface_document_says() {
    let story = insurance::story(23, 200);
    let mut oracle = InsuranceOracle::default();
    story.files.iter().for_each(|file| oracle.take(file));
    let folder = TempDir::new().unwrap();
    let files = written(&folder, story.files.iter().map(|file| &file.file));
    check_rows("social-security", &files, &oracle.rows);
}

#[test]
fn wrong_tables_of_insurances_are_refused_whole() {
    check_refusals("social-security", &insurance::story(24, 20).wrong);
}

#[test]
fn births_are_translated_as_the_interface_document_says() {
    let (lines, _) = births::story(25, 200);
    let mut oracle = BirthOracle::default();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("births.ndjson");
    fs::write(&file, oracle.take("births.ndjson", &lines)).unwrap();
    check_rows("health", &[file], &oracle.rows);
}

#[test]
fn teachers_are_translated_as_the_interface_document_says() {
    let story = teachers::story(26, 100);
    let mut oracle = TeacherOracle::default();
    story.books.iter().for_each(|book| oracle.take(book));
    let folder = TempDir::new().unwrap();
    let files: Vec<PathBuf> = story.books.iter().map(|book| book.put_into(folder.path())).collect();
    check_rows("education", &files, &oracle.rows);
}

#[test]
fn wrong_workbooks_of_teachers_are_refused_whole() {
    let story = teachers::story(27, 20);
    let folder = TempDir::new().unwrap();
    for (rules, book) in &story.wrong {
        let lines = product::translate("education", &[book.put_into(folder.path())]);
        let line = &lines[0];
        let said = (lines.len(), line["outcome"].as_str(), line["source"]["file"].as_str());
        assert_eq!(said, (2, Some("file-refused"), Some(book.name.as_str())), "{rules:?} {lines:?}");
        assert!(rules.iter().any(|rule| line["rule"] == *rule), "{rules:?} {line}");
    }
}
