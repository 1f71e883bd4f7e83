//! The view is what the topics say, and nothing else: lost or interrupted, it is made again, and answers as before.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    Random,
    generate::{births, housing},
    oracle::HousingOracle,
    product::{Bus, Node, binary, wait_for},
    rows::Tally,
};
use serde_json::Value;
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

const SEED: u64 = 41;
const DEPARTMENTS: [&str; 2] = ["housing-construction", "health"];

/// A node that has taken in files and pushes.
fn filled() -> (Node, HousingOracle) {
    let mut node = Node::new(Bus::Embedded);
    let mut issue = Command::new(binary());
    let issued = issue.args(["pki", "issue", "department/health", "--dir"]).arg(node.path("pki")).output().unwrap();
    assert!(issued.status.success());
    let (story, mut oracle) = (housing::story(SEED, 800), HousingOracle::default());
    for file in &story.files {
        oracle.take(file);
        node.drop_file(DEPARTMENTS[0], &file.file);
    }
    node.start();
    let lines: Vec<String> = births::story(SEED, 200).0.iter().map(births::Line::written).collect();
    let path = node.path("births.ndjson");
    fs::write(&path, lines.join("\n")).unwrap();
    let pushed = node.run("department-health", &["publish", "health", &path.display().to_string()]);
    assert!([0, 1].contains(&pushed.code), "{}", pushed.stderr);
    let rows = oracle.rows.len() as u64;
    wait_for("all rows to be read", || {
        let read = Tally::from_json(&node.status(DEPARTMENTS[0])["rows"], "read").0[0];
        (read >= rows).then_some(())
    });
    wait_until_level(&mut node);
    (node, oracle)
}

fn wait_until_level(node: &mut Node) {
    for department in DEPARTMENTS {
        wait_for(&format!("{department} to be applied"), || {
            node.assert_running();
            let status = node.status(department);
            (status["department"] == department && status["lag_records"].as_u64().unwrap_or(0) == 0).then_some(())
        });
    }
}

/// What people are told of contracts and permits, and operators of counts and rejects.
fn told(node: &mut Node, oracle: &HousingOracle) -> Vec<Value> {
    let mut told = Vec::new();
    for resource in ["housing-contract", "construction-permit"] {
        let subjects = oracle.seen.current(resource).flat_map(|draft| &draft.subjects);
        let subjects: Vec<String> = subjects.map(|(kind, value)| format!("{kind}={value}")).collect();
        for by in subjects.iter().step_by(subjects.len() / 15 + 1) {
            let mut answer = node.ask(&["resolve", resource, by]).json();
            told.push([answer["outcome"].take(), answer["records"].take()].into_iter().collect());
        }
    }
    for department in DEPARTMENTS {
        let status = node.status(department);
        told.push(
            [status["rows"].clone(), status["rejects_open"].clone(), status["records"].clone()].into_iter().collect(),
        );
        let listed =
            node.run("operator-ops", &["rejects", "list", "--department", department, "--limit", "1000", "-o", "json"]);
        told.extend(listed.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    told
}

#[test]
fn a_view_that_was_lost_is_made_again_though_its_making_is_interrupted() {
    let (mut node, oracle) = filled();
    let before = told(&mut node, &oracle);
    assert!(before.iter().filter(|told| told[0] == "OUTCOME_FOUND").count() > 15, "{before:#?}");
    let mut random = Random::new(SEED);
    node.kill();
    fs::remove_dir_all(node.path("data/view")).unwrap();
    for _ in 0..4 {
        node.begin();
        let later = Instant::now() + Duration::from_millis(random.number() % 900);
        wait_for("a moment of its making", || (Instant::now() >= later).then_some(()));
        node.kill();
    }
    node.start();
    wait_until_level(&mut node);
    let after = told(&mut node, &oracle);
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
}
