//! Files without flags, which are complete once they have stayed as they are; and files that are read from their beginning,
//! whose rows are counted in sheets.

use super::{
    bus::TestBus,
    redrive::{Mended, ask},
    world::{GoOn, REJECTS, World},
};
use crate::{
    Adapter, FileKind, Runner, RunnerConfig, Step, Way,
    envelope::{ROW_NUMBER, ROW_STAMP},
    testing,
    transport::{Completion, Transport},
};
use chrono::Duration;
use domain::{Language, Timestamp};
use formats::framing::{Facts, FramedRow, Framing, Refusal, RowPlace, RowReader, RowStart};
use std::{fs, io, io::BufRead, sync::Arc, time::SystemTime};

const NAME: &str = "L_320102_001.txt";
const TAKEN: Step = Step { taken: 1, refused: 0, repeated: 0, waiting: 0, rows: 0, redriven: 0 };
const WAITING: Step = Step { waiting: 1, taken: 0, ..TAKEN };

/// The department of the tests without flags; its lines stand on sheets of two rows each, in an archive.
fn adapter() -> Adapter {
    let files = testing::adapter().ways.remove(0).files;
    let files = FileKind { framing: Box::new(Sheets(files.framing)), ..files };
    Adapter { ways: vec![Way { transport: Transport::Files(Completion::Settled), files }], ..testing::adapter() }
}

struct Sheets(Box<dyn Framing>);

impl Framing for Sheets {
    fn inspect(&self, input: &mut dyn BufRead) -> Result<Facts, Refusal> {
        self.0.inspect(input)
    }

    fn rows<'a>(&self, input: Box<dyn BufRead + Send + 'a>, start: RowStart) -> Box<dyn RowReader + 'a> {
        assert_eq!(start.byte, 0);
        Box::new(SheetRows { lines: self.0.rows(input, RowStart::default()), done: start.number })
    }

    fn is_packed(&self) -> bool {
        true
    }
}

struct SheetRows<'a> {
    lines: Box<dyn RowReader + 'a>,
    done: u64,
}

impl RowReader for SheetRows<'_> {
    fn next_row(&mut self, row: &mut FramedRow) -> io::Result<bool> {
        while self.lines.next_row(row)? {
            if row.number > self.done {
                let before = row.number - 1;
                row.place = RowPlace::Sheet { sheet: format!("sheet {}", before / 2), row: before % 2 + 1 };
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn world() -> World {
    World::new(TestBus::default())
}

fn runner(world: &World) -> Runner {
    runner_of(world, adapter())
}

fn runner_of(world: &World, adapter: Adapter) -> Runner {
    let mut config = RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    (config.window_rows, config.language) = (7, Language::English);
    Runner::new(adapter, config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

fn put(world: &World, name: &str, rows: &[&str]) {
    fs::write(world.inbox(name), testing::text('I', rows)).unwrap();
}

fn change(world: &World, name: &str, time: Timestamp) {
    fs::File::options().write(true).open(world.inbox(name)).unwrap().set_modified(SystemTime::from(time)).unwrap();
}

/// A look some seconds later.
fn after(world: &World, runner: &mut Runner, seconds: i64) -> Step {
    world.clock.advance(Duration::seconds(seconds));
    runner.step(&GoOn).unwrap()
}

#[test]
fn a_file_is_taken_in_once_it_has_stayed_as_it_is_for_ten_seconds() {
    let world = world();
    let mut runner = runner(&world);
    put(&world, NAME, &["20260101000001|a|U|one"]);
    assert_eq!(after(&world, &mut runner, 0), Step::default());
    assert_eq!(after(&world, &mut runner, 9), Step::default());
    assert_eq!(after(&world, &mut runner, 1), TAKEN);
    assert_eq!(world.names(), [format!("done/{NAME}")]);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "one");
}

#[test]
fn a_file_that_grows_or_is_touched_begins_to_settle_anew() {
    let world = world();
    let mut runner = runner(&world);
    let whole = testing::text('I', &["20260101000001|a|U|one", "20260101000001|b|U|two"]);
    fs::write(world.inbox(NAME), &whole[..40]).unwrap();
    after(&world, &mut runner, 0);
    fs::write(world.inbox(NAME), &whole).unwrap();
    assert_eq!(after(&world, &mut runner, 9), Step::default());
    change(&world, NAME, testing::instant("20260101000000").unwrap());
    assert_eq!(after(&world, &mut runner, 9), Step::default());
    assert_eq!(after(&world, &mut runner, 9), Step::default());
    assert_eq!(after(&world, &mut runner, 1), TAKEN);
    assert_eq!(runner.counters().unwrap().published, 2);
}

#[test]
fn a_clock_that_is_put_back_does_not_keep_a_file_waiting() {
    let world = world();
    let mut runner = runner(&world);
    put(&world, NAME, &["20260101000001|a|U|one"]);
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, -3600), Step::default());
    assert_eq!(after(&world, &mut runner, 10), TAKEN);
}

#[test]
fn a_file_that_does_not_open_may_still_be_arriving_and_is_refused_when_it_stays_so() {
    let world = world();
    let mut runner = runner(&world);
    fs::write(world.inbox(NAME), "half of an upload").unwrap();
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 10), WAITING);
    assert_eq!(after(&world, &mut runner, 9), WAITING);
    assert_eq!(after(&world, &mut runner, 1), Step { refused: 1, ..Step::default() });
    assert_eq!(world.names(), ["", ".why"].map(|end| format!("refused/{NAME}{end}")));
    let why = fs::read_to_string(world.inbox(&format!("refused/{NAME}.why"))).unwrap();
    assert!(why.contains("rule: file.header\n"), "{why}");
    assert_eq!(runner.counters().unwrap().files_refused, 1);
}

#[test]
fn an_upload_that_stood_still_is_taken_in_whole() {
    let world = world();
    let mut runner = runner(&world);
    let whole = testing::text('I', &["20260101000001|a|U|one", "20260101000001|b|U|two"]);
    fs::write(world.inbox(NAME), &whole[..40]).unwrap();
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 15), WAITING);
    fs::write(world.inbox(NAME), &whole).unwrap();
    assert_eq!(after(&world, &mut runner, 5), Step::default());
    assert_eq!(after(&world, &mut runner, 10), TAKEN);
    assert_eq!(runner.counters().unwrap().published, 2);
}

#[test]
fn an_empty_file_is_waited_with_and_refused() {
    let world = world();
    let mut runner = runner(&world);
    fs::write(world.inbox(NAME), "").unwrap();
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 10), WAITING);
    assert_eq!(after(&world, &mut runner, 10).refused, 1);
    let why = fs::read_to_string(world.inbox(&format!("refused/{NAME}.why"))).unwrap();
    assert!(why.contains("rule: file.empty\n"), "{why}");
}

#[test]
fn the_same_bytes_again_are_repeated_and_others_under_the_same_name_are_a_new_unit() {
    let world = world();
    let mut runner = runner(&world);
    for (value, expected) in [("one", TAKEN), ("one", Step { repeated: 1, ..Step::default() }), ("two", TAKEN)] {
        put(&world, NAME, &[&format!("20260101000001|a|U|{value}")]);
        after(&world, &mut runner, 0);
        assert_eq!(after(&world, &mut runner, 10), expected);
    }
    assert_eq!(world.intake().intake, 2);
    assert_eq!(world.effect()["a"].1.as_ref().unwrap().0, "two");
    assert_eq!(world.names(), ["", ".2", ".3"].map(|end| format!("done/{NAME}{end}")));
}

#[test]
fn files_of_other_names_are_left_alone_and_flags_mean_nothing() {
    let world = world();
    let mut runner = runner(&world);
    put(&world, &format!("~${NAME}"), &[]);
    fs::write(world.inbox(&format!("{NAME}.ok")), "rows=7").unwrap();
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 60), Step::default());
    assert_eq!(world.names(), [format!("{NAME}.ok"), format!("~${NAME}")]);
}

#[test]
fn a_file_that_states_no_time_is_known_as_of_its_last_change() {
    let world = world();
    let mut runner = runner(&world);
    let text = testing::text('I', &["20260101000001|a|U|one"]).replace("20260101000000", "sometime");
    fs::write(world.inbox(NAME), text).unwrap();
    let changed = testing::instant("20260101120000").unwrap();
    change(&world, NAME, changed);
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 10), TAKEN);
    assert_eq!(world.intake().as_of.unwrap().seconds, changed.timestamp());
}

#[test]
fn a_unit_keeps_the_time_of_change_and_goes_on_behind_the_rows_that_are_done() {
    let world = World::new(TestBus::faulty());
    let rows: Vec<String> = (0..40).map(|row| format!("20260101000001|k{row}|B|bad")).collect();
    put(&world, NAME, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    change(&world, NAME, testing::instant("20260101120000").unwrap());
    let mut first = runner(&world);
    after(&world, &mut first, 0);
    world.bus.die_at(world.bus.calls() + 60);
    world.clock.advance(Duration::seconds(10));
    assert!(first.step(&GoOn).is_err());
    drop(first);
    world.bus.heal();
    let done = world.counters().read;
    assert!((1..40).contains(&done), "{done} rows were done");
    // The same bytes under another time are the same unit.
    change(&world, NAME, testing::instant("20260102120000").unwrap());
    let mut second = runner(&world);
    after(&world, &mut second, 0);
    assert_eq!(after(&world, &mut second, 10).taken, 1);
    let stamps = world.bus.messages(REJECTS);
    let stamps = stamps.iter().map(|message| header(&message.headers, ROW_STAMP));
    assert!(stamps.eq(std::iter::repeat_n("01767268800000".to_owned(), world.bus.messages(REJECTS).len())));
    assert_eq!((second.counters().unwrap().read, world.rejects().len()), (40, 40));
}

#[test]
fn rows_of_sheets_show_their_row_and_keep_their_number_for_the_version() {
    let world = world();
    let mut runner = runner(&world);
    put(&world, NAME, &["20260101000001|a|U|one", "20260101000001|b|U|two", "20260101000001|c|B|bad"]);
    after(&world, &mut runner, 0);
    assert_eq!(after(&world, &mut runner, 10), TAKEN);
    let messages = world.bus.messages(REJECTS);
    assert_eq!(header(&messages[0].headers, ROW_NUMBER), "3");
    let reject = world.rejects().into_values().next().unwrap();
    let source = reject.source.unwrap();
    assert_eq!((source.sheet.as_str(), source.row, source.byte_from), ("sheet 1", Some(1), None));
    assert_eq!(reject.encoding, "json");
    let records = world.records();
    let record = records.iter().find(|record| record.key == "b").unwrap();
    assert_eq!(record.version, "20260101000001.0000000001.0000000002");
    assert_eq!(record.source.as_ref().unwrap().row, Some(2));
}

#[test]
fn a_row_of_a_sheet_that_is_driven_again_keeps_its_number_for_the_version() {
    let world = world();
    let mut first = runner(&world);
    put(&world, NAME, &["20260101000001|a|U|one", "20260101000001|b|U|two", "20260101000001|c|B|bad"]);
    after(&world, &mut first, 0);
    assert_eq!(after(&world, &mut first, 10), TAKEN);
    drop(first);
    ask(&world, "testing");
    let mended = Adapter { mapping: Box::new(Mended), ..adapter() };
    assert_eq!(after(&world, &mut runner_of(&world, mended), 0).redriven, 1);
    let records = world.records();
    let record = records.iter().find(|record| record.key == "c").unwrap();
    assert_eq!(record.version, "20260101000001.0000000001.0000000003");
    let source = record.source.as_ref().unwrap();
    assert_eq!((source.sheet.as_str(), source.row), ("sheet 1", Some(1)));
    // The number goes on with the reject, as often as it is driven again.
    assert!(world.bus.messages(REJECTS).iter().all(|message| header(&message.headers, ROW_NUMBER) == "3"));
}

fn header(headers: &[(String, bytes::Bytes)], name: &str) -> String {
    let (_, value) = headers.iter().find(|(header, _)| header == name).unwrap();
    String::from_utf8(value.to_vec()).unwrap()
}
