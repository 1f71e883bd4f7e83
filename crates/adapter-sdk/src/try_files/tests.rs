use super::*;
use crate::testing;
use serde_json::{Value, json};
use std::fs;

fn tried(files: &[(&str, String)]) -> (Vec<Value>, Value) {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| dir.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(files) {
        fs::write(path, text).unwrap();
    }
    let mut lines = Vec::new();
    let config = TryConfig { language: Language::English, changed: None };
    let summary = try_files(&testing::adapter(), &paths, config, &mut |line| {
        lines.push(serde_json::to_value(line)?);
        Ok(())
    });
    (lines, serde_json::to_value(summary.unwrap()).unwrap())
}

#[test]
fn a_record_is_shown_as_it_would_be_published() {
    let (lines, _) = tried(&[("L_320102_001.txt", testing::text('I', &["20260101000001|a|U|one"]))]);
    assert_eq!(lines[0]["outcome"], "note");
    let expected = json!({
        "outcome": "record", "resource": "natural-person", "key": "a",
        "version": "20260101000001.0000000001.0000000001", "operation": "OPERATION_UPSERT",
        "subjects": [{"kind": "source-key", "value": "a"}], "flags": [],
        "body": {"@type": "type.googleapis.com/exchange.canonical.v1.NaturalPerson", "name": "one"},
        "source": {"file": "L_320102_001.txt", "row": 1, "byte_from": 25, "byte_to": 47},
    });
    assert_eq!(lines[1], expected);
}

#[test]
fn every_outcome_has_its_line_and_the_summary_adds_up() {
    let first = testing::text(
        'I',
        &[
            "20260101000002|a|2|one",
            "20260101000001|a|U|old",
            "20260101000003|a|W|",
            "20260101000003|a|H|history",
            "20260101000003|b|B|bad",
            "20260101000003|b|S|no",
        ],
    );
    let second = testing::text('I', &["20260101000003|a|W|"]);
    let (lines, summary) =
        tried(&[("L_320102_001.txt", first), ("L_320102_002.txt", second), ("other.txt", "x".to_owned())]);
    let outcomes: Vec<&str> = lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    let expected = [
        "note",
        "record",
        "record",
        "superseded",
        "record",
        "superseded",
        "reject",
        "skipped",
        "note",
        "unchanged",
        "note",
        "note",
        "file-refused",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!((&lines[4]["reason"], &lines[4]["body"]), (&json!("source.cancelled"), &Value::Null));
    assert_eq!(lines[4]["operation"], "OPERATION_WITHDRAW");
    assert_eq!((&lines[6]["rule"], &lines[6]["field"]), (&json!("field.required"), &json!("what")));
    assert_eq!(lines[6]["message"], crate::rules::FIELD_REQUIRED.en);
    assert_eq!(lines[12]["rule"], "file.header");
    let expected = json!({
        "outcome": "summary", "rows": 7, "records": 3, "published": 2, "unchanged": 1, "superseded": 2,
        "rejected": 1, "skipped": 1, "waiting": 0, "files_refused": 1,
    });
    assert_eq!(summary, expected);
}

#[test]
fn a_flag_beside_the_file_is_heeded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("L_320102_001.txt");
    fs::write(&path, testing::text('I', &["20260101000001|a|U|one"])).unwrap();
    fs::write(dir.path().join("L_320102_001.txt.ok"), format!("rows=1\nsm3={}\n", "0".repeat(64))).unwrap();
    let mut rules = Vec::new();
    let summary = try_files(&testing::adapter(), &[path], TryConfig::default(), &mut |line| {
        rules.extend(line.rule);
        Ok(())
    });
    assert_eq!((rules, summary.unwrap().files_refused), (vec!["file.hash"], 1));
}
