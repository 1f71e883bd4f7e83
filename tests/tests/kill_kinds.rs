//! Killed in the middle of contracts, insurances, workbooks and pushed births, a node loses, doubles and invents nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#[path = "support/wanted.rs"]
mod wanted;

use exchange_tests::{
    Class, Random,
    generate::{
        DropFile, People, births,
        housing::{self, CONTRACT, CsvFile, Layout},
        insurance, teachers,
    },
    oracle::{BirthOracle, HousingOracle, InsuranceOracle, TeacherOracle},
    product::{Bus, Node, Said, binary, files_in, placed, published, wait_for},
    rows::{End, Tally, Wanted},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use wanted::{check_newest, check_rows, lines, number, published_by, rejects, wait_until_read};

const SEED: u64 = 77;

/// Begins a node and kills it once `moment` bytes of the departments' records are on the bus, or a little later: between a
/// publication and what is written down of it. A node that has nothing more to take in is killed as well.
fn kill_at(node: &mut Node, departments: &[&str], moment: u64, random: &mut Random) {
    let on_bus = |node: &Node| departments.iter().map(|department| node.bytes_on_bus(department)).sum::<u64>();
    node.begin();
    wait_for("records on the bus", || (on_bus(node) >= moment || is_empty(node, departments)).then_some(()));
    let later = Instant::now() + Duration::from_millis(random.number() % 20);
    wait_for("a moment later", || (Instant::now() >= later).then_some(()));
    node.kill();
}

fn is_empty(node: &Node, departments: &[&str]) -> bool {
    departments.iter().all(|department| files_in(&node.inbox(department)).is_empty())
}

/// How many more bytes are on the bus at each kill, at most.
fn step(rows: usize, kills: u64) -> u64 {
    const BYTES: u64 = 500;
    rows as u64 * BYTES / (kills + 1)
}

#[test]
fn files_with_a_flag_are_taken_in_once() {
    const DEPARTMENTS: [&str; 2] = ["housing-construction", "social-security"];
    const KILLS: u64 = 6;
    let (housing, mut insurance) = (housing::story(SEED, 1500), insurance::story(SEED, 5000));
    // All lie there at once, so that they are taken in by month and number.
    insurance.files.sort_by(|one, other| one.file.name.cmp(&other.file.name));
    let (mut contracts, mut insurances) = (HousingOracle::default(), InsuranceOracle::default());
    let mut node = Node::new(Bus::Embedded);
    for file in &housing.files {
        contracts.take(file);
        node.drop_file(DEPARTMENTS[0], &file.file);
    }
    for file in &insurance.files {
        insurances.take(file);
        node.drop_file(DEPARTMENTS[1], &file.file);
    }
    let mut random = Random::new(SEED);
    let all = contracts.rows.len() + insurances.rows.len();
    for _ in 0..KILLS {
        let there: u64 = DEPARTMENTS.iter().map(|department| node.bytes_on_bus(department)).sum();
        let moment = there + 1 + random.number() % step(all, KILLS);
        kill_at(&mut node, &DEPARTMENTS, moment, &mut random);
    }
    node.start();
    check_rows(&mut node, DEPARTMENTS[0], &contracts.rows);
    check_rows(&mut node, DEPARTMENTS[1], &insurances.rows);
    wait_for("every file in done/", || is_empty(&node, &DEPARTMENTS).then_some(()));
    node.stop();
    for (department, rows, seen) in
        [(DEPARTMENTS[0], &contracts.rows, &contracts.seen), (DEPARTMENTS[1], &insurances.rows, &insurances.seen)]
    {
        let versions = check_newest(&published(&node, &Bus::Embedded, department), seen);
        assert_eq!(versions, published_by(rows), "{department}: versions on the topic");
    }
}

/// Once while the workbooks rest, and then in the middle of the large one.
#[test]
fn workbooks_are_taken_in_once() {
    const DEPARTMENT: &str = "education";
    const KILLS: u64 = 2;
    let mut story = teachers::story(SEED, 3000);
    story.books.sort_by(|one, other| one.name.cmp(&other.name));
    let mut oracle = TeacherOracle::default();
    let mut node = Node::new(Bus::Embedded);
    for book in &story.books {
        oracle.take(book);
        assert!(book.put_into(&node.inbox(DEPARTMENT)).is_file());
    }
    let mut random = Random::new(SEED);
    node.begin();
    let rest = Instant::now() + Duration::from_millis(1000 + random.number() % 3000);
    wait_for("workbooks that rest", || (Instant::now() >= rest).then_some(()));
    node.kill();
    for _ in 0..KILLS {
        let moment = node.bytes_on_bus(DEPARTMENT) + 1 + random.number() % step(oracle.rows.len(), KILLS);
        kill_at(&mut node, &[DEPARTMENT], moment, &mut random);
    }
    node.start();
    check_rows(&mut node, DEPARTMENT, &oracle.rows);
    wait_for("every workbook in done/", || is_empty(&node, &[DEPARTMENT]).then_some(()));
    node.stop();
    let versions = check_newest(&published(&node, &Bus::Embedded, DEPARTMENT), &oracle.seen);
    assert_eq!(versions, published_by(&oracle.rows), "versions on the topic");
}

/// Lines that are sent as one request, under a key that the same lines always have.
struct Batch {
    file: PathBuf,
    /// Its lines among the oracle's.
    rows: Range<usize>,
    answers: Option<Vec<Value>>,
}

impl Batch {
    fn push(&self, node: &Node) -> Child {
        let file = self.file.display().to_string();
        let mut push = node.client("department-health", &["publish", "health", &file, "-o", "json"]);
        push.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Answered in full, or not at all; and never in another way than before.
    fn hear(&mut self, child: Child) -> bool {
        let said = Said::of(child.wait_with_output().unwrap());
        let answers = lines(&said);
        if said.code == 5 {
            assert!(answers.is_empty(), "no answer is none: {answers:?}");
            return false;
        }
        assert!([0, 1].contains(&said.code), "{} {}", said.code, said.stderr);
        assert!(self.answers.as_ref().is_none_or(|before| *before == answers), "the same again: {}", said.stdout);
        self.answers = Some(answers);
        true
    }
}

/// Two clients' batches, in turn; what is said of one birth is all said by one client.
fn rounds(node: &Node, oracle: &mut BirthOracle, random: &mut Random) -> Vec<Vec<Batch>> {
    let mut clients = [Vec::new(), Vec::new()];
    for line in births::story(SEED, 1000).0 {
        let number = line.text("cszmbh");
        clients[number.bytes().next_back().map_or(0, |digit| usize::from(digit) % 2)].push(line);
    }
    let mut rounds = Vec::new();
    while clients.iter().any(|lines| !lines.is_empty()) {
        let mut round = Vec::new();
        for (client, lines) in clients.iter_mut().enumerate().filter(|(_, lines)| !lines.is_empty()) {
            let name = format!("births-{client}-{}.ndjson", rounds.len());
            let part: Vec<_> = lines.drain(..lines.len().min(20 + random.below(200))).collect();
            let from = oracle.rows.len();
            fs::write(node.path(&name), oracle.take(&name, &part)).unwrap();
            round.push(Batch { file: node.path(&name), rows: from..oracle.rows.len(), answers: None });
        }
        rounds.push(round);
    }
    rounds
}

/// Kills the node while batches are on their way: at any moment, or when something of them is on the bus.
fn kill_under(node: &mut Node, round: &mut [Batch], random: &mut Random) -> bool {
    let before = node.bytes_on_bus("health");
    let mut pushes: Vec<Child> = round.iter().map(|batch| batch.push(node)).collect();
    let moment = if random.below(2) == 0 { 90_000 } else { random.number() % 200 };
    let moment = Instant::now() + Duration::from_millis(moment);
    wait_for("batches on their way", || {
        let ended = pushes.iter_mut().all(|push| push.try_wait().unwrap().is_some());
        (ended || node.bytes_on_bus("health") > before || Instant::now() >= moment).then_some(())
    });
    let later = Instant::now() + Duration::from_millis(random.number() % 8);
    wait_for("a moment later", || (Instant::now() >= later).then_some(()));
    node.kill();
    let answered: Vec<bool> = round.iter_mut().zip(pushes).map(|(batch, push)| batch.hear(push)).collect();
    node.start();
    answered.contains(&false)
}

fn push_all(node: &Node, round: &mut [Batch]) {
    let pushes: Vec<Child> = round.iter().map(|batch| batch.push(node)).collect();
    for (batch, push) in round.iter_mut().zip(pushes) {
        assert!(batch.hear(push), "a node that runs answers");
    }
}

#[test]
fn what_is_pushed_is_accepted_once() {
    let mut node = Node::new(Bus::Embedded);
    let mut issue = Command::new(binary());
    let issued = issue.args(["pki", "issue", "department/health", "--dir"]).arg(node.path("pki")).output().unwrap();
    assert!(issued.status.success());
    let (mut oracle, mut random) = (BirthOracle::default(), Random::new(SEED));
    let mut rounds = rounds(&node, &mut oracle, &mut random);
    node.start();
    let mut interrupted = 0;
    for round in &mut rounds {
        for _ in 0..random.below(3) {
            interrupted += usize::from(kill_under(&mut node, round, &mut random));
        }
        push_all(&node, round);
    }
    assert!(interrupted >= 3, "only {interrupted} requests were interrupted");
    for round in &mut rounds {
        push_all(&node, round);
    }
    let batches: Vec<&Batch> = rounds.iter().flatten().collect();
    wait_until_read(&mut node, "health", oracle.rows.len() as u64);
    let status = node.status("health");
    assert_eq!(Tally::from_json(&status["rows"], "read"), Tally::of(&oracle.rows), "{status}");
    let by_rule = |all: Vec<&Value>| {
        let rules = all.into_iter().filter_map(|line| line["rule"].as_str());
        rules.fold(BTreeMap::new(), |mut counts: BTreeMap<String, u64>, rule| {
            *counts.entry(rule.to_owned()).or_default() += 1;
            counts
        })
    };
    let answers = batches.iter().flat_map(|batch| batch.answers.as_ref().unwrap()).collect();
    assert_eq!(by_rule(rejects(&mut node, "health").iter().collect()), by_rule(answers), "rejects as answered");
    node.stop();
    accepted_once(&node, &oracle, &batches);
}

/// Each line is answered as it must be, and what is said to lie on the bus lies there, and nothing else.
fn accepted_once(node: &Node, oracle: &BirthOracle, batches: &[&Batch]) {
    let topic = placed(node, &Bus::Embedded, "health");
    let offsets: Vec<u64> = topic.iter().map(|(position, _)| position.offset).collect();
    assert_eq!(offsets, (0..topic.len() as u64).collect::<Vec<_>>(), "one after the other");
    assert_eq!(topic.len(), published_by(&oracle.rows), "each once");
    check_newest(topic.iter().map(|(_, record)| record), &oracle.seen);
    let mut places = BTreeSet::new();
    for batch in batches {
        let rows = &oracle.rows[batch.rows.clone()];
        let answers = batch.answers.as_ref().unwrap();
        assert_eq!(rows.len(), answers.len());
        for (row, answer) in rows.iter().zip(answers) {
            assert!(is_right(row, answer), "expected {row:?}, got {answer}");
            let Some(offset) = number(&answer["position"]["offset"]) else { continue };
            let End::Records(records) = &row.end else { panic!("a record: {row:?}") };
            let (_, record) = &topic[usize::try_from(offset).unwrap()];
            assert_eq!(record.key, records[0].1.key, "what lies at {offset}");
            assert!(places.insert(offset), "two lines lie at {offset}");
        }
    }
    assert_eq!(places.len(), topic.len(), "all were accepted");
}

fn is_right(row: &Wanted, answer: &Value) -> bool {
    let (result, rules) = match &row.end {
        End::Rejected(refusal) => ("REJECTED", &refusal.rules[..]),
        End::Skipped => ("SKIPPED", &[][..]),
        End::Records(records) => match records[0].0 {
            Class::Unchanged => ("UNCHANGED", &[][..]),
            Class::Superseded => ("SUPERSEDED", &[][..]),
            _ => ("ACCEPTED", &[][..]),
        },
    };
    let rule = answer["rule"].as_str();
    answer["result"] == format!("PUBLISH_RESULT_{result}")
        && number(&answer["line"]) == Some(row.row)
        && rule.is_some() != rules.is_empty()
        && rule.is_none_or(|rule| rules.iter().any(|wanted| wanted == rule))
        && answer["position"].is_null() == (result != "ACCEPTED")
}

/// A file, and another of its name with each row changed, in another order.
fn pair(name: &str, people: &mut People) -> (CsvFile, CsvFile) {
    let plain = Layout::plain(CONTRACT);
    let rows: Vec<_> = (0..5000).map(|_| housing::contract(people, "2026-11-01 08:00:00")).collect();
    let mut later: Vec<_> = rows
        .iter()
        .map(|row| row.clone().with("更新时间", "2026-11-02 08:00:00").with("房屋坐落", "另一处地址，二单元"))
        .collect();
    people.random().shuffle(&mut later);
    let first = CsvFile::new(name, &plain, rows, people.random());
    (first, CsvFile::new(name, &plain, later, people.random()))
}

/// How a file takes another's place.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Its bytes are written over those of the other.
    Over,
    /// It is renamed over the other.
    Renamed,
}

/// The flag goes first and comes last, as an orderly department does it.
fn replace(node: &Node, file: &DropFile, way: Way) {
    let inbox = node.inbox("housing-construction");
    fs::remove_file(inbox.join(format!("{}.ok", file.name))).unwrap();
    if let Way::Renamed = way {
        let aside = inbox.join("aside");
        fs::write(&aside, &file.bytes).unwrap();
        fs::rename(aside, inbox.join(&file.name)).unwrap();
    }
    node.drop_file("housing-construction", file);
}

#[test]
fn a_file_that_takes_the_place_of_one_being_read_is_taken_in_anew() {
    const DEPARTMENT: &str = "housing-construction";
    let (mut people, mut oracle) = (People::new(SEED), HousingOracle::default());
    let mut node = Node::new(Bus::Embedded);
    node.start();
    let mut partly = 0;
    for (name, way, killed) in [
        ("FWHT_20261101_001.csv", Way::Renamed, false),
        ("FWHT_20261102_001.csv", Way::Over, false),
        ("FWHT_20261103_001.csv", Way::Over, true),
    ] {
        let (first, second) = pair(name, &mut people);
        let before = node.bytes_on_bus(DEPARTMENT);
        node.drop_file(DEPARTMENT, &first.file);
        wait_for("some of it on the bus", || (node.bytes_on_bus(DEPARTMENT) > before).then_some(()));
        if killed {
            node.kill();
        }
        replace(&node, &second.file, way);
        if killed {
            node.start();
        }
        match (way, killed) {
            // What is open is read to its end.
            (Way::Renamed, false) => oracle.take(&first),
            _ => partly += first.rows.len(),
        }
        oracle.take(&second);
        let done = node.inbox(DEPARTMENT).join("done");
        wait_for(&format!("the second {name} in done/"), || {
            node.assert_running();
            files_in(&done).iter().any(|(_, bytes)| *bytes == second.file.bytes).then_some(())
        });
    }
    wait_until_read(&mut node, DEPARTMENT, oracle.rows.len() as u64);
    let status = node.status(DEPARTMENT);
    let Tally([read, published_rows, unchanged, superseded, rejected, skipped]) =
        Tally::from_json(&status["rows"], "read");
    assert_eq!([unchanged, superseded, rejected, skipped, read - published_rows], [0; 5], "{status}");
    let rows = oracle.rows.len() as u64;
    assert!((rows..rows + partly as u64).contains(&read), "{rows} rows and a part of {partly}: {status}");
    assert!(files_in(&node.inbox(DEPARTMENT).join("refused")).is_empty());
    node.stop();
    let versions = check_newest(&published(&node, &Bus::Embedded, DEPARTMENT), &oracle.seen) as u64;
    assert!((read..rows + partly as u64).contains(&versions), "{versions} versions of {read} rows");
}
