use super::{
    disk::SmallDisk,
    fault::Fault,
    feed::{Feed, Fresh},
    findings::Findings,
    oracle::{FILES, Oracle, PUSHES},
    stored::{self, Stored},
    strike::{Target, pause},
};
use crate::{
    Random,
    generate::DropFile,
    product::{Bus, Node, Said, binary, wait_for},
    rows::Tally,
};
use bus::test_kit::RealKafka;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Contracts in a file.
const ROWS: usize = 300;
/// Births in a request.
const BIRTHS: usize = 60;

/// A node that is struck again and again, with all that was ever handed over to it.
pub struct Life {
    target: Target,
    feed: Feed,
    oracle: Oracle,
    random: Random,
    runs: usize,
    /// What is asked for while it strikes.
    last: Option<Fresh>,
    /// Folders of questions with their answers.
    answers: Vec<PathBuf>,
}

/// A question under way.
struct Question {
    child: Child,
    folder: PathBuf,
    key: String,
}

impl Life {
    /// One process with everything, on the embedded bus.
    #[must_use]
    pub fn standalone(seed: u64) -> Self {
        Self::begin(Target::standalone(Node::new(Bus::Embedded)), seed)
    }

    /// Gateway and adapters apart, on a broker that nobody else uses.
    #[must_use]
    pub fn apart(seed: u64, kafka: RealKafka) -> Self {
        let node = Node::new(Bus::Kafka(kafka.brokers()));
        Self::begin(Target::apart(node, kafka, None), seed)
    }

    /// The same, its broker on a disk that can be filled.
    #[must_use]
    pub fn on_small_disk(seed: u64, kafka: RealKafka, disk: SmallDisk) -> Self {
        let node = Node::new(Bus::Kafka(kafka.brokers()));
        Self::begin(Target::apart(node, kafka, Some(disk)), seed)
    }

    fn begin(mut target: Target, seed: u64) -> Self {
        let mut issue = Command::new(binary());
        let issued = issue.args(["pki", "issue", "department/health", "--dir"]).arg(target.node.path("pki")).output();
        assert!(issued.unwrap().status.success());
        target.start();
        let (feed, random) = (Feed::new(seed), Random::new(seed));
        Self { target, feed, oracle: Oracle::default(), random, runs: 0, last: None, answers: Vec::new() }
    }

    /// Strikes once, while a file is taken in, births are pushed and a question is asked.
    #[must_use]
    pub fn run(&mut self, fault: Fault) -> Findings {
        self.runs += 1;
        let mut findings = Findings { runs: 1, ..Findings::default() };
        let file = self.feed.file(ROWS);
        self.oracle.drop(&file);
        let births = self.births();
        let before = self.target.on_bus(FILES);
        self.target.node.drop_file(FILES, &file.file);
        let push = self.push(&births);
        let question = self.last.as_ref().map(|fresh| (fresh.citizen.clone(), fresh.key.clone()));
        let question = question.map(|(citizen, key)| self.ask(&citizen, key));
        self.wait_for_the_moment(before);
        self.target.strike(fault, &mut self.random);
        if let Some(question) = question {
            self.hear(question, false, &mut findings);
        }
        if !is_answered(push) {
            self.push_until_answered(&births);
        }
        self.wait_until_in(&file.file);
        self.check_counts(&mut findings);
        self.flows(&mut findings);
        findings.add(self.judge());
        findings
    }

    /// Verifies every receipt; kills the node and reads its view.
    #[must_use]
    pub fn end(mut self) -> Findings {
        let mut findings = self.receipts();
        let departments = [FILES, PUSHES];
        let stored = departments.map(|department| Stored::of(&self.target.node, &self.target.bus, department));
        self.target.kill();
        for (department, stored) in departments.iter().zip(&stored) {
            let node = &self.target.node;
            findings.add(self.oracle.judge_view(department, &stored.records, |keys| stored::in_view(node, &keys)));
        }
        findings
    }

    /// Verifies every receipt against the log as it is now.
    fn receipts(&mut self) -> Findings {
        let mut findings = Findings::default();
        let archive = self.target.node.path("archive");
        let exported = self.target.node.run("operator-ops", &["evidence", "export", &archive.display().to_string()]);
        if exported.code != 0 {
            findings.lose(&format!("the log cannot be exported: {}", exported.stderr));
        }
        for folder in &self.answers {
            match verified(&self.target.node, folder, &archive) {
                Ok(()) => findings.receipts += 1,
                Err(why) => findings.lose(&format!("receipt in {}: {why}", folder.display())),
            }
        }
        findings
    }

    fn judge(&mut self) -> Findings {
        let mut findings = Findings::default();
        for department in [FILES, PUSHES] {
            let stored = Stored::of(&self.target.node, &self.target.bus, department);
            findings.add(self.oracle.judge(department, &stored));
        }
        findings
    }

    fn births(&mut self) -> PathBuf {
        let lines = self.feed.births(BIRTHS);
        let name = format!("births-{}.ndjson", self.runs);
        let path = self.target.node.path(&name);
        fs::write(&path, self.oracle.push(&name, &lines)).unwrap();
        path
    }

    fn push(&self, births: &Path) -> Child {
        let file = births.display().to_string();
        let mut push = self.target.node.client("department-health", &["publish", PUSHES, &file, "-o", "json"]);
        push.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What is sent again is answered alike, and accepted once.
    fn push_until_answered(&mut self, births: &Path) {
        wait_for("an answer to births", || {
            self.target.assert_running();
            is_answered(self.push(births)).then_some(())
        });
    }

    /// Any moment, or one when something of the file is on the bus: then a little later.
    fn wait_for_the_moment(&mut self, before: u64) {
        if self.random.below(2) == 0 {
            return pause(self.random.number() % 400);
        }
        wait_for("a row on the bus", || (self.target.on_bus(FILES) > before).then_some(()));
        pause(self.random.number() % 30);
    }

    fn wait_until_in(&mut self, file: &DropFile) {
        wait_until_done(&mut self.target, file);
        for department in [FILES, PUSHES] {
            wait_until_read(&mut self.target, department, self.oracle.rows(department).len() as u64);
        }
    }

    /// Each row ends in one way, and rejects and accepted rows are all there were.
    fn check_counts(&mut self, findings: &mut Findings) {
        for department in [FILES, PUSHES] {
            let status = self.target.node.status(department);
            let (wanted, found) = (Tally::of(self.oracle.rows(department)), Tally::from_json(&status["rows"], "read"));
            let what = || format!("{department}: counted {:?} instead of {:?}", found.0, wanted.0);
            if found.0[0] > wanted.0[0] {
                findings.double(&what());
            } else if found != wanted {
                findings.lose(&what());
            }
        }
    }

    /// A row that is handed over now can be asked for.
    fn flows(&mut self, findings: &mut Findings) {
        let fresh = self.feed.fresh();
        self.oracle.drop(&fresh.file);
        self.target.node.drop_file(FILES, &fresh.file.file);
        self.wait_until_in(&fresh.file.file);
        let question = self.ask(&fresh.citizen, fresh.key.clone());
        self.hear(question, true, findings);
        self.last = Some(fresh);
    }

    fn ask(&mut self, citizen: &str, key: String) -> Question {
        let folder = self.target.node.path("answers").join(format!("{}-{}", self.runs, self.answers.len()));
        let (by, save) = (format!("citizen-number={citizen}"), folder.display().to_string());
        let purpose = ["--matter", "000172149001", "--case", "2026-0001", "-o", "json"];
        let question = ["resolve", "housing-contract", &by, "--save", &save];
        let mut ask = self.target.node.client("consumer-one-window", &[&question[..], &purpose].concat());
        Question { child: ask.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), folder, key }
    }

    /// An answer holds the row; there need not be one in the middle of a fault.
    fn hear(&mut self, question: Question, must: bool, findings: &mut Findings) {
        let said = Said::of(question.child.wait_with_output().unwrap());
        let answer = said.json();
        let records = answer["records"].as_array().cloned().unwrap_or_default();
        let is_there = records.iter().any(|record| record["body"]["contract_number"] == question.key.as_str());
        let denies = answer["outcome"] == "OUTCOME_NOT_FOUND" || (said.code == 0 && !is_there);
        if denies || (must && !is_there) {
            findings.lose(&format!("contract {} in an answer: {} {}", question.key, said.stdout, said.stderr));
        }
        if question.folder.join("answer.json").exists() {
            self.answers.push(question.folder);
        }
    }
}

/// Waits until a file is in `done/`; as long as something of it comes, its size does not matter.
pub(super) fn wait_until_done(target: &mut Target, file: &DropFile) {
    let done = target.node.inbox(FILES).join("done").join(&file.name);
    let mut on_bus = 0;
    while !done.exists() {
        on_bus = wait_for(&format!("{} in done/, or more of it on the bus", file.name), || {
            target.assert_running();
            let now = target.on_bus(FILES);
            (done.exists() || now > on_bus).then_some(now)
        });
    }
}

/// Waits until so many rows are read, and what was published of them is applied.
pub(super) fn wait_until_read(target: &mut Target, department: &str, rows: u64) {
    let mut lag = u64::MAX;
    while lag > 0 {
        lag = wait_for(&format!("{department} to be read and applied"), || {
            target.assert_running();
            let status = target.node.status(department);
            let read = Tally::from_json(&status["rows"], "read").0[0];
            let now = number(&status["lag_records"]);
            (read >= rows && now < lag).then_some(now)
        });
    }
}

/// A number, written as one or as text; 0 where it is left out.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

/// Answered in full, though some of it is refused; or not at all.
fn is_answered(push: Child) -> bool {
    let said = Said::of(push.wait_with_output().unwrap());
    assert!([0, 1, 5].contains(&said.code), "{} {}", said.code, said.stderr);
    said.code != 5
}

fn verified(node: &Node, folder: &Path, archive: &Path) -> Result<(), String> {
    let mut verify = Command::new(binary());
    verify.args(["evidence", "verify"]).arg(folder.join("answer.json")).arg("--trust").arg(node.path("pki/ca.pem"));
    verify.arg("--request").arg(folder.join("request.json")).arg("--against").arg(archive.join("checkpoint"));
    let said = Said::of(verify.output().unwrap());
    if said.code == 0 { Ok(()) } else { Err(format!("{} {}", said.stdout, said.stderr)) }
}
