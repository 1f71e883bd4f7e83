//! Killed at any moment of its intake, a node ends where one ends that nobody killed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod support;

use exchange_tests::{
    Counts, Random,
    product::{Bus, Node, wait_for},
};
use serde_json::Value;
use std::time::{Duration, Instant};
use support::{Departments, check_newest, drop_all, expected_rejects, published, rejects, wait_until_in};

const SEED: u64 = 9;
const NODES: u64 = 2;
const KILLS: u64 = 5;
const SIZE: usize = 5000;
const DEPARTMENTS: [&str; 2] = ["public-security", "market-supervision"];

fn on_bus(node: &Node) -> u64 {
    DEPARTMENTS.iter().map(|department| node.bytes_on_bus(department)).sum()
}

/// The files of the first days lie there before anything runs.
fn ready(departments: &mut Departments) -> Node {
    let node = Node::new(Bus::Embedded);
    departments.expect(0);
    drop_all(&node, &departments.batch(0));
    node
}

fn answers(node: &mut Node, departments: &Departments) -> Vec<Value> {
    let mut all = Vec::new();
    let mut ask = |resource: &str, by: String| {
        let mut answer = node.ask(&["resolve", resource, &by]).json();
        for record in answer["records"].as_array_mut().into_iter().flatten() {
            let record = record.as_object_mut().unwrap();
            record.remove("received_at");
            record.remove("version");
        }
        // Each is an exchange of its own.
        assert!(answer.as_object_mut().unwrap().remove("receipt").is_some());
        all.push(answer);
    };
    for number in departments.register.cast.values() {
        ask("natural-person", format!("citizen-number={number}"));
        ask("household", format!("citizen-number={number}"));
    }
    for (label, uscc) in &departments.enterprises.cast {
        if !["moved from", "ring holder"].contains(label) {
            ask("legal-person", format!("uscc={uscc}"));
        }
    }
    all
}

#[test]
fn nodes_killed_five_times_end_like_one_that_nobody_killed() {
    let mut departments = Departments::new(SEED, SIZE);
    let mut calm = ready(&mut departments);
    calm.start();
    wait_until_in(&mut calm, &departments, &departments.batch(0));
    let wanted = answers(&mut calm, &departments);
    calm.stop();
    let mut random = Random::new(SEED);
    for _ in 0..NODES {
        let mut killed = ready(&mut Departments::new(SEED, SIZE));
        kill_again_and_again(&mut killed, on_bus(&calm), &mut random);
        killed.start();
        wait_until_in(&mut killed, &departments, &departments.batch(0));
        for department in DEPARTMENTS {
            let (rows, _) = departments.expected(department);
            assert_eq!(killed.counts(department), Counts::of(rows), "{department}");
            assert_eq!(rejects(&mut killed, department), expected_rejects(rows), "{department}");
        }
        assert_eq!(answers(&mut killed, &departments), wanted);
        killed.stop();
        for department in DEPARTMENTS {
            let (_, seen) = departments.expected(department);
            check_newest(&published(&killed, &Bus::Embedded, department), seen);
        }
    }
}

/// Each time a share of the records is on the bus that was not before; `all` bytes is everything.
fn kill_again_and_again(node: &mut Node, all: u64, random: &mut Random) {
    let end = all * 19 / 20;
    for left in (1..=KILLS).rev() {
        let there = on_bus(node);
        let step = end.saturating_sub(there) / (left + 1);
        let moment = (there + 1 + random.number() % (step + 1)).min(end);
        // At the moment, or a little later: between a publication and what is written down of it.
        let later = Instant::now() + Duration::from_millis(random.number() % 40);
        node.begin();
        wait_for("records on the bus", || (on_bus(node) >= moment && Instant::now() >= later).then_some(()));
        node.kill();
    }
}
