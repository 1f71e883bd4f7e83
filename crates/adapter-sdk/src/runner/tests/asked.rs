//! A source that is asked: a table whose rows have a status, read again and again.

use super::{
    bus::TestBus,
    redrive::{self, Mended},
    world::{GoOn, World},
};
use crate::{
    Adapter, IntakeError, Runner, RunnerConfig, Step, Stop,
    formats::framing::RowPlace,
    source::{Batch, Known, Mark, RowFate, Settled, Source, SourceError, SourceRow},
    testing,
};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// What lies at the department.
#[derive(Default)]
struct Table {
    rows: BTreeMap<u64, String>,
    /// What the adapter wrote back.
    told: BTreeMap<u64, Vec<String>>,
    /// How many calls succeed before the connection is cut.
    calls_left: Option<usize>,
    /// Whether the write-back is refused.
    is_locked: bool,
    /// How long it asks to be left alone, where it does.
    busy: Option<Duration>,
}

#[derive(Clone, Default)]
struct Office(Arc<Mutex<Table>>);

impl Office {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap()
    }

    fn with(rows: &[&str]) -> Self {
        let office = Self::default();
        office.table().rows = rows.iter().zip(1..).map(|(row, serial)| (serial, (*row).to_owned())).collect();
        office
    }

    fn call(&self) -> Result<MutexGuard<'_, Table>, SourceError> {
        let mut table = self.table();
        if table.busy.is_some() {
            return Err(SourceError::Away { message: "too many calls".to_owned(), retry_after: table.busy });
        }
        match &mut table.calls_left {
            Some(0) => Err(SourceError::away("connection cut")),
            Some(left) => {
                *left -= 1;
                Ok(table)
            }
            None => Ok(table),
        }
    }

    fn fates(&self) -> Vec<(u64, Vec<String>)> {
        self.table().told.iter().map(|(serial, told)| (*serial, told.clone())).collect()
    }
}

/// Reads two rows at a time by serial number from where it stands, rows that were told left out.
struct Reader {
    office: Office,
    after: u64,
}

impl Source for Reader {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        drop(self.office.call()?);
        let text = position.map(|position| std::str::from_utf8(position).unwrap());
        self.after = text.map_or(0, |text| text.parse().unwrap());
        Ok(())
    }

    fn next(&mut self, known: &dyn Known, _stop: &dyn Stop) -> Result<Batch, SourceError> {
        let table = self.office.call()?;
        let rows: Vec<(u64, String)> = (table.rows.range(self.after + 1..))
            .filter(|(serial, _)| !table.told.contains_key(serial))
            .take(2)
            .map(|(serial, row)| (*serial, row.clone()))
            .collect();
        let end = rows.len() < 2;
        self.after = rows.last().map_or(0, |(serial, _)| *serial);
        let mut given = Vec::new();
        for (serial, row) in rows {
            let id = format!("t/{serial}");
            // A source may leave out what is done, or leave that to the runner.
            if serial % 2 == 0 && known.is_done(&id)? {
                continue;
            }
            let mark = Some(Mark { id, receipt: serial.to_string().into_bytes() });
            let place = RowPlace::Table { key: serial.to_string() };
            given.push(SourceRow { kind: "t".into(), bytes: row.into_bytes(), place, mark });
        }
        let after = if end { 0 } else { self.after };
        if end {
            self.after = 0;
        }
        let as_of = end.then(|| testing::instant("20260102030405").unwrap());
        Ok(Batch { rows: given, position: Some(after.to_string().into_bytes()), end, as_of, ..Batch::default() })
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<(String, Option<Vec<u8>>)>, SourceError> {
        let mut table = self.office.call()?;
        if table.is_locked {
            return Err(SourceError::away("table is locked"));
        }
        for row in settled {
            let serial = row.id.strip_prefix("t/").unwrap().parse().unwrap();
            let fate = match &row.fate {
                RowFate::Published { .. } => "published".to_owned(),
                RowFate::Rejected { rule, message, .. } => format!("{rule}: {message}"),
                other => format!("{other:?}").to_lowercase(),
            };
            table.told.entry(serial).or_default().push(fate);
        }
        Ok(Vec::new())
    }
}

fn runner(world: &World, office: &Office) -> Runner {
    let mut config = RunnerConfig::new("", world.dir.path().join("state"));
    (config.window_rows, config.max_message, config.language) = (7, 2000, domain::Language::English);
    let source = Box::new(Reader { office: office.clone(), after: 0 });
    Runner::asking(source, testing::adapter(), config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

/// The same department once its mapping was mended.
fn mended(world: &World, office: &Office) -> Runner {
    let config = RunnerConfig::new("", world.dir.path().join("state"));
    let adapter = Adapter { mapping: Box::new(Mended), ..testing::adapter() };
    let source = Box::new(Reader { office: office.clone(), after: 0 });
    Runner::asking(source, adapter, config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

fn step(world: &World, office: &Office) -> Result<Step, IntakeError> {
    runner(world, office).step(&GoOn)
}

const ROWS: &[&str] = &[
    "20260101000001|a|U|first",
    "20260101000002|b|B|bad",
    "20260101000003|a|U|second",
    "20260101000003|c|S|",
    "20260101000001|a|U|late",
    "20260101000003|d|U|fourth",
    "20260101000004|d|U|fourth",
];

fn told() -> Vec<(u64, Vec<String>)> {
    let rejected = format!("field.required: {}", crate::rules::FIELD_REQUIRED.en);
    let fates = ["published", &rejected, "published", "skipped", "superseded", "published", "unchanged"];
    fates.iter().zip(1..).map(|(fate, serial)| (serial, vec![(*fate).to_owned()])).collect()
}

#[test]
fn every_row_is_taken_in_once_and_its_source_told() {
    let world = World::new(TestBus::default());
    let office = Office::with(ROWS);
    let mut runner = runner(&world, &office);
    assert_eq!(runner.step(&GoOn).unwrap().rows, 7);
    assert_eq!(runner.step(&GoOn).unwrap().rows, 0);
    assert_eq!(office.fates(), told());
    let counters = runner.counters().unwrap();
    assert!(counters.adds_up());
    assert_eq!((counters.read, counters.published, counters.rejected), (7, 3, 1));
    assert_eq!(world.records().len(), 3);
    let reject = world.rejects().into_values().next().unwrap();
    let source = reject.source.unwrap();
    assert_eq!((source.table.as_str(), source.key.as_str(), reject.encoding.as_str()), ("t", "2", "json"));
    let intake = world.intake();
    assert_eq!((intake.finished_units, intake.finished), (1, true));
    assert!(intake.as_of.is_some());
}

#[test]
fn a_kill_at_any_call_of_the_bus_loses_and_doubles_nothing() {
    let whole = World::new(TestBus::faulty());
    step(&whole, &Office::with(ROWS)).unwrap();
    let (expected, calls) = (whole.effect(), whole.bus.calls());
    for call in 1..=calls {
        let world = World::new(TestBus::faulty());
        let office = Office::with(ROWS);
        let (state, killed) = (world.dir.path().join("state"), world.dir.path().join("killed"));
        let folders = (state.clone(), killed.clone());
        world.bus.when_it_dies(move || crate::kit::copy_folder(&folders.0, &folders.1).unwrap());
        world.bus.die_at(call);
        assert!(matches!(step(&world, &office), Err(IntakeError::Bus(_))), "call {call}");
        fs::remove_dir_all(&state).unwrap();
        fs::rename(&killed, &state).unwrap();
        world.bus.heal();
        step(&world, &office).unwrap();
        let names = |effect: &super::world::Effect| -> Vec<_> {
            effect.iter().map(|(key, (_, content))| (key.clone(), content.clone())).collect()
        };
        assert_eq!(names(&world.effect()), names(&expected), "killed at call {call} of {calls}");
        assert_eq!(world.records().len(), 3, "killed at call {call} of {calls}");
        assert_eq!(world.rejects().len(), 1, "killed at call {call} of {calls}");
        let counters = runner(&world, &office).counters().unwrap();
        assert_eq!(
            counters,
            runner(&whole, &Office::default()).counters().unwrap(),
            "killed at call {call} of {calls}"
        );
        let fates: Vec<String> = office.fates().into_iter().filter_map(|(_, mut fates)| fates.pop()).collect();
        assert_eq!(fates, told().into_iter().map(|(_, fates)| fates[0].clone()).collect::<Vec<_>>(), "call {call}");
    }
}

#[test]
fn a_connection_that_is_cut_at_any_call_is_gone_on_with() {
    for calls in 0..12 {
        let world = World::new(TestBus::default());
        let office = Office::with(ROWS);
        office.table().calls_left = Some(calls);
        let mut runner = runner(&world, &office);
        if let Err(error) = runner.step(&GoOn) {
            assert!(error.is_retryable(), "{error}");
        }
        office.table().calls_left = None;
        runner.step(&GoOn).unwrap();
        runner.step(&GoOn).unwrap();
        assert_eq!(office.fates(), told(), "cut after {calls}");
        assert_eq!(world.records().len(), 3, "cut after {calls}");
        let counters = runner.counters().unwrap();
        assert_eq!((counters.read, counters.published), (7, 3), "cut after {calls}");
    }
}

#[test]
fn what_cannot_be_told_now_is_told_later_even_by_the_next_process() {
    let world = World::new(TestBus::default());
    let office = Office::with(ROWS);
    office.table().is_locked = true;
    assert!(step(&world, &office).is_err());
    office.table().is_locked = false;
    step(&world, &office).unwrap();
    assert_eq!(office.fates(), told());
    assert_eq!(world.records().len(), 3);
}

#[test]
fn a_row_that_waits_stands_as_it_is_until_another_releases_it() {
    let world = World::new(TestBus::default());
    let office = Office::with(&["20260101000001|a|T|title"]);
    let mut runner = runner(&world, &office);
    for _ in 0..3 {
        runner.step(&GoOn).unwrap();
        let counters = runner.counters().unwrap();
        assert_eq!((counters.read, counters.waiting), (1, 1));
        assert_eq!(office.fates(), []);
    }
    office.table().rows.insert(2, "20260101000002|a|R|holder".to_owned());
    runner.step(&GoOn).unwrap();
    let counters = runner.counters().unwrap();
    assert!(counters.adds_up());
    assert_eq!((counters.read, counters.waiting, counters.published), (2, 0, 2));
    assert_eq!(office.fates(), [(1, vec!["published".to_owned()]), (2, vec!["published".to_owned()])]);
    runner.step(&GoOn).unwrap();
    assert_eq!(world.records().len(), 1);
}

#[test]
fn a_refused_row_that_is_driven_again_is_told_anew() {
    let world = World::new(TestBus::default());
    let office = Office::with(ROWS);
    step(&world, &office).unwrap();
    redrive::ask(&world, "testing");
    mended(&world, &office).step(&GoOn).unwrap();
    let told = office.table().told[&2].clone();
    assert_eq!((told.len(), told[1].as_str()), (2, "published"));
    let counters = runner(&world, &office).counters().unwrap();
    assert_eq!((counters.read, counters.rejected, counters.redriven), (7, 1, 1));
    assert!(counters.adds_up());
}

/// Passes no time; at the second pause an operator asks for the rejects, and a little later it is time to stop.
struct Hour<'a> {
    world: &'a World,
    pauses: Mutex<Vec<Duration>>,
}

impl Stop for Hour<'_> {
    fn is_stopped(&self) -> bool {
        self.pauses.lock().unwrap().len() >= 5
    }

    fn pause(&self, time: Duration) {
        let mut pauses = self.pauses.lock().unwrap();
        pauses.push(time);
        if pauses.len() == 2 {
            redrive::ask(self.world, "testing");
        }
    }
}

#[test]
fn operators_are_heard_while_a_source_asks_to_be_left_alone() {
    let world = World::new(TestBus::default());
    let office = Office::with(ROWS);
    step(&world, &office).unwrap();
    office.table().busy = Some(Duration::from_hours(1));
    let hour = Hour { world: &world, pauses: Mutex::default() };
    let mut runner = mended(&world, &office);
    runner.run(&hour).unwrap();
    assert_eq!(runner.counters().unwrap().redriven, 1);
    assert!(hour.pauses.into_inner().unwrap().iter().all(|pause| *pause <= Duration::from_secs(5)));
}

#[test]
fn an_empty_table_covers_once_it_was_looked_at() {
    let world = World::new(TestBus::default());
    step(&world, &Office::default()).unwrap();
    let intake = world.intake();
    assert_eq!((intake.finished_units, intake.intake), (1, 0));
    assert!(intake.as_of.is_some() && intake.last_success.is_some());
}
