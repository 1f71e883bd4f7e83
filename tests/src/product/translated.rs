use super::binary;
use crate::{Class, Draft, Expected, same_body};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    path::PathBuf,
    process::Command,
    vec,
};

/// What `exchange adapter try` says of files, a JSON object for every line.
#[must_use]
pub fn translate(department: &str, files: &[PathBuf]) -> Vec<Value> {
    let output = Command::new(binary()).args(["adapter", "try", department]).args(files).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(!lines.is_empty(), "nothing on stdout; stderr: {told}");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Where the lines of rows differ from what must come out; `expected` and `lines` are in the order of the rows.
#[must_use]
pub fn differences(expected: &[Expected], lines: Vec<Value>) -> Vec<String> {
    let mut lines = lines.into_iter().peekable();
    let mut versions = BTreeMap::new();
    let mut all = Vec::new();
    for row in expected {
        let mine = of_row(row, &mut lines);
        let place = format!("{} row {}", row.file, row.row);
        let found = if mine.is_empty() { vec!["no line".to_owned()] } else { compare(row, &mine) };
        all.extend(found.into_iter().map(|difference| format!("{place}: {difference}")));
        all.extend(older(&mine, &mut versions).into_iter().map(|difference| format!("{place}: {difference}")));
    }
    all.extend(lines.map(|line| format!("a line too many: {line}")));
    all
}

fn of_row(row: &Expected, lines: &mut Peekable<vec::IntoIter<Value>>) -> Vec<Value> {
    let mut mine = Vec::new();
    let is_mine = |line: &Value| line["source"]["file"] == row.file && line["source"]["row"] == row.row;
    while let Some(line) = lines.next_if(is_mine) {
        mine.push(line);
    }
    mine
}

fn compare(row: &Expected, lines: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        let place = (line["source"]["byte_from"].as_u64(), line["source"]["byte_to"].as_u64());
        if place != (Some(row.byte_from), Some(row.byte_to)) {
            found.push(format!("bytes: expected {}..{}, got {place:?}", row.byte_from, row.byte_to));
        }
    }
    if row.class == Class::Rejected {
        let rules: Vec<&Value> = lines.iter().map(|line| &line["rule"]).collect();
        let good = lines.len() == 1 && lines[0]["outcome"] == "reject" && rules[0].as_str() == row.rule.as_deref();
        if !good {
            found.push(format!("expected one reject by {:?}, got {}", row.rule, brief(lines)));
        }
        return found;
    }
    if row.records.is_empty() {
        if lines.iter().any(|line| line["outcome"] != "superseded") {
            found.push(format!("expected superseded, got {}", brief(lines)));
        }
        return found;
    }
    if lines.len() != row.records.len() {
        found.push(format!("expected {} records, got {}", row.records.len(), brief(lines)));
    }
    found.extend(row.records.iter().flat_map(|(class, draft)| record(*class, draft, lines)));
    found
}

fn record(class: Class, draft: &Draft, lines: &[Value]) -> Vec<String> {
    let operation = if draft.withdrawn.is_some() { "OPERATION_WITHDRAW" } else { "OPERATION_UPSERT" };
    let line = lines.iter().find(|line| {
        line["resource"] == draft.resource && line["key"] == draft.key.as_str() && line["operation"] == operation
    });
    let name = format!("{}/{}", draft.resource, draft.key);
    let Some(line) = line else {
        return vec![format!("expected {operation} of {name}, got {}", brief(lines))];
    };
    let mut found = Vec::new();
    let mut check = |what: &str, same: bool, wanted: String| {
        if !same {
            found.push(format!("{name}: {what}: expected {wanted}, got {}", line[what]));
        }
    };
    let outcome = match class {
        Class::Unchanged => "unchanged",
        Class::Superseded => "superseded",
        _ => "record",
    };
    check("outcome", line["outcome"] == outcome, outcome.to_owned());
    check("reason", line["reason"].as_str() == draft.withdrawn, format!("{:?}", draft.withdrawn));
    let moved = draft.withdrawn == Some("key.changed");
    check("subjects", moved || subjects(line) == draft.subjects, format!("{:?}", draft.subjects));
    check("flags", moved || flags(line) == draft.flags, format!("{:?}", draft.flags));
    let version = line["version"].as_str().unwrap_or_default();
    check("version", !version.is_empty(), "a version".to_owned());
    if draft.withdrawn.is_some() {
        check("body", line["body"].is_null(), "no body".to_owned());
    } else if let Some(difference) = same_body(draft, &line["body"]) {
        found.push(format!("{name}: body: {difference}"));
    }
    found
}

fn subjects(line: &Value) -> BTreeSet<(&str, String)> {
    let all = line["subjects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|subject| (subject["kind"].as_str().unwrap_or_default(), text(&subject["value"]))).collect()
}

fn flags(line: &Value) -> BTreeSet<&str> {
    line["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What is published of a key later has a later version, in byte order.
fn older(lines: &[Value], versions: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| line["outcome"] == "record") {
        let place = format!("{}/{}", line["resource"], line["key"]);
        let version = line["version"].as_str().unwrap_or_default().to_owned();
        if let Some(before) = versions.insert(place.clone(), version.clone()).filter(|before| *before >= version) {
            found.push(format!("{place}: version {version} follows {before}"));
        }
    }
    found
}

fn brief(lines: &[Value]) -> String {
    let one = |line: &Value| format!("{}:{}:{}:{}", line["outcome"], line["rule"], line["resource"], line["key"]);
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}
