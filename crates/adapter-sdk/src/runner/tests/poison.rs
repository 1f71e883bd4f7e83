//! Rows at which the mapping panics: rejected with their bytes, and in nobody's way.

use super::{
    bus::TestBus,
    world::{After, REJECTS, World},
};
use crate::IntakeError;

const ROWS: usize = 200;

fn row(number: usize, poison: bool) -> String {
    let (what, value) = if poison { ("P", "panic") } else { ("U", "good") };
    format!("202601010{number:05}|k{number}|{what}|{value}")
}

fn world(poison: impl Fn(usize) -> bool, bus: TestBus) -> World {
    let world = World::new(bus);
    // The minute of a stamp has two digits below 60, so the numbers of the rows have none above.
    let rows: Vec<String> = (0..ROWS).map(|number| row(number / 60 * 100 + number % 60, poison(number))).collect();
    world.put("L_320102_001.txt", 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    world
}

fn refused(world: &World) -> Vec<String> {
    let rejects = world.rejects().into_values();
    let mut originals: Vec<String> = rejects
        .map(|reject| {
            assert_eq!(reject.rule, "mapping.failed");
            String::from_utf8(reject.original).unwrap()
        })
        .collect();
    originals.sort();
    originals
}

#[test]
fn one_row_that_panics_is_rejected_with_its_bytes_and_the_rest_is_published() {
    let world = world(|number| number == 77, TestBus::faulty());
    world.step().unwrap();
    let counters = world.counters();
    assert_eq!((counters.read, counters.published, counters.rejected), (ROWS as u64, ROWS as u64 - 1, 1));
    assert_eq!(refused(&world), [row(117, true)]);
}

#[test]
fn rows_that_all_panic_are_all_rejected_with_their_bytes_and_the_next_file_is_taken_in() {
    let world = world(|_| true, TestBus::faulty());
    world.step().unwrap();
    let mut wanted: Vec<String> = (0..ROWS).map(|number| row(number / 60 * 100 + number % 60, true)).collect();
    wanted.sort();
    assert_eq!(refused(&world), wanted);
    assert_eq!((world.counters().read, world.counters().rejected), (ROWS as u64, ROWS as u64));
    world.put("L_320102_002.txt", 'I', &["20260101000001|a|U|one"]);
    assert_eq!(world.step().unwrap().taken, 1);
    assert!(world.effect().contains_key("a"));
}

#[test]
fn while_rejects_cannot_be_written_rows_that_panic_are_waited_with() {
    let world = world(|number| number % 3 == 2, TestBus::default());
    world.bus.away(REJECTS);
    let away = After(200, world.bus.clone());
    assert!(matches!(world.runner().step(&away), Err(IntakeError::Stopped)));
    assert!(world.counters().read <= 2, "not beyond the first of them");
    world.bus.heal();
    world.step().unwrap();
    assert_eq!(world.counters().rejected, (0..ROWS).filter(|number| number % 3 == 2).count() as u64);
    assert_eq!(world.counters().published + world.counters().rejected, ROWS as u64);
}
