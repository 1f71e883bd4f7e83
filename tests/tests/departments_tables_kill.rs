//! A node that is killed while four departments write, and departments whose systems fail while a node reads: afterwards every
//! row is there once, at its newest version.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod front;

use exchange_tests::{
    Random,
    product::{Bus, Node, wait_for},
    tables::RowCount,
};
use front::{DEPARTMENTS, Front, Stories, wait_until_read};
use sources::test_kit::Trouble;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

const SEED: u64 = 41;
const KILLS: usize = 8;

fn on_bus(node: &Node) -> u64 {
    DEPARTMENTS.iter().map(|department| node.bytes_on_bus(department)).sum()
}

/// Files and folders below a folder.
fn entries(folder: &Path) -> u64 {
    let Ok(found) = fs::read_dir(folder) else { return 0 };
    found.flatten().map(|entry| 1 + entries(&entry.path())).sum()
}

#[test]
fn a_node_killed_again_and_again_has_every_row_once() {
    let Some(mut front) = Front::start() else { return };
    let mut stories = Stories::new(SEED, 300);
    stories.expect();
    let mut node = front.node(Bus::Embedded);
    let mut random = Random::new(SEED);
    let parts = KILLS + 1;
    node.start();
    stories.write(&mut front, (0, 1, parts));
    for (department, wanted) in stories.wanted() {
        wait_until_read(&mut node, department, wanted.len() / parts);
    }
    node.kill();
    for kill in 1..KILLS {
        let part = (kill, kill + 1, parts);
        if random.below(2) == 0 {
            stories.write(&mut front, part);
            node.begin();
        } else {
            node.begin();
            stories.write(&mut front, part);
        }
        let moment = on_bus(&node) + random.number() % 120_000;
        let latest = Instant::now() + Duration::from_millis(500 + random.number() % 2500);
        wait_for("a moment to kill at", || (on_bus(&node) > moment || Instant::now() > latest).then_some(()));
        node.kill();
    }
    node.start();
    stories.write(&mut front, (KILLS, parts, parts));
    stories.check_counts(&mut node);
    for table in ["spgl_bdcqz", "spgl_bdcqz_qlr", "spgl_jsgcghxkz"] {
        let open = front.postgres.query(&format!("SELECT count(*) FROM {table} WHERE sjsczt = 0"));
        let all = front.postgres.query(&format!("SELECT count(*) FROM {table}"));
        assert_ne!(open, all, "{table}: rows are marked");
    }
    node.stop();
    stories.check_topics(&node, &Bus::Embedded);
}

/// At its first start a node makes its stores, its log and its bus.
#[test]
fn a_node_killed_while_it_starts_for_the_first_time_starts_again() {
    let mut node = Node::new(Bus::Embedded);
    let mut random = Random::new(SEED);
    for _ in 0..20 {
        let there = entries(&node.path("data"));
        node.begin();
        let moment = there + 1 + random.number() % 8;
        let latest = Instant::now() + Duration::from_millis(1500);
        wait_for("a moment to kill at", || {
            node.assert_running();
            (entries(&node.path("data")) >= moment || Instant::now() > latest).then_some(())
        });
        node.kill();
    }
    node.start();
    node.assert_running();
}

#[test]
fn a_node_goes_on_where_it_was_when_the_departments_are_back() {
    let Some(mut front) = Front::start() else { return };
    let mut stories = Stories::new(SEED + 1, 200);
    stories.expect();
    let mut node = front.node(Bus::Embedded);
    stories.write(&mut front, (0, 1, 5));
    node.start();
    read_so_far(&mut node, &stories, 1);
    crash(&mut front, &mut node);
    stories.write(&mut front, (1, 2, 5));
    read_so_far(&mut node, &stories, 2);
    freeze(&front, &mut node);
    stories.write(&mut front, (2, 3, 5));
    read_so_far(&mut node, &stories, 3);
    lock(&mut front, &mut node, &stories);
    read_so_far(&mut node, &stories, 4);
    cut(&mut front, &stories);
    stories.check_counts(&mut node);
    load_again(&front, &mut node, &stories);
    node.stop();
    stories.check_topics(&node, &Bus::Embedded);
}

fn read_so_far(node: &mut Node, stories: &Stories, parts: usize) {
    for (department, wanted) in stories.wanted() {
        wait_until_read(node, department, wanted.len() * parts / 5);
    }
}

/// A node without its sources still answers; asking takes a while.
fn answers(node: &mut Node) {
    for _ in 0..25 {
        let said = node.ask(&["resolve", "marital-state", "citizen-number=110101190001010014"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
    }
}

fn troubled(front: &Front, troubles: &[Trouble]) {
    front.bureau.as_ref().unwrap().trouble("/dj/changes", troubles.iter().cloned());
}

fn crash(front: &mut Front, node: &mut Node) {
    front.maria.kill();
    front.postgres.kill();
    front.kafka.kill();
    troubled(front, &[Trouble::Status(502), Trouble::Code("4101"), Trouble::Cut, Trouble::Code("4103")]);
    answers(node);
    front.maria.start_again();
    front.postgres.start_again();
    front.kafka.restart();
}

fn freeze(front: &Front, node: &mut Node) {
    front.maria.freeze();
    front.postgres.freeze();
    front.kafka.stop();
    troubled(front, &[Trouble::Silent]);
    answers(node);
    front.maria.thaw();
    front.postgres.thaw();
    front.kafka.resume();
}

/// The tables are locked while rows are written; the bureau has had enough calls.
fn lock(front: &mut Front, node: &mut Node, stories: &Stories) {
    let mut maria = front.maria.session();
    let mut postgres = front.postgres.session();
    maria.execute("LOCK TABLES hydj_up WRITE");
    postgres.execute("BEGIN");
    postgres.execute("LOCK TABLE spgl_bdcqz, spgl_bdcqz_qlr, spgl_jsgcghxkz IN ACCESS EXCLUSIVE MODE");
    troubled(front, &[Trouble::TooMany(1), Trouble::Garbled, Trouble::Code("4102")]);
    answers(node);
    maria.execute("UNLOCK TABLES");
    postgres.execute("COMMIT");
    stories.write(front, (3, 4, 5));
}

/// The gateway's connections are cut while it reads.
fn cut(front: &mut Front, stories: &Stories) {
    stories.write(front, (4, 5, 5));
    for _ in 0..5 {
        front.postgres.cut();
        let mut session = front.maria.session();
        for id in session.query("SELECT id FROM information_schema.processlist WHERE user = 'gateway'") {
            // It may have gone meanwhile.
            session
                .execute(&format!("BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; KILL {}; END", id[0]));
        }
    }
    troubled(front, &[Trouble::Cut, Trouble::Repeated]);
}

/// A cursor that is too old: the list is read from its beginning, and nothing is published twice.
fn load_again(front: &Front, node: &mut Node, stories: &Stories) {
    let before = RowCount::from_json(&node.status("taxation")["rows"], "read");
    troubled(front, &[Trouble::Code("4109")]);
    let bureau = front.bureau.as_ref().unwrap();
    let all = bureau.queries().iter().filter(|query| !query.contains("cursor=")).count();
    wait_for("a load from the beginning", || {
        (bureau.queries().iter().filter(|query| !query.contains("cursor=")).count() > all).then_some(())
    });
    wait_for("the list to be read again", || {
        let rows = RowCount::from_json(&node.status("taxation")["rows"], "read");
        (rows.read >= before.read + stories.taxed.rows.len() as u64).then_some(())
    });
    let after = RowCount::from_json(&node.status("taxation")["rows"], "read");
    assert!(after.adds_up(), "{after:?}");
    assert_eq!(after.ends[0], before.ends[0], "nothing is published twice");
}
