//! Lost and outdated state.

use super::{
    bus::TestBus,
    world::{GoOn, RECORDS, World},
};
use crate::{IntakeError, kit::copy_folder};

fn world() -> World {
    let world = World::new(TestBus::default());
    world.put(
        "L_320102_001.txt",
        'I',
        &[
            "20260101000001|a|U|one",
            "20260101000005|a|U|two",
            "20260101000003|b|W|",
            "20260101000003|c|2|three",
            "20260101000003|d|B|bad",
        ],
    );
    world.step().unwrap();
    world
}

#[test]
fn lost_state_is_put_together_from_the_departments_own_topic() {
    let world = world();
    let (counters, intake) = (world.counters(), world.intake());
    world.lose_state();
    world.put(
        "L_320102_002.txt",
        'I',
        &["20260101000004|a|U|late", "20260101000005|a|U|two", "20260101000003|b|W|", "20260101000009|c|U|four"],
    );
    let mut runner = world.runner();
    assert_eq!(runner.step(&GoOn).unwrap().taken, 1);
    let after = runner.counters().unwrap();
    assert_eq!([after.superseded, after.unchanged], [counters.superseded + 1, counters.unchanged + 1]);
    assert_eq!(after.read, counters.read + 4);
    // The row at `a` knows the name before, so it is not what was published; the memory of `c` says "three".
    assert_eq!(world.effect()["c"].1, Some(("four".to_owned(), "three".to_owned())));
    // Who lost its state cannot know of a unit that was begun and of which nothing came to the bus: its number is left out.
    assert_eq!(world.intake().intake, intake.intake + 2);
    assert_eq!(world.intake().finished_units, 2);
}

#[test]
fn a_file_dropped_again_after_its_state_was_lost_publishes_nothing_new_under_an_old_version() {
    let world = world();
    let before = world.effect();
    world.lose_state();
    world.put("L_320102_001.txt", 'I', &["20260101000003|b|W|", "20260101000003|d|B|bad"]);
    world.step().unwrap();
    assert_eq!(world.effect(), before);
}

#[test]
fn state_restored_from_an_older_copy_catches_up_and_gives_out_no_number_twice() {
    let world = world();
    let (state, copy) = (world.dir.path().join("state"), world.dir.path().join("copy"));
    copy_folder(&state, &copy).unwrap();
    world.put("L_320102_002.txt", 'I', &["20260101000008|a|U|newest", "20260101000007|e|U|five"]);
    world.step().unwrap();
    world.lose_state();
    copy_folder(&copy, &state).unwrap();
    world.put("L_320102_003.txt", 'I', &["20260101000006|a|U|older", "20260101000007|e|U|six"]);
    world.step().unwrap();
    let effect = world.effect();
    assert_eq!(effect["a"].1.as_ref().unwrap().0, "newest");
    assert_eq!(effect["e"].0, "20260101000007.0000000003.0000000002");
}

#[test]
fn a_topic_that_was_emptied_is_refused_loudly() {
    let world = world();
    world.bus.empty(RECORDS);
    assert!(matches!(world.step(), Err(IntakeError::BusBehind)));
}

#[test]
fn what_is_no_record_on_the_topic_is_passed_over() {
    let world = world();
    world.bus.put(RECORDS, "x", &[], b"\xff\xff");
    world.lose_state();
    world.step().unwrap();
    assert_eq!(world.counters().read, 5);
}
