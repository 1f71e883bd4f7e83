//! What becomes of files.

use super::{
    bus::TestBus,
    world::{GoOn, World},
};
use crate::{IntakeError, Step, testing};
use std::fs;

const NAME: &str = "L_320102_001.txt";

fn world() -> World {
    World::new(TestBus::default())
}

fn why(world: &World) -> String {
    let names = world.names();
    assert_eq!(names, ["", ".ok", ".why"].map(|end| format!("refused/{NAME}{end}")));
    fs::read_to_string(world.inbox(&format!("refused/{NAME}.why"))).unwrap()
}

#[test]
fn a_file_without_its_flag_is_left_alone() {
    let world = world();
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    fs::rename(world.inbox(&format!("{NAME}.ok")), world.dir.path().join("flag")).unwrap();
    assert_eq!(world.step().unwrap(), Step::default());
    assert_eq!(world.names(), [NAME]);
    fs::rename(world.dir.path().join("flag"), world.inbox(&format!("{NAME}.ok"))).unwrap();
    assert_eq!(world.step().unwrap().taken, 1);
}

#[test]
fn strangers_and_folders_are_left_alone() {
    let world = world();
    fs::write(world.inbox("notes.txt"), "x").unwrap();
    fs::write(world.inbox("notes.txt.ok"), "rows=1").unwrap();
    fs::create_dir(world.inbox("L_320102_009.txt")).unwrap();
    assert_eq!(world.step().unwrap(), Step::default());
    assert_eq!(world.names(), ["notes.txt", "notes.txt.ok"]);
}

#[test]
fn other_bytes_than_the_flag_speaks_of_are_refused_whole() {
    let world = world();
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    fs::write(world.inbox(NAME), testing::text('I', &["20260101000001|a|U|two"])).unwrap();
    assert_eq!(world.step().unwrap(), Step { refused: 1, ..Step::default() });
    let why = why(&world);
    assert!(why.contains("rule: file.hash\n") && why.contains(crate::rules::FILE_HASH.en), "{why}");
    assert!(world.records().is_empty());
    assert_eq!(world.counters().files_refused, 1);
    assert_eq!(world.intake().files_refused, 1);
    world.lose_state();
    world.step().unwrap();
    assert_eq!(world.counters().files_refused, 1, "a lost state takes over what was announced");
}

#[test]
fn rows_that_differ_from_flag_or_tail_are_refused_whole() {
    let world = world();
    let text = testing::text('I', &["20260101000001|a|U|one"]);
    world.put_text(NAME, &text, 2);
    world.step().unwrap();
    let why = why(&world);
    assert!(why.contains("file.trailer") && why.contains("the flag file says 2, counted 1"), "{why}");
    world.put_text("L_320102_002.txt", &text.replace("T1", "T2"), 1);
    assert_eq!(world.step().unwrap().refused, 1);
    assert!(world.records().is_empty());
}

#[test]
fn an_empty_file_is_refused_as_such() {
    let world = world();
    world.put_text(NAME, "", 0);
    world.step().unwrap();
    assert!(why(&world).contains("file.empty"));
}

#[test]
fn refused_files_are_never_written_over() {
    let world = world();
    for text in ["broken", "also broken"] {
        world.put_text(NAME, text, 1);
        world.step().unwrap();
    }
    let ends = ["", ".2", ".2.ok", ".2.why", ".ok", ".why"];
    assert_eq!(world.names(), ends.map(|end| format!("refused/{NAME}{end}")));
    assert_eq!(fs::read_to_string(world.inbox(&format!("refused/{NAME}"))).unwrap(), "broken");
}

#[test]
fn a_half_written_flag_is_waited_for_until_it_stays_as_it_is() {
    let world = world();
    let mut runner = world.runner();
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    let flag = world.inbox(&format!("{NAME}.ok"));
    let whole = fs::read_to_string(&flag).unwrap();
    fs::write(&flag, "").unwrap();
    assert_eq!(runner.step(&GoOn).unwrap(), Step::default());
    fs::write(&flag, "rows=1\n").unwrap();
    assert_eq!(runner.step(&GoOn).unwrap(), Step::default());
    fs::write(&flag, whole).unwrap();
    assert_eq!(runner.step(&GoOn).unwrap().taken, 1);

    world.put("L_320102_002.txt", 'I', &["20260101000001|b|U|one"]);
    fs::write(world.inbox("L_320102_002.txt.ok"), "rows=1\n").unwrap();
    assert_eq!(runner.step(&GoOn).unwrap().refused, 0);
    assert_eq!(runner.step(&GoOn).unwrap().refused, 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_keeps_no_other_waiting() {
    let world = world();
    std::os::unix::fs::symlink("/nowhere", world.inbox(NAME)).unwrap();
    fs::write(world.inbox(&format!("{NAME}.ok")), format!("rows=1\nsm3={}\n", "0".repeat(64))).unwrap();
    world.put("L_320102_002.txt", 'I', &["20260101000001|a|U|one"]);
    assert_eq!(world.step().unwrap(), Step { taken: 1, waiting: 1, ..Step::default() });
}

#[test]
fn an_error_page_of_the_provider_is_waited_with_and_replaced() {
    let world = world();
    let mut runner = world.runner();
    world.put_text(NAME, "E\n", 0);
    assert_eq!(runner.step(&GoOn).unwrap(), Step { waiting: 1, ..Step::default() });
    assert_eq!(runner.step(&GoOn).unwrap(), Step { waiting: 1, ..Step::default() });
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    assert_eq!(runner.step(&GoOn).unwrap(), Step { taken: 1, ..Step::default() });
}

#[test]
fn a_file_that_changes_while_it_is_read_stops_loudly_and_loses_nothing() {
    let world = world();
    world.put(NAME, 'I', &["20260101000001|a|U|one", "20260101000001|b|U|two"]);
    let path = world.inbox(NAME);
    let changed = testing::text('I', &["20260101000001|a|U|changed", "20260101000001|b|U|two"]);
    // The first message that is sent finds the file changed behind the look at it.
    let bus = world.bus.clone();
    bus.away("exchange.records.testing");
    let stop = super::world::Once::new(move || {
        fs::write(&path, &changed).unwrap();
        bus.heal();
    });
    let error = world.runner().step(&stop).unwrap_err();
    assert!(matches!(error, IntakeError::FileChanged { .. }), "{error}");
    assert!(world.names().contains(&NAME.to_owned()));
    assert!(!world.records().is_empty());
    // Its flag does not speak of the new bytes; a whole new pair is taken in from its beginning.
    world.put(NAME, 'I', &["20260101000001|a|U|six", "20260101000001|b|U|two"]);
    assert_eq!(world.step().unwrap().taken, 1);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "six");
    assert_eq!(world.intake().intake, 2);
}

#[test]
fn a_pair_that_takes_the_place_of_another_while_that_is_read_is_taken_in_next() {
    let world = world();
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    let elsewhere = World::new(TestBus::default());
    elsewhere.put(NAME, 'I', &["20260101000001|a|U|two"]);
    let pairs = ["", ".ok"].map(|end| format!("{NAME}{end}")).map(|name| (elsewhere.inbox(&name), world.inbox(&name)));
    let bus = world.bus.clone();
    bus.away("exchange.records.testing");
    let stop = super::world::Once::new(move || {
        for (from, to) in pairs {
            fs::rename(from, to).unwrap();
        }
        bus.heal();
    });
    assert_eq!(world.runner().step(&stop).unwrap().taken, 1);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "one");
    assert_eq!(world.names(), [NAME.to_owned(), format!("{NAME}.ok")]);
    assert_eq!(world.step().unwrap().taken, 1);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "two");
}

#[test]
fn a_unit_whose_file_is_taken_away_is_given_up_and_what_was_published_stands() {
    let world = World::new(TestBus::faulty());
    let rows: Vec<String> = (0..20).map(|row| format!("20260101000001|k{row}|U|one")).collect();
    world.put(NAME, 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    world.killed_at(40);
    let read = world.counters().read;
    assert!((1..20).contains(&read), "{read} rows were done");
    fs::remove_file(world.inbox(NAME)).unwrap();
    world.put("L_320102_000.txt", 'I', &["20260101000001|a|U|one"]);
    assert_eq!(world.step().unwrap().taken, 1);
    let intake = world.intake();
    assert!(intake.finished && intake.intake == 2, "{intake:?}");
    assert_eq!(world.counters().read, read + 1);
}

#[test]
fn a_flag_left_behind_by_a_crash_is_put_beside_its_file() {
    let world = world();
    world.put(NAME, 'I', &["20260101000001|a|U|one"]);
    let flag = fs::read(world.inbox(&format!("{NAME}.ok"))).unwrap();
    world.step().unwrap();
    fs::rename(world.inbox(&format!("done/{NAME}.ok")), world.dir.path().join("flag")).unwrap();
    fs::write(world.inbox(&format!("{NAME}.ok")), flag).unwrap();
    world.step().unwrap();
    assert!(!world.inbox(&format!("{NAME}.ok")).exists());
    fs::write(world.inbox("L_320102_002.txt.ok"), "rows=1\n").unwrap();
    world.step().unwrap();
    assert!(world.inbox("L_320102_002.txt.ok").exists(), "the flag of a file that is still to come");
}

#[test]
fn the_state_of_another_department_is_refused() {
    let world = world();
    world.step().unwrap();
    let mut config = crate::RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    config.language = domain::Language::English;
    drop(store::Ledger::open(&world.dir.path().join("other"), "somebody").unwrap());
    config.state_dir = world.dir.path().join("other");
    let bus = std::sync::Arc::new(world.bus.clone());
    let error = crate::Runner::new(testing::adapter(), config, bus, world.clock.clone()).err().unwrap();
    assert!(matches!(error, IntakeError::Store(store::StoreError::Foreign { .. })), "{error}");
}
