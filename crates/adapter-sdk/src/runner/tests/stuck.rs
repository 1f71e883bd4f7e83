//! A partition that acknowledges nothing, while the others acknowledge in whatever order.

use super::{
    bus::TestBus,
    world::{Effect, RECORDS, World},
};
use crate::IntakeError;
use proptest::prelude::*;

const FILE: &str = "L_320102_001.txt";

/// Rows of keys `a`, `b` and `c`, each of which has a partition to itself.
fn world(keys: &[char], bus: TestBus) -> World {
    let world = World::new(bus);
    let rows: Vec<String> =
        keys.iter().enumerate().map(|(row, key)| format!("202601010000{row:02}|{key}|U|v{row}")).collect();
    world.put(FILE, 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    world
}

fn uninterrupted(keys: &[char]) -> (Effect, u64) {
    let calm = world(keys, TestBus::default());
    calm.step().unwrap();
    (calm.effect(), calm.counters().read)
}

fn is_pinned_by(stuck: char, keys: &[char], bus: TestBus) {
    let world = world(keys, bus);
    world.bus.stick(RECORDS, &format!("natural-person/{stuck}"));
    let bus = world.bus.clone();
    let enough = move || bus.calls() > 400;
    let stopped = world.runner().step(&enough);
    assert!(matches!(stopped, Err(IntakeError::Stopped)), "{stopped:?}");
    let before = keys.iter().take_while(|key| **key != stuck).count() as u64;
    assert_eq!(world.counters().read, before, "the checkpoint stands before the first row that is stuck");
    assert!(world.names().contains(&FILE.to_owned()), "the file is not done");
    world.bus.heal();
    world.step().unwrap();
    assert_eq!((world.effect(), world.counters().read), uninterrupted(keys));
}

#[test]
fn the_checkpoint_stays_before_the_first_row_of_a_stuck_partition() {
    is_pinned_by('b', &['a', 'c', 'a', 'b', 'c', 'a', 'a', 'c', 'b', 'a'], TestBus::default());
    is_pinned_by('c', &['c', 'a', 'b', 'a'], TestBus::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wherever_the_stuck_rows_stand_and_in_whatever_order_the_others_are_acknowledged(
        mut keys in prop::collection::vec(prop::sample::select(vec!['a', 'b', 'c']), 1..40),
        stuck in prop::sample::select(vec!['a', 'b', 'c']),
    ) {
        keys.push(stuck);
        is_pinned_by(stuck, &keys, TestBus::faulty());
    }
}
