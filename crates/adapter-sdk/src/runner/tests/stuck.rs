//! A partition that acknowledges nothing, while the others acknowledge in whatever order.

use super::{
    bus::TestBus,
    world::{After, Effect, RECORDS, World},
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

/// How many rows were written down while the partition of `stuck` acknowledged nothing; afterwards all is as if it had.
fn written_down(stuck: char, keys: &[char], bus: TestBus) -> u64 {
    let world = world(keys, bus);
    world.bus.stick(RECORDS, &format!("natural-person/{stuck}"));
    let stopped = world.runner().step(&After(400, world.bus.clone()));
    assert!(matches!(stopped, Err(IntakeError::Stopped)), "{stopped:?}");
    let read = world.counters().read;
    assert!(world.names().contains(&FILE.to_owned()), "the file is not done");
    world.bus.heal();
    world.step().unwrap();
    assert_eq!((world.effect(), world.counters().read), uninterrupted(keys));
    read
}

fn before(stuck: char, keys: &[char]) -> u64 {
    keys.iter().take_while(|key| **key != stuck).count() as u64
}

#[test]
fn the_checkpoint_stays_before_the_first_row_of_a_stuck_partition() {
    for (stuck, keys) in [('b', "acabcaacba"), ('c', "caba"), ('a', "bcbcbca")] {
        let keys: Vec<char> = keys.chars().collect();
        assert_eq!(written_down(stuck, &keys, TestBus::default()), before(stuck, &keys), "{keys:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    /// Messages that fail besides are sent again only when what is under way is back.
    #[test]
    fn the_checkpoint_never_passes_a_stuck_row_in_whatever_order_the_others_are_acknowledged(
        mut keys in prop::collection::vec(prop::sample::select(vec!['a', 'b', 'c']), 1..40),
        stuck in prop::sample::select(vec!['a', 'b', 'c']),
    ) {
        keys.push(stuck);
        prop_assert!(written_down(stuck, &keys, TestBus::faulty()) <= before(stuck, &keys));
    }
}
