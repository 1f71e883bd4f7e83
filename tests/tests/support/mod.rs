//! What several suites need: both departments' stories, and the topics read back.
pub(crate) use exchange_tests::product::published;

use contract::canonical::v1::{Operation, Record};
use exchange_tests::{
    Counts, Draft, Expected,
    generate::{Fate, Step, enterprises, register},
    oracle::{EnterpriseOracle, RegisterOracle, Seen},
    product::{Node, files_in, wait_for},
    same_body,
};
use std::collections::{BTreeMap, BTreeSet};

/// Both departments' files, and what was expected of those taken in so far.
pub(crate) struct Departments {
    pub(crate) register: register::Story,
    pub(crate) enterprises: enterprises::Story,
    pub(crate) residents: RegisterOracle,
    pub(crate) companies: EnterpriseOracle,
}

impl Departments {
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        Self {
            register: register::story(seed, size),
            enterprises: enterprises::story(seed + 1, size / 3),
            residents: RegisterOracle::default(),
            companies: EnterpriseOracle::default(),
        }
    }

    pub(crate) fn batch(&self, number: usize) -> [(&'static str, &[Step]); 2] {
        let (register, enterprises) = (&self.register.batches[number], &self.enterprises.batches[number]);
        [("public-security", register), ("market-supervision", enterprises)]
    }

    /// Lets the oracles take in a batch.
    pub(crate) fn expect(&mut self, number: usize) {
        for step in self.register.batches[number].iter().filter(|step| step.fate == Fate::Taken) {
            self.residents.take(&step.file);
        }
        let pages = self.enterprises.pages.iter();
        pages
            .filter(|page| (page.file == self.enterprises.pages[2].file) == (number == 1))
            .for_each(|page| self.companies.take(page));
    }

    /// Rows and what was seen, of a department.
    pub(crate) fn expected(&self, department: &str) -> (&[Expected], &Seen) {
        match department {
            "public-security" => (&self.residents.rows, &self.residents.seen),
            _ => (&self.companies.rows, &self.companies.seen),
        }
    }
}

/// Drops a batch of files.
pub(crate) fn drop_all(node: &Node, batch: &[(&'static str, &[Step]); 2]) {
    for (department, steps) in batch {
        steps.iter().for_each(|step| node.drop_file(department, &step.file));
    }
}

/// Waits until every file of a batch is where it must go, and the node has applied what was published.
pub(crate) fn wait_until_in(node: &mut Node, departments: &Departments, batch: &[(&'static str, &[Step])]) {
    for (department, steps) in batch {
        for step in *steps {
            let folder = match step.fate {
                Fate::Taken | Fate::Known => "done",
                Fate::Refused(_) => "refused",
                Fate::LeftAlone | Fate::TriedAgain => continue,
            };
            let folder = node.inbox(department).join(folder);
            wait_for(&format!("{} in {}", step.file.name, folder.display()), || {
                node.assert_running();
                let there = files_in(&folder).iter().any(|(_, bytes)| *bytes == step.file.bytes);
                (there && !node.inbox(department).join(&step.file.name).exists()).then_some(())
            });
        }
        let read = departments.expected(department).0.len() as u64;
        wait_for(&format!("{department} to be read and applied"), || {
            let status = node.status(department);
            let applied = status["lag_records"].as_u64().unwrap_or(0) == 0;
            (applied && Counts::from_json(&status["rows"], "read").read >= read).then_some(())
        });
    }
}

/// The rejects of a department as (file, row, rule), from the command line.
pub(crate) fn rejects(node: &mut Node, department: &str) -> BTreeSet<(String, u64, String)> {
    let said =
        node.run("operator-ops", &["rejects", "list", "--department", department, "--limit", "1000", "-o", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines = said.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let place = |line: serde_json::Value| {
        assert_eq!(line["state"], "REJECT_STATE_OPEN");
        (text(&line["source"]["file"]), text(&line["source"]["row"]).parse().unwrap(), text(&line["rule"]))
    };
    lines.map(place).collect()
}

/// The rejects that there must be.
pub(crate) fn expected_rejects(rows: &[Expected]) -> BTreeSet<(String, u64, String)> {
    let rejected = rows.iter().filter_map(|row| Some((row.file.clone(), row.row, row.rule.clone()?)));
    rejected.collect()
}

/// The newest version of each key is what it must be, and nothing else was ever published.
pub(crate) fn check_newest(records: &[Record], seen: &Seen) {
    let mut newest: BTreeMap<(&str, &str), &Record> = BTreeMap::new();
    let mut by_version = BTreeMap::new();
    for record in records {
        let place = (record.resource.as_str(), record.key.as_str());
        let same = by_version.entry((place, &record.version)).or_insert(record);
        assert_eq!((&same.body, &same.flags), (&record.body, &record.flags), "one version has one content");
        let kept = newest.entry(place).or_insert(record);
        if kept.version < record.version {
            *kept = record;
        }
    }
    let expected: BTreeMap<(&str, &str), &Draft> =
        seen.newest().map(|draft| ((draft.resource, draft.key.as_str()), draft)).collect();
    let keys = |places: Vec<&(&str, &str)>| {
        places.into_iter().map(|(resource, key)| format!("{resource}/{key}")).collect::<BTreeSet<_>>()
    };
    assert_eq!(keys(newest.keys().collect()), keys(expected.keys().collect()));
    let found: Vec<String> = expected.iter().filter_map(|(place, draft)| differs(draft, newest[place])).collect();
    assert!(found.is_empty(), "{} keys differ: {}", found.len(), found[..found.len().min(20)].join("\n"));
}

fn differs(draft: &Draft, record: &Record) -> Option<String> {
    let place = format!("{}/{}", draft.resource, draft.key);
    let withdrawn = record.operation == i32::from(Operation::Withdraw);
    if withdrawn != draft.withdrawn.is_some() {
        return Some(format!("{place}: withdrawn is {withdrawn}"));
    }
    let flags: BTreeSet<&str> = record.flags.iter().map(String::as_str).collect();
    if draft.withdrawn != Some("key.changed") && flags != draft.flags {
        return Some(format!("{place}: expected {:?}, got {flags:?}", draft.flags));
    }
    let body = record.body.as_ref();
    let message = format!("exchange.canonical.v1.{}", message(draft.resource));
    let body = body.map(|body| contract::json::to_value(&message, &body.value).unwrap());
    if withdrawn {
        return body.map(|_| format!("{place}: a withdrawal has a body"));
    }
    same_body(draft, &body.unwrap_or_default()).map(|difference| format!("{place}: {difference}"))
}

fn message(resource: &str) -> &'static str {
    match resource {
        "natural-person" => "NaturalPerson",
        "legal-person" => "LegalPerson",
        "business-licence" => "BusinessLicence",
        "shareholding" => "Shareholding",
        _ => "FoodOperationLicence",
    }
}
