//! What a department's topic, counts and rejects must be after its rows, whatever happened on the way.
use contract::canonical::v1::{Operation, Record};
use exchange_tests::{
    Class, Draft,
    oracle::Seen,
    product::{Node, Said, wait_for},
    rows::{End, Place, Tally, Wanted, other_body},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Waits until all rows are read and applied; they are counted as they must be, and refused ones are listed once.
pub(crate) fn check_rows(node: &mut Node, department: &str, rows: &[Wanted]) {
    let wanted = Tally::of(rows);
    wait_until_read(node, department, wanted.0[0]);
    let status = node.status(department);
    assert_eq!(Tally::from_json(&status["rows"], "read"), wanted, "{department}: {status}");
    assert_eq!(status["rejects_open"].as_u64().unwrap_or(0), wanted.0[4], "{department}: {status}");
    let mut listed = rejects(node, department);
    for row in rows {
        let End::Rejected(refusal) = &row.end else { continue };
        let sheet = match &row.place {
            Place::Sheet(sheet) => Some(sheet.as_str()),
            Place::Bytes(..) => None,
        };
        let is_it = |line: &Value| {
            let source = &line["source"];
            let here = source["file"] == row.file.as_str() && source["sheet"].as_str() == sheet;
            here && number(&source["row"]) == Some(row.row) && refusal.rules.iter().any(|rule| line["rule"] == **rule)
        };
        let at = listed.iter().position(is_it).unwrap_or_else(|| panic!("{department}: not listed: {row:?}"));
        listed.swap_remove(at);
    }
    assert!(listed.is_empty(), "{department}: listed too many: {listed:#?}");
}

/// Waits until `rows` of a department are read, and what was published of them is applied.
pub(crate) fn wait_until_read(node: &mut Node, department: &str, rows: u64) {
    wait_for(&format!("{department} to be read and applied"), || {
        node.assert_running();
        let status = node.status(department);
        let read = Tally::from_json(&status["rows"], "read").0[0] >= rows;
        (read && status["lag_records"].as_u64().unwrap_or(0) == 0).then_some(())
    });
}

/// Open rejects, from the command line.
pub(crate) fn rejects(node: &mut Node, department: &str) -> Vec<Value> {
    let list = ["rejects", "list", "--department", department, "--limit", "1000", "-o", "json"];
    lines(&node.run("operator-ops", &list))
}

/// What was said, line by line.
pub(crate) fn lines(said: &Said) -> Vec<Value> {
    said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A number, written as one or as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// How many records rows put on the topic.
pub(crate) fn published_by(rows: &[Wanted]) -> usize {
    let records = rows.iter().filter_map(|row| match &row.end {
        End::Records(records) => Some(records),
        _ => None,
    });
    records.flatten().filter(|(class, _)| *class == Class::Published).count()
}

/// One version has one content, the newest of each key is what it must be, and nobody invented a key; how many versions there are.
pub(crate) fn check_newest<'a>(records: impl IntoIterator<Item = &'a Record>, seen: &Seen) -> usize {
    let mut versions: BTreeMap<(&str, &str), BTreeMap<&str, &Record>> = BTreeMap::new();
    for record in records {
        let of_key = versions.entry((&record.resource, &record.key)).or_default();
        let same = of_key.entry(&record.version).or_insert(record);
        assert_eq!((&same.body, &same.flags), (&record.body, &record.flags), "{}: one version twice", record.key);
    }
    let count = versions.values().map(BTreeMap::len).sum();
    let mut found = Vec::new();
    for draft in seen.newest() {
        let of_key = versions.remove(&(draft.resource, draft.key.as_str()));
        let newest = of_key.and_then(|of_key| of_key.into_values().next_back());
        let wrong = newest.map_or_else(|| Some("nothing is there".to_owned()), |record| differs(draft, record));
        found.extend(wrong.map(|wrong| format!("{}/{}: {wrong}", draft.resource, draft.key)));
    }
    found.extend(versions.keys().map(|(resource, key)| format!("{resource}/{key}: nobody wrote it")));
    assert!(found.is_empty(), "{} keys differ: {}", found.len(), found[..found.len().min(20)].join("\n"));
    count
}

fn differs(draft: &Draft, record: &Record) -> Option<String> {
    if record.operation != i32::from(Operation::Upsert) {
        return Some("it is withdrawn".to_owned());
    }
    let flags: BTreeSet<&str> = record.flags.iter().map(String::as_str).collect();
    if flags != draft.flags {
        return Some(format!("expected {:?}, got {flags:?}", draft.flags));
    }
    let body = record.body.as_ref().unwrap();
    let name = body.type_url.rsplit('/').next().unwrap_or_default();
    other_body(draft, &contract::json::to_value(name, &body.value).unwrap())
}
