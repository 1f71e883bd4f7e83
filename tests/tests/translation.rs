//! `exchange adapter try` on the departments' files says what the interface documents say, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    Counts, Expected,
    generate::{Fate, Step, enterprises, register},
    oracle::{EnterpriseOracle, RegisterOracle},
    product,
};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// Writes each file into a folder of its own, because corrections have the names of what they correct.
fn written(folder: &TempDir, batches: &[Vec<Step>]) -> Vec<PathBuf> {
    let fits = |fate: Fate| !matches!(fate, Fate::Known | Fate::LeftAlone);
    let steps = batches.iter().flatten().filter(|step| fits(step.fate));
    let write = |(number, step): (usize, &Step)| {
        let folder = folder.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        step.file.drop_into(&folder).unwrap();
        folder.join(&step.file.name)
    };
    steps.enumerate().map(write).collect()
}

fn refusals(batches: &[Vec<Step>]) -> Vec<(String, String)> {
    let refused = batches.iter().flatten().filter_map(|step| match step.fate {
        Fate::Refused(rule) => Some((step.file.name.clone(), rule.to_owned())),
        Fate::TriedAgain => Some((step.file.name.clone(), "provider.error".to_owned())),
        _ => None,
    });
    refused.collect()
}

fn check(department: &str, batches: &[Vec<Step>], expected: &[Expected]) {
    let folder = TempDir::new().unwrap();
    let mut lines = product::translate(department, &written(&folder, batches));
    let summary = lines.pop().unwrap();
    assert_eq!(summary["outcome"], "summary");
    let whole: Vec<Value> = lines.extract_if(.., |line| line["outcome"] == "file-refused").collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let refused: Vec<_> = whole.iter().map(|line| (text(&line["source"]["file"]), text(&line["rule"]))).collect();
    let found = product::differences(expected, lines);
    let shown = found.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} differences of {} rows:\n{shown}", found.len(), expected.len());
    assert_eq!(refused, refusals(batches));
    assert_eq!(Counts::from_json(&summary, "rows"), Counts::of(expected));
    let records = expected.iter().flat_map(|row| &row.records);
    let published = records.filter(|(class, _)| *class == exchange_tests::Class::Published).count();
    assert_eq!(summary["records"], published);
}

#[test]
fn residents_are_translated_as_the_interface_document_says() {
    let story = register::story(1, 300);
    let mut oracle = RegisterOracle::default();
    for step in story.batches.iter().flatten().filter(|step| step.fate == Fate::Taken) {
        oracle.take(&step.file);
    }
    check("public-security", &story.batches, &oracle.rows);
}

#[test]
fn enterprises_are_translated_as_the_interface_document_says() {
    let story = enterprises::story(2, 120);
    let mut oracle = EnterpriseOracle::default();
    story.pages.iter().for_each(|page| oracle.take(page));
    check("market-supervision", &story.batches, &oracle.rows);
}

#[test]
fn a_file_without_its_flag_is_translated_with_a_note_that_is_no_result() {
    let story = register::story(3, 60);
    let step = story.batches.iter().flatten().find(|step| step.fate == Fate::LeftAlone).unwrap();
    let folder = TempDir::new().unwrap();
    step.file.drop_into(folder.path()).unwrap();
    let lines = product::translate("public-security", &[folder.path().join(&step.file.name)]);
    let records = lines.iter().filter(|line| line["outcome"] == "record").count();
    assert_eq!((records, &lines.last().unwrap()["rows"]), (3, &Value::from(3)));
}
