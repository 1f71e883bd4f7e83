//! Contracts, permits, insurances, teachers and births from intake to answer, on the embedded bus and on Kafka.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use bus::test_kit::RealKafka;
use exchange_tests::{
    Class, Draft,
    generate::{Cast, DropFile, Fate, births, housing, insurance, teachers},
    oracle::{BirthOracle, HousingOracle, InsuranceOracle, TeacherOracle},
    product::{Bus, Node, Said, binary, files_in, published, wait_for},
    rows::{End, Tally, Wanted, other_body},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, process::Command};

const DEPARTMENTS: [&str; 4] = ["housing-construction", "social-security", "education", "health"];

#[test]
fn on_the_embedded_bus() {
    Story::new().everything(&Bus::Embedded);
}

#[test]
fn on_kafka() {
    match RealKafka::start() {
        Ok(kafka) => Story::new().everything(&Bus::Kafka(kafka.brokers())),
        Err(skip) => eprintln!("{skip}"),
    }
}

struct Story {
    housing: housing::Story,
    insurance: insurance::Story,
    teachers: teachers::Story,
    births: Vec<births::Line>,
    born: Cast,
    contracts: HousingOracle,
    insurances: InsuranceOracle,
    qualified: TeacherOracle,
    certificates: BirthOracle,
}

impl Story {
    fn new() -> Self {
        let teachers = teachers::story(33, 40);
        let (mut births, born) = births::story(34, 60);
        // A teacher who is a mother too: one person with certificates of two kinds.
        let child = births::birth(&mut exchange_tests::generate::People::new(35), "2026-11-01 08:00:00");
        births.push(child.with("cszmbh", "X999999999").with("mqzjlx", "111").with("mqzjhm", &*teachers.cast["holder"]));
        Self {
            housing: housing::story(31, 60),
            insurance: insurance::story(32, 60),
            teachers,
            births,
            born,
            contracts: HousingOracle::default(),
            insurances: InsuranceOracle::default(),
            qualified: TeacherOracle::default(),
            certificates: BirthOracle::default(),
        }
    }

    fn rows(&self, department: &str) -> &[Wanted] {
        match department {
            "housing-construction" => &self.contracts.rows,
            "social-security" => &self.insurances.rows,
            "education" => &self.qualified.rows,
            _ => &self.certificates.rows,
        }
    }

    fn everything(mut self, bus: &Bus) {
        let mut node = Node::new(bus.clone());
        issue(&node, "department/health");
        issue(&node, "consumer/auditor");
        entitle_auditor(&node);
        node.run_adapters(&["education", "housing-construction", "social-security"]);
        node.start();
        self.nothing_yet(&mut node);
        self.take_in(&mut node);
        for department in DEPARTMENTS {
            self.counts(&mut node, department);
        }
        self.sales(&mut node);
        self.permits(&mut node);
        self.summaries(&mut node);
        self.families(&mut node);
        self.holders(&mut node);
        node.stop();
        for department in DEPARTMENTS {
            let records = published(&node, bus, department);
            assert_eq!(records.len(), published_once(self.rows(department)), "{department}: once on the topic");
        }
    }

    fn nothing_yet(&self, node: &mut Node) {
        let buyer = format!("citizen-number={}", self.housing.cast["buyer"]);
        for resource in ["housing-contract", "insurance-summary", "teacher-qualification", "birth-certificate"] {
            let said = node.ask(&["resolve", resource, &buyer]);
            assert_eq!(said.json()["outcome"], "OUTCOME_NO_COVERAGE", "{resource}: {}", said.stderr);
        }
    }

    /// The workbook rests for ten seconds, while everything else is taken in.
    fn take_in(&mut self, node: &mut Node) {
        let book = self.teachers.books[0].clone();
        let laid = std::time::Instant::now();
        let path = book.put_into(&node.inbox("education"));
        self.qualified.take(&book);
        for file in self.housing.files.clone() {
            self.contracts.take(&file);
            drop_in_turn(node, "housing-construction", &file.file, "done");
        }
        for file in self.insurance.files.clone() {
            self.insurances.take(&file);
            drop_in_turn(node, "social-security", &file.file, "done");
        }
        let of = |department, steps: &[exchange_tests::generate::Step]| {
            steps.iter().map(|step| (department, step.clone())).collect::<Vec<_>>()
        };
        for (department, step) in
            [of("housing-construction", &self.housing.wrong), of("social-security", &self.insurance.wrong)].concat()
        {
            let Fate::Refused(rule) = step.fate else { panic!("a wrong file") };
            drop_in_turn(node, department, &step.file, "refused");
            let why = format!("{}.why", step.file.name);
            let reasons = files_in(&node.inbox(department).join("refused"));
            let reason = reasons.iter().find(|(name, _)| *name == why).map(|(_, text)| String::from_utf8_lossy(text));
            assert!(reason.as_ref().is_some_and(|reason| reason.contains(rule)), "{why} says {rule}: {reason:?}");
        }
        self.push(node);
        wait_for("the workbook in done/", || {
            node.assert_running();
            (!path.exists()).then_some(())
        });
        assert!(laid.elapsed().as_secs() >= 10, "a workbook rests before it is read");
        assert!(files_in(&node.inbox("education").join("done")).iter().any(|(name, _)| *name == book.name));
    }

    /// Every line gets its own answer; the same file again gets the same, and publishes nothing.
    fn push(&mut self, node: &mut Node) {
        let file = node.path("births.ndjson");
        fs::write(&file, self.certificates.take("births.ndjson", &self.births)).unwrap();
        let file = file.display().to_string();
        let mut push = |caller: &str| node.run(caller, &["publish", "health", &file, "-o", "json"]);
        let foreign = push("department-public-security");
        assert_eq!(foreign.code, 3, "another department: {} {}", foreign.stdout, foreign.stderr);
        let first = push("department-health");
        assert_eq!(first.code, 1, "some are rejected: {}", first.stderr);
        let answers = lines(&first);
        assert_eq!(answers.len(), self.certificates.rows.len());
        let found: Vec<String> = (self.certificates.rows.iter().zip(&answers)).filter_map(answered).collect();
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(lines(&push("department-health")), answers, "the same again");
    }

    fn counts(&self, node: &mut Node, department: &str) {
        let rows = self.rows(department);
        let wanted = Tally::of(rows);
        wait_for(&format!("{department} to be read and applied"), || {
            let status = node.status(department);
            let read = Tally::from_json(&status["rows"], "read").0[0] >= wanted.0[0];
            (read && status["lag_records"].as_u64().unwrap_or(0) == 0).then_some(())
        });
        let status = node.status(department);
        assert_eq!(Tally::from_json(&status["rows"], "read"), wanted, "{department}: {status}");
        let list = ["rejects", "list", "--department", department, "--limit", "1000", "-o", "json"];
        let mut listed = lines(&node.run("operator-ops", &list));
        for row in rows {
            let End::Rejected(refusal) = &row.end else { continue };
            let is_it = |line: &Value| {
                let source = &line["source"];
                let number = source["row"].as_u64().or_else(|| source["row"].as_str().and_then(|row| row.parse().ok()));
                let by = refusal.rules.iter().any(|rule| line["rule"] == rule.as_str());
                number == Some(row.row) && by && (department == "health" || source["file"] == row.file.as_str())
            };
            let at = listed.iter().position(is_it);
            let at = at.unwrap_or_else(|| panic!("{department}: not listed: {row:?}; left: {listed:#?}"));
            listed.swap_remove(at);
        }
        assert!(listed.is_empty(), "{department}: listed too many: {listed:#?}");
    }

    /// Sellers are found by those alone whose grant names that lookup.
    fn sales(&self, node: &mut Node) {
        let cast = &self.housing.cast;
        let (sale, purchase) = (cast["sale"].as_str(), cast["purchase of the seller"].as_str());
        for (person, narrow, wide) in [
            ("buyer", vec![sale], vec![sale]),
            ("seller", vec![purchase], vec![sale, purchase]),
            ("second buyer", vec![sale], vec![sale, purchase]),
        ] {
            let question = ["resolve", "housing-contract", &format!("citizen-number={}", cast[person])];
            for (caller, wanted) in [("consumer-one-window", narrow), ("consumer-auditor", wide)] {
                let said = node.ask_as(caller, &question);
                let found = texts(&said.json()["records"], "/body/contract_number");
                let wanted: BTreeSet<String> = wanted.into_iter().map(str::to_owned).collect();
                assert_eq!(found, wanted, "{caller} asks for the {person}: {} {}", said.stdout, said.stderr);
            }
        }
        let said = node.ask(&["resolve", "housing-contract", &format!("citizen-number={}", cast["buyer"])]);
        let draft = self.contracts.seen.current("housing-contract").find(|draft| draft.key == sale).unwrap();
        same(draft, &said);
    }

    /// What is replaced is superseded, whoever asks for it and however.
    fn permits(&self, node: &mut Node) {
        let cast = &self.housing.cast;
        let mut status = |by: &str| {
            let said = node.ask(&["resolve", "construction-permit", by]);
            texts(&said.json()["records"], "/body/status").into_iter().collect::<Vec<_>>().join(",")
        };
        let (superseded, valid) = ("CERTIFICATE_STATUS_SUPERSEDED", "CERTIFICATE_STATUS_VALID");
        assert_eq!(status(&format!("certificate-number={}", cast["replaced permit"])), superseded);
        assert_eq!(status(&format!("certificate-id={}", cast["replaced id"])), superseded);
        assert_eq!(status(&format!("certificate-number={}", cast["renewed permit"])), valid);
        assert_eq!(status(&format!("certificate-id={}", cast["renewed id"])), valid);
        assert_eq!(status(&format!("uscc={}", cast["developer"])), format!("{superseded},{valid}"));
        let said = node.ask(&["certificates", &format!("uscc={}", cast["developer"])]);
        assert_eq!(texts(&said.json()["records"], "/body/status").len(), 2, "{} {}", said.stdout, said.stderr);
    }

    fn summaries(&self, node: &mut Node) {
        for (label, number) in &self.insurance.cast {
            let said = node.ask(&["resolve", "insurance-summary", &format!("citizen-number={number}")]);
            let answer = said.json();
            let Some(wanted) = self.insurances.summary(number, "310") else {
                assert_eq!(answer["outcome"], "OUTCOME_NOT_FOUND", "{label}: {answer}");
                continue;
            };
            assert_eq!(answer["records"].as_array().map(Vec::len), Some(1), "{label}: {answer} {}", said.stderr);
            let body = &answer["records"][0]["body"];
            for (item, value) in wanted.as_object().unwrap() {
                assert_eq!(&body[item], value, "{label}: {item}: {body}");
            }
            assert_eq!(body["insured"]["identifier"]["value"], number.as_str(), "{label}");
        }
        let many = &self.insurance.cast["overlapping"];
        let said = node.ask(&["resolve", "social-insurance", &format!("citizen-number={many}")]);
        assert_eq!(said.json()["records"].as_array().map(Vec::len), Some(2), "{}", said.stderr);
        let employed = self.insurances.seen.current("social-insurance");
        let uscc = employed.flat_map(|draft| &draft.subjects).find(|(kind, _)| *kind == "uscc").unwrap();
        let said = node.ask(&["resolve", "social-insurance", &format!("uscc={}", uscc.1)]);
        assert!(said.code == 3 && said.stderr.contains("LOOKUP"), "employers are a wide lookup: {}", said.stderr);
    }

    fn families(&self, node: &mut Node) {
        let seen = &self.certificates.seen;
        let mut ask = |kind: &str, label: &str| {
            node.ask(&["resolve", "birth-certificate", &format!("{kind}={}", self.born[label])])
        };
        let draft = |key: &str| seen.current("birth-certificate").find(|draft| draft.key == key).unwrap();
        for (kind, label) in
            [("certificate-number", "certificate"), ("citizen-number", "mother"), ("citizen-number", "father")]
        {
            same(draft(&self.born["certificate"]), &ask(kind, label));
        }
        let void = ask("certificate-number", "void");
        assert_eq!(void.json()["records"][0]["body"]["status"], "CERTIFICATE_STATUS_VOID", "{}", void.stderr);
        let named = ask("citizen-number", "named later");
        assert_eq!(named.json()["records"][0]["body"]["child_name"], "后来取的名", "{}", named.stderr);
        let gone = ask("citizen-number", "father gone");
        assert_eq!(gone.json()["outcome"], "OUTCOME_NOT_FOUND", "no longer a father of it: {}", gone.stdout);
    }

    /// All certificates of a person, whoever issued them.
    fn holders(&self, node: &mut Node) {
        let (holder, number) = (&self.teachers.cast["holder"], &self.teachers.cast["certificate"]);
        let said = node.ask(&["resolve", "teacher-qualification", &format!("certificate-number={number}")]);
        same(self.qualified.seen.current("teacher-qualification").find(|draft| draft.key == *number).unwrap(), &said);
        let said = node.ask(&["certificates", &format!("citizen-number={holder}")]);
        let types = texts(&said.json()["records"], "/resource");
        let wanted = ["birth-certificate", "teacher-qualification"].map(str::to_owned);
        assert_eq!((said.code, types), (0, BTreeSet::from(wanted)), "{}", said.stderr);
        let results = said.json()["results"].as_array().map_or(0, Vec::len);
        assert!(results >= 5, "an outcome for every type: {}", said.stdout);
    }
}

fn issue(node: &Node, name: &str) {
    let mut issue = Command::new(binary());
    let issued = issue.args(["pki", "issue", name, "--dir"]).arg(node.path("pki")).output().unwrap();
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
}

/// A consumer whose grant names the wide lookup of sellers.
fn entitle_auditor(node: &Node) {
    fs::write(node.path("catalogue/consumers/auditor.toml"), "id = \"auditor\"\nname = \"审计局\"\n").unwrap();
    let grant = "id = \"auditor\"\nconsumer = \"auditor\"\nmode = \"read\"\nmatters = [\"000172149001\"]\n\
        legal_basis = \"中华人民共和国审计法\"\nvalid_from = \"2026-01-01\"\nvalid_to = \"2030-12-31\"\nmax_records = 1000\n\
        lookups = [\"buyer\", \"seller\"]\n\n[[resources]]\nresource = \"housing-contract\"\nitems = [\"*\"]\n\n\
        [quota]\nper_second = 100000\nper_day = 100000\n";
    fs::write(node.path("catalogue/grants/auditor.toml"), grant).unwrap();
}

/// Drops a file, and waits until it lies where it must.
fn drop_in_turn(node: &mut Node, department: &str, file: &DropFile, folder: &str) {
    node.drop_file(department, file);
    let place = node.inbox(department);
    wait_for(&format!("{} in {folder}/", file.name), || {
        node.assert_running();
        let there = files_in(&place.join(folder)).iter().any(|(_, bytes)| *bytes == file.bytes);
        (there && !place.join(&file.name).exists()).then_some(())
    });
}

fn lines(said: &Said) -> Vec<Value> {
    said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(values: &Value, path: &str) -> BTreeSet<String> {
    let all = values.as_array().into_iter().flatten().filter_map(|value| value.pointer(path));
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Why a line was not answered as it must be.
fn answered((row, answer): (&Wanted, &Value)) -> Option<String> {
    let (result, accepted) = match &row.end {
        End::Rejected(_) => ("REJECTED", false),
        End::Skipped => ("SKIPPED", false),
        End::Records(records) => match records[0].0 {
            Class::Unchanged => ("UNCHANGED", false),
            Class::Superseded => ("SUPERSEDED", false),
            _ => ("ACCEPTED", true),
        },
    };
    let rule = match &row.end {
        End::Rejected(refusal) => refusal.rules.iter().any(|rule| answer["rule"] == rule.as_str()),
        _ => answer["rule"].is_null(),
    };
    let line = answer["line"].as_u64().or_else(|| answer["line"].as_str().and_then(|line| line.parse().ok()));
    let right = answer["result"] == format!("PUBLISH_RESULT_{result}")
        && line == Some(row.row)
        && rule
        && answer["position"].is_null() != accepted;
    (!right).then(|| format!("expected {result} {row:?}, got {answer}"))
}

/// One record is found, and it is this one.
fn same(draft: &Draft, said: &Said) {
    let answer = said.json();
    let records = answer["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(records.len(), 1, "{}: {answer} {}", draft.key, said.stderr);
    assert_eq!(records[0]["key"], draft.key.as_str(), "{answer}");
    assert_eq!(records[0].get("flags").unwrap_or(&json!([])), &json!(draft.flags), "{answer}");
    assert_eq!(other_body(draft, &records[0]["body"]), None, "{answer}");
}

fn published_once(rows: &[Wanted]) -> usize {
    let records = rows.iter().filter_map(|row| match &row.end {
        End::Records(records) => Some(records),
        _ => None,
    });
    records.flatten().filter(|(class, _)| *class == Class::Published).count()
}
