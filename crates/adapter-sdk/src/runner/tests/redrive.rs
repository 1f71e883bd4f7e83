//! Rejects driven again.

use super::{
    bus::TestBus,
    logs::{logged, with},
    world::{GoOn, REJECTS, World},
};
use crate::{Adapter, Department, Mapping, Row, Runner, RunnerConfig, Translated, testing};
use bus::Delivery;
use contract::{
    canonical::v1::Record,
    v1::{RedriveCommand, RedriveTarget, RejectState},
};
use prost::{Message, Name};
use std::sync::Arc;

/// The same department once its mapping was mended: what was bad is an upsert.
pub(super) struct Mended;

impl Mapping for Mended {
    fn department(&self) -> &'static Department {
        testing::Lines.department()
    }

    fn entity(&self, row: &Row<'_>) -> Option<String> {
        testing::Lines.entity(row)
    }

    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
        let mended = String::from_utf8_lossy(row.bytes).replace("|B|", "|U|");
        testing::Lines.translate(&Row { bytes: mended.as_bytes(), ..*row }, memory)
    }

    fn recall(&self, record: &Record) -> Option<(String, Vec<u8>)> {
        testing::Lines.recall(record)
    }
}

fn world() -> World {
    let world = World::new(TestBus::faulty());
    world.put("L_320102_001.txt", 'I', &["20260101000003|a|B|bad", "20260101000003|b|U|one", "no row"]);
    world.step().unwrap();
    world
}

fn mended(world: &World) -> Runner {
    let config = RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    let adapter = Adapter { mapping: Box::new(Mended), ..testing::adapter() };
    Runner::new(adapter, config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

/// Asks for all rejects on the topic, and for some that are not there.
pub(super) fn ask(world: &World, department: &str) {
    let mut targets: Vec<RedriveTarget> = world
        .bus
        .messages(REJECTS)
        .iter()
        .map(|message| {
            target(std::str::from_utf8(&message.key).unwrap(), message.position.partition, message.position.offset)
        })
        .collect();
    targets.extend([target("gone", 0, 999), target("gone", 9, 0), target("another", 1, 0)]);
    let command = RedriveCommand { department: department.to_owned(), targets };
    let headers = [("ce_type", RedriveCommand::full_name())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    world.bus.put("exchange.control", &format!("redrive/{department}/1"), &headers, &command.encode_to_vec());
}

fn target(id: &str, partition: u32, offset: u64) -> RedriveTarget {
    RedriveTarget {
        reject_id: id.to_owned(),
        partition: i32::try_from(partition).unwrap(),
        offset: i64::try_from(offset).unwrap(),
    }
}

#[test]
fn a_mended_row_is_published_and_its_reject_is_closed() {
    let world = world();
    ask(&world, "testing");
    let mut runner = mended(&world);
    runner.step(&GoOn).unwrap();
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "bad");
    let rejects = world.rejects();
    let states: Vec<(&[u8], RejectState)> =
        rejects.values().map(|reject| (reject.original.as_slice(), reject.state())).collect();
    assert_eq!(rejects.len(), 2);
    assert!(states.contains(&(b"20260101000003|a|B|bad", RejectState::Redriven)));
    assert!(states.contains(&(b"no row", RejectState::Open)));
    let counters = runner.counters().unwrap();
    assert_eq!((counters.read, counters.rejected, counters.redriven), (3, 2, 1));
    assert!(counters.adds_up());
}

#[test]
fn driving_again_what_was_driven_again_changes_nothing() {
    let world = world();
    ask(&world, "testing");
    mended(&world).step(&GoOn).unwrap();
    let (effect, rejects, counters) = (world.effect(), world.rejects(), world.counters());
    ask(&world, "testing");
    mended(&world).step(&GoOn).unwrap();
    assert_eq!((world.effect(), world.rejects(), world.counters()), (effect, rejects, counters));
}

#[test]
fn what_came_after_the_row_stands_even_under_the_same_stamp() {
    let world = world();
    world.put("L_320102_002.txt", 'I', &["20260101000003|a|U|corrected"]);
    world.step().unwrap();
    ask(&world, "testing");
    mended(&world).step(&GoOn).unwrap();
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "corrected");
    assert!(world.rejects().values().any(|reject| reject.state() == RejectState::Redriven));
}

#[test]
fn what_was_commanded_before_the_state_was_lost_is_not_commanded_anew() {
    let world = world();
    ask(&world, "testing");
    world.lose_state();
    let mut runner = mended(&world);
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
    ask(&world, "testing");
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 2);
}

#[test]
fn a_command_to_another_department_is_none_of_ours() {
    let world = world();
    ask(&world, "somebody");
    let mut runner = mended(&world);
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
    assert!(!world.effect().contains_key("a"));
}

#[test]
fn a_crash_while_rejects_are_driven_again_changes_nothing() {
    let expected = {
        let world = world();
        ask(&world, "testing");
        world.bus.heal();
        mended(&world).step(&GoOn).unwrap();
        (world.effect(), world.rejects(), world.counters(), world.bus.calls())
    };
    for call in 1..=expected.3 {
        let world = world();
        ask(&world, "testing");
        world.bus.heal();
        world.bus.die_at(call);
        drop(mended(&world).step(&GoOn));
        world.bus.heal();
        mended(&world).step(&GoOn).unwrap();
        assert_eq!(
            (&world.effect(), &world.rejects(), &world.counters()),
            (&expected.0, &expected.1, &expected.2),
            "call {call}"
        );
        assert!(are_taken_back(&world), "call {call}");
    }
}

/// Whether compaction leaves no command.
fn are_taken_back(world: &World) -> bool {
    commands(world).last().is_some_and(|last| last.payload.is_none())
}

/// What of commands is on the control topic, beside the leases.
fn commands(world: &World) -> Vec<Delivery> {
    world.bus.messages("exchange.control").into_iter().filter(|message| message.key.starts_with(b"redrive/")).collect()
}

#[test]
fn a_command_that_was_heeded_is_taken_off_the_control_topic() {
    let world = world();
    ask(&world, "testing");
    let mut runner = mended(&world);
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 2);
    assert!(are_taken_back(&world));
    let commands = commands(&world);
    assert!(commands.len() >= 2 && commands.iter().all(|message| message.key == "redrive/testing/1"));
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
}

#[test]
fn a_command_to_another_department_is_left_on_the_control_topic() {
    let world = world();
    ask(&world, "somebody");
    mended(&world).step(&GoOn).unwrap();
    assert_eq!(commands(&world).len(), 1);
}

#[test]
fn where_the_control_topic_may_no_longer_be_written_rejects_are_driven_again_all_the_same() {
    let world = world();
    let mut runner = mended(&world);
    runner.step(&GoOn).unwrap();
    world.bus.forbid("exchange.control");
    ask(&world, "testing");
    let lines = logged(|| assert_eq!(runner.step(&GoOn).unwrap().redriven, 2));
    assert_eq!(with(&lines, "stays on the control topic").len(), 1, "{lines:?}");
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
}

#[test]
fn a_reject_without_its_original_is_passed_over_with_a_warning() {
    let world = World::new(TestBus::default());
    let row = format!("20260101000003|a|B|{}", "x".repeat(3000));
    world.put("L_320102_001.txt", 'I', &[&row]);
    world.step().unwrap();
    let rejects = world.rejects();
    assert!(rejects.len() == 1 && rejects.values().all(|reject| reject.original.is_empty()));
    ask(&world, "testing");
    let mut runner = mended(&world);
    let lines = logged(|| assert_eq!(runner.step(&GoOn).unwrap().redriven, 0));
    let told = with(&lines, "reject is not redriven");
    assert!(
        told.len() == 1 && told[0].contains("WARN") && told[0].contains(rejects.keys().next().unwrap()),
        "{lines:?}"
    );
    assert!(with(&lines, "xxxx").is_empty());
    assert_eq!(world.rejects(), rejects);
    assert!(are_taken_back(&world));
}
