//! Killed at any moment of its intake, a node ends where one ends that nobody killed.
mod support;

use exchange_tests::{
    Counts, Random,
    product::{Bus, Node, wait_for},
};
use serde_json::Value;
use std::time::{Duration, Instant};
use support::{Departments, check_newest, drop_all, expected_rejects, published, rejects, wait_until_in};

const SEED: u64 = 9;
const KILLS: u64 = 10;
const SIZE: usize = 6000;
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
fn a_node_killed_ten_times_ends_like_one_that_nobody_killed() {
    let mut departments = Departments::new(SEED, SIZE);
    let mut calm = ready(&mut departments);
    calm.start();
    wait_until_in(&mut calm, &departments, &departments.batch(0));
    let wanted = answers(&mut calm, &departments);
    calm.stop();
    let all = on_bus(&calm);

    let mut killed = ready(&mut Departments::new(SEED, SIZE));
    let mut random = Random::new(SEED);
    for kill in 0..KILLS {
        // Beyond what is there, so that each start gets somewhere; the last ones meet a node that only looks for its end.
        let (there, end) = (on_bus(&killed), all * 19 / 20);
        let step = end.saturating_sub(there) / (KILLS - kill);
        let moment = (there + 1 + random.next() % (2 * step + 1)).min(end);
        let later = Instant::now() + Duration::from_millis(random.next() % 40);
        killed.begin();
        wait_for("records on the bus", || (on_bus(&killed) >= moment && Instant::now() >= later).then_some(()));
        killed.kill();
        eprintln!("kill {kill}: at {} of {all} bytes, {there} before", on_bus(&killed));
    }
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
