//! What rows come to.

use super::{
    bus::TestBus,
    world::{GoOn, RECORDS, World},
};
use crate::{Counters, IntakeError, Step, Stop, Written};
use contract::v1::RejectState;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn world() -> World {
    World::new(TestBus::faulty())
}

fn counts(counters: &Counters) -> [u64; 6] {
    [counters.read, counters.published, counters.unchanged, counters.superseded, counters.rejected, counters.skipped]
}

#[test]
fn every_row_ends_as_exactly_one_thing() {
    let world = world();
    world.put(
        "L_320102_001.txt",
        'I',
        &[
            "20260101000001|a|U|one",
            "20260101000001|a|U|one",
            "20260101000000|a|U|old",
            "20260101000009|a|H|history",
            "20260101000002|b|2|two",
            "20260101000003|c|B|bad",
            "no row",
            "20260101000003|c|P|panic",
            "20260101000004|c|S|no",
            "20260101000005|a|W|",
        ],
    );
    assert_eq!(world.step().unwrap(), Step { taken: 1, ..Step::default() });
    let counters = world.counters();
    assert_eq!(counts(&counters), [10, 3, 1, 2, 3, 1]);
    assert_eq!(counters.records["natural-person"], Written { upserted: 3, withdrawn: 1 });
    assert_eq!(counters.rejected_by["field.required"], 2);
    assert_eq!(counters.rejected_by["mapping.failed"], 1);
    let effect = world.effect();
    assert_eq!(effect["a"], ("20260101000005.0000000001.0000000010".to_owned(), None));
    assert_eq!(effect["b+"].1, Some(("two".to_owned(), String::new())));
}

#[test]
fn a_record_says_where_it_came_from() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one"]);
    world.step().unwrap();
    let record = world.records().pop().unwrap();
    let source = record.source.unwrap();
    assert_eq!((source.system.as_str(), source.file.as_str(), source.intake), ("lines", "L_320102_001.txt", 1));
    assert_eq!((source.row, source.byte_from, source.byte_to), (Some(1), Some(25), Some(47)));
    assert_eq!(source.digest, security::digest::sha256(b"20260101000001|a|U|one"));
    let message = world.bus.messages(RECORDS).pop().unwrap();
    assert_eq!(message.key, "natural-person/a");
    let headers: Vec<(&str, &[u8])> =
        message.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
    assert!(headers.contains(&("ce_type", b"exchange.canonical.v1.Record")));
    assert!(headers.contains(&("ce_source", b"/departments/testing/lines")));
    assert!(headers.contains(&("ce_id", b"natural-person/a@20260101000001.0000000001.0000000001")));
}

#[test]
fn a_reject_keeps_its_bytes_and_says_what_to_do() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one", "20260101000001|b|B|bad"]);
    world.step().unwrap();
    let reject = world.rejects().into_values().next().unwrap();
    assert_eq!(reject.original, b"20260101000001|b|B|bad");
    assert_eq!((reject.rule.as_str(), reject.field.as_str()), ("field.required", "what"));
    assert_eq!((reject.resource.as_str(), reject.encoding.as_str()), ("natural-person", "utf-8"));
    assert_eq!(reject.message, crate::rules::FIELD_REQUIRED.en);
    assert_eq!(reject.state(), RejectState::Open);
    assert_eq!(reject.source.unwrap().row, Some(2));
}

#[test]
fn a_record_too_large_for_the_bus_is_rejected_and_the_rest_goes_on() {
    let world = world();
    let large = format!("20260101000001|a|U|{}", "x".repeat(3000));
    world.put("L_320102_001.txt", 'I', &[&large, "20260101000001|b|U|one"]);
    world.step().unwrap();
    assert_eq!(counts(&world.counters()), [2, 1, 0, 0, 1, 0]);
    let reject = world.rejects().into_values().next().unwrap();
    assert_eq!(reject.rule, "record.too-large");
    assert!(reject.original.is_empty());
    assert_eq!(reject.source.unwrap().byte_from, Some(25));
}

#[test]
fn with_equal_stamps_the_later_row_and_the_later_file_win() {
    let world = world();
    world.put("L_320102_002.txt", 'I', &["20260101000001|a|U|third"]);
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|first", "20260101000001|a|U|second"]);
    world.step().unwrap();
    let (version, content) = &world.effect()["a"];
    assert_eq!(version, "20260101000001.0000000002.0000000001");
    assert_eq!(content.as_ref().unwrap(), &("third".to_owned(), "second".to_owned()));
}

#[test]
fn an_older_stamp_never_replaces_a_newer_one_even_when_the_newest_was_unchanged() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one", "20260101000009|a|U|one"]);
    world.put("L_320102_002.txt", 'I', &["20260101000005|a|U|two"]);
    world.step().unwrap();
    assert_eq!(counts(&world.counters()), [3, 1, 1, 1, 0, 0]);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "one");
}

#[test]
fn a_correction_under_the_same_name_is_taken_in_and_the_same_file_again_changes_nothing() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one"]);
    world.step().unwrap();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|two"]);
    assert_eq!(world.step().unwrap().taken, 1);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "two");
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|two"]);
    let before = (world.counters(), world.records());
    assert_eq!(world.step().unwrap(), Step { repeated: 1, ..Step::default() });
    assert_eq!((world.counters(), world.records()), before);
    let names = world.names();
    let expected = ["", ".2", ".2.ok", ".3", ".3.ok", ".ok"].map(|end| format!("done/L_320102_001.txt{end}"));
    assert_eq!(names, expected);
}

#[test]
fn a_full_export_reports_what_it_does_not_mention() {
    let world = world();
    let stamp = "20260101000001";
    let rows: Vec<String> =
        ["a|U|1", "b|U|2", "c|U|3", "d|W|", "e|U|5"].iter().map(|row| format!("{stamp}|{row}")).collect();
    world.put("L_320102_001.txt", 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    world.step().unwrap();
    assert_eq!(world.intake().missing_from_full, 0);
    // Unchanged, rejected and superseded rows mention their keys; `c` and the withdrawn `d` are not mentioned.
    world.put("L_320102_002.txt", 'F', &["20260101000001|a|U|1", "20260101000001|b|B|bad", "20260101000000|e|U|old"]);
    world.step().unwrap();
    let intake = world.intake();
    assert_eq!((intake.missing_from_full, intake.finished_full_units, intake.finished_units), (1, 1, 2));
    assert!(world.effect()["c"].1.is_some());
}

#[test]
fn what_is_announced_holds_counts_time_and_positions() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one", "20260101000001|b|B|bad"]);
    world.step().unwrap();
    let intake = world.intake();
    assert_eq!(intake.department, "testing");
    assert!(intake.finished);
    assert_eq!(intake.as_of.unwrap().seconds, crate::testing::instant("20260101000000").unwrap().timestamp());
    assert_eq!(intake.resources, ["natural-person"]);
    assert_eq!(intake.rows.unwrap().read, 2);
    assert_eq!(intake.rejects_by_rule[0].count, 1);
    let ends: Vec<(i32, i64)> = intake.positions.iter().map(|position| (position.partition, position.offset)).collect();
    let held = world.bus.messages(RECORDS).iter().all(|message| {
        let partition = i32::try_from(message.position.partition).unwrap();
        ends.iter().any(|end| end.0 == partition && end.1 > i64::try_from(message.position.offset).unwrap())
    });
    assert!(held);
}

#[test]
fn the_time_of_a_feed_is_the_later_one_told_but_never_after_the_intake() {
    let world = world();
    let known = |name: &str, head: &str| {
        world.put_text(name, &format!("H320102 {head} I\nT0\n"), 0);
        world.step().unwrap();
        world.intake().as_of.unwrap().seconds
    };
    let seconds = |stamp: &str| crate::testing::instant(stamp).unwrap().timestamp();
    assert_eq!(known("L_320102_001.txt", "20260101000000"), seconds("20260101000000"));
    assert_eq!(known("L_320102_20260101120000.txt", "20260101060000"), seconds("20260101120000"));
    assert_eq!(known("L_320102_20260101120001.txt", "20260101180000"), seconds("20260101180000"));
    assert_eq!(known("L_320102_20260101120002.txt", "20991231000000"), seconds("20260102030405"));
}

#[test]
fn an_idle_adapter_says_that_it_is_alive_but_not_all_the_time() {
    let world = world();
    let mut runner = world.runner();
    let announced = || world.bus.messages("exchange.status").len();
    runner.step(&GoOn).unwrap();
    let first = announced();
    runner.step(&GoOn).unwrap();
    assert_eq!(announced(), first);
    world.clock.advance(chrono::Duration::seconds(31));
    runner.step(&GoOn).unwrap();
    assert_eq!(announced(), first + 1);
}

/// Mends the bus at the first pause, and stops at the second.
struct Mends {
    bus: TestBus,
    pauses: AtomicUsize,
}

impl Stop for Mends {
    fn is_stopped(&self) -> bool {
        self.pauses.load(Ordering::Relaxed) > 1
    }

    fn pause(&self, _time: Duration) {
        self.pauses.fetch_add(1, Ordering::Relaxed);
        self.bus.heal();
    }
}

#[test]
fn a_runner_outlives_a_bus_that_dies_and_comes_back() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one"]);
    let mut runner = world.runner();
    world.bus.die_at(9);
    let stop = Mends { bus: world.bus.clone(), pauses: AtomicUsize::new(0) };
    runner.run(&stop).unwrap();
    assert_eq!(runner.counters().unwrap().published, 1);
    assert_eq!(world.names(), ["done/L_320102_001.txt", "done/L_320102_001.txt.ok"]);
}

#[test]
fn what_waiting_does_not_mend_ends_the_run() {
    let world = world();
    world.put("L_320102_001.txt", 'I', &["20260101000001|a|U|one"]);
    world.step().unwrap();
    world.bus.empty(RECORDS);
    let mut runner = world.runner();
    assert!(matches!(runner.run(&GoOn), Err(IntakeError::BusBehind)));
}
