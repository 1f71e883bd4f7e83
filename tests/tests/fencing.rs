//! Two machines with adapters for the same departments: the one that starts later takes over, and the other, frozen in the
//! middle of a file and thawed again, stops without having changed anything.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod support;

use bus::{Bus as _, KafkaBus, KafkaConfig, test_kit::RealKafka};
use exchange_tests::{
    Counts,
    generate::{Fate, Step},
    product::{Bus, Node, wait_for},
};
use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
};
use support::{Departments, check_newest, drop_all, expected_rejects, published, rejects, wait_until_in};

const RESIDENTS: &str = "public-security";
const COMPANIES: &str = "market-supervision";
const OWN: &str = "exchange.toml";
const OTHER: &str = "other.toml";

/// A process of adapters, which ends with this value.
struct Adapters {
    child: Child,
    log: PathBuf,
}

impl Adapters {
    fn start(node: &Node, departments: &[&str], config: &str, log: &str) -> Self {
        Self { child: node.adapters_apart(departments, config, log), log: node.path(log) }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal}");
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    fn ended(&mut self) -> Option<i32> {
        let status = wait_for("adapters that end", || self.child.try_wait().unwrap());
        status.code()
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Adapters {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.said());
        }
        // It may have ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A gateway, and two machines whose adapters look into the same folders and have states of their own.
fn machines(brokers: String) -> Node {
    let mut node = Node::new(Bus::Kafka(brokers));
    node.run_adapters(&[]);
    let own = fs::read_to_string(node.path(OWN)).unwrap();
    let other =
        own.replace("id = \"city\"", "id = \"county\"").replace("data_dir = \"data\"", "data_dir = \"data of county\"");
    assert_eq!(own.lines().zip(other.lines()).filter(|(own, other)| own != other).count(), 2);
    fs::write(node.path(OTHER), other).unwrap();
    node.start();
    node
}

/// Each row counts once; one that the machine before had published is unchanged, or superseded by a later one.
fn check_counts(node: &mut Node, departments: &Departments, department: &str) {
    let (rows, _) = departments.expected(department);
    let sums = |counts: Counts| [counts.read, counts.published + counts.unchanged + counts.superseded, counts.rejected];
    assert_eq!(sums(node.counts(department)), sums(Counts::of(rows)), "{department}");
    assert_eq!(rejects(node, department), expected_rejects(rows), "{department}");
}

fn answers(node: &mut Node, departments: &Departments) -> Vec<Value> {
    let numbers = departments.register.cast.values().map(|number| format!("citizen-number={number}"));
    let records = |by: String| node.ask(&["resolve", "natural-person", &by]).json()["records"].take();
    numbers.map(records).collect()
}

/// What is published and counted of both departments is what must be.
fn check(node: &mut Node, brokers: &str, departments: &Departments) {
    for department in [RESIDENTS, COMPANIES] {
        check_counts(node, departments, department);
        let records = published(node, &Bus::Kafka(brokers.to_owned()), department);
        check_newest(&records, departments.expected(department).1);
    }
}

#[test]
fn of_two_machines_the_one_that_started_later_goes_on() {
    let kafka = match RealKafka::start() {
        Ok(kafka) => kafka,
        Err(skip) => return eprintln!("{skip}"),
    };
    let mut departments = Departments::new(11, 6000);
    let mut node = machines(kafka.brokers());
    departments.expect(0);
    drop_all(&node, &departments.batch(0));
    let mut first = frozen_in_a_file(&node, &kafka.brokers(), &departments);

    let mut other = Adapters::start(&node, &[RESIDENTS], OTHER, "other.log");
    wait_until_in(&mut node, &departments, &departments.batch(0)[..1]);
    check_counts(&mut node, &departments, RESIDENTS);
    let before = answers(&mut node, &departments);
    first.signal("-CONT");
    wait_for("the word of the first", || first.said().contains("the others go on").then_some(()));
    assert!(first.said().contains("taken over department public-security, lease 2 held by county/"));
    wait_until_in(&mut node, &departments, &departments.batch(0));
    assert!(first.is_running() && other.is_running(), "{}", first.said());
    assert_eq!(answers(&mut node, &departments), before, "what the first still sent");
    check(&mut node, &kafka.brokers(), &departments);

    let mut last = Adapters::start(&node, &[COMPANIES], OTHER, "last.log");
    assert_eq!(first.ended(), Some(1), "{}", first.said());
    assert!(first.said().contains("taken over department market-supervision, lease 2 held by county/"));
    for adapters in [&mut other, &mut last] {
        adapters.signal("-TERM");
        assert_eq!(adapters.ended(), Some(0), "{}", adapters.said());
    }

    departments.expect(1);
    // A file that is dropped once more is known only where it was taken in.
    let batch = departments.batch(1).map(|(department, steps)| (department, without_known(steps)));
    let batch = batch.each_ref().map(|(department, steps)| (*department, steps.as_slice()));
    drop_all(&node, &batch);
    let mut back = Adapters::start(&node, &[RESIDENTS, COMPANIES], OWN, "back.log");
    wait_until_in(&mut node, &departments, &batch);
    assert!(back.is_running());
    check(&mut node, &kafka.brokers(), &departments);
}

fn without_known(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|step| step.fate != Fate::Known).cloned().collect()
}

/// Adapters that are stopped as soon as something of the residents is on the bus.
fn frozen_in_a_file(node: &Node, brokers: &str, departments: &Departments) -> Adapters {
    let bus = KafkaBus::connect(KafkaConfig::new(brokers, "tests")).unwrap();
    let first = Adapters::start(node, &[RESIDENTS, COMPANIES], OWN, "first.log");
    let topic = contract::topics::records(RESIDENTS);
    wait_for("residents on the bus", || bus.end(&topic).ok()?.iter().any(|end| end.offset > 0).then_some(()));
    first.signal("-STOP");
    let [(_, steps), _] = departments.batch(0);
    let is_open = |step: &Step| step.fate == Fate::Taken && node.inbox(RESIDENTS).join(&step.file.name).exists();
    assert!(steps.iter().any(is_open), "in the middle of a file: {}", first.said());
    first
}
