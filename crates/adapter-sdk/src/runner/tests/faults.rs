//! The process ends anywhere; the next goes on and the outcome is the same.

use super::{
    bus::TestBus,
    world::{After, Effect, GoOn, REJECTS, World},
};
use crate::{Counters, IntakeError};
use contract::v1::Reject;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Everything that may not depend on where the process ended.
#[derive(Debug, PartialEq)]
struct Outcome {
    effect: Effect,
    rejects: BTreeMap<String, Reject>,
    counters: Counters,
    tree: BTreeMap<String, Vec<u8>>,
    missing: u64,
}

fn outcome(world: &World) -> Outcome {
    Outcome {
        effect: world.effect(),
        rejects: world.rejects(),
        counters: world.counters(),
        tree: world.tree(),
        missing: world.intake().missing_from_full,
    }
}

fn drop_files(world: &World) {
    let rows: Vec<String> = (0..9).map(|row| format!("2026010100000{}|k{}|U|v{row}", row % 4, row % 3)).collect();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.extend(["20260101000003|b|B|bad", "20260101000003|c|2|two", "20260101000009|c|W|"]);
    world.put("L_320102_001.txt", 'I', &rows);
    world.put("L_320102_002.txt", 'F', &["20260101000008|k1|U|new", "20260101000003|b|B|bad"]);
}

fn uninterrupted() -> (Outcome, usize) {
    let world = World::new(TestBus::faulty());
    drop_files(&world);
    world.step().unwrap();
    (outcome(&world), world.bus.calls())
}

#[test]
fn a_kill_at_any_call_of_the_bus_changes_nothing() {
    let (expected, calls) = uninterrupted();
    assert_eq!(expected.counters.read, 14);
    assert_eq!(expected.missing, 3);
    for call in 1..=calls {
        let world = World::new(TestBus::faulty());
        drop_files(&world);
        world.killed_at(call);
        world.step().unwrap();
        assert_eq!(outcome(&world), expected, "killed at call {call} of {calls}");
    }
}

#[test]
fn a_fatal_producer_is_replaced_within_the_process() {
    let (expected, calls) = uninterrupted();
    let world = World::new(TestBus::faulty());
    drop_files(&world);
    let mut runner = world.runner();
    world.bus.die_at(calls / 2);
    let error = runner.step(&GoOn).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    world.bus.heal();
    runner.step(&GoOn).unwrap();
    drop(runner);
    assert_eq!(outcome(&world), expected);
}

#[test]
fn while_rejects_cannot_be_written_the_intake_waits_and_drops_nothing() {
    let world = World::new(TestBus::default());
    drop_files(&world);
    world.bus.away(REJECTS);
    let away = After(200, world.bus.clone());
    assert!(matches!(world.runner().step(&away), Err(IntakeError::Stopped)));
    assert!(world.bus.messages(REJECTS).is_empty());
    assert!(world.names().contains(&"L_320102_001.txt".to_owned()));
    assert!(world.counters().read < 10);
    world.bus.heal();
    world.step().unwrap();
    assert_eq!(outcome(&world), uninterrupted().0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any rows, any crashes: the counts add up, and the newest version of each key is what an uninterrupted intake gives.
    #[test]
    fn crashes_anywhere_and_often_change_nothing(
        rows in prop::collection::vec((0..6_u8, 0..4_u8, prop::sample::select(vec!["U", "W", "2", "B", "H"]), 0..3_u8), 1..40),
        crashes in prop::collection::vec(1..60_usize, 1..5),
    ) {
        let rows: Vec<String> =
            rows.iter().map(|(stamp, key, what, value)| format!("2026010100000{stamp}|k{key}|{what}|v{value}")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let (calm, stormy) = (World::new(TestBus::default()), World::new(TestBus::faulty()));
        for world in [&calm, &stormy] {
            world.put("L_320102_001.txt", 'I', &rows);
        }
        calm.step().unwrap();
        for call in crashes {
            stormy.bus.die_at(call);
            drop(stormy.step());
            stormy.bus.heal();
        }
        stormy.step().unwrap();
        prop_assert_eq!(outcome(&stormy), outcome(&calm));
        prop_assert_eq!(calm.counters().read, rows.len() as u64);
    }
}
