//! A process that is killed has published what it cannot remember. The rows come again, with others between them and in
//! another order: whatever that leads to, the bus ends with what the department's rows say together.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use adapter_sdk::{
    Runner, RunnerConfig,
    formats::framing::RowPlace,
    source::{Batch, Kept, Known, Mark, Settled, Source, SourceError, SourceRow},
};
use bus::{Bus, EmbeddedBus, EmbeddedConfig, Event, Start};
use contract::canonical::v1::{Operation, RealEstateTitle, Record};
use domain::{ManualClock, Timestamp};
use proptest::{prelude::*, sample::Index};
use prost::Message;
use serde_json::json;
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

const TOPIC: &str = "exchange.records.natural-resources";

/// A row about the one title there is, or about a permit, which has no part in this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Title { serial: u64, is_valid: bool },
    Holder { serial: u64, place: u64, is_valid: bool },
    Permit { serial: u64 },
}

impl Row {
    fn id(self) -> String {
        match self {
            Self::Title { serial, .. } => format!("spgl_bdcqz/{serial}"),
            Self::Holder { serial, .. } => format!("spgl_bdcqz_qlr/{serial}"),
            Self::Permit { serial } => format!("spgl_jsgcghxkz/{serial}"),
        }
    }

    fn given(self) -> SourceRow {
        let id = self.id();
        let (kind, key) = id.split_once('/').unwrap();
        let row = match self {
            Self::Title { serial, is_valid } => {
                json!({"lsh": serial, "dfsjzj": "D1", "bdcqzh": "京（2020）东不动产权第0012345号",
                "zl": format!("示例路{serial}号"), "djsj": "2020-03-04 10:11:12", "qszt": 1, "sjyxbs": u8::from(is_valid)})
            }
            Self::Holder { serial, place, is_valid } => json!({"lsh": serial, "dfsjzj": "D1", "xh": place,
                "qlrmc": format!("示例{serial}"), "zjlx": "414", "zjhm": format!("E1234567{serial}"), "sjyxbs": u8::from(is_valid)}),
            Self::Permit { serial } => json!({"lsh": serial, "dfsjzj": "P1", "xkzbh": "建字第110101000000001号",
                "jswz": format!("示例路{serial}号"), "jsdwdm": "91350100M000100Y43"}),
        };
        let place = RowPlace::Table { key: key.to_owned() };
        let mark = Some(Mark { id: id.clone(), receipt: Vec::new() });
        SourceRow { kind: kind.to_owned(), bytes: row.to_string().into_bytes(), place, mark }
    }
}

/// Serial number of the title that stands, and its holders' names by `xh`; nothing where there is none of either.
fn due(rows: &[Row]) -> Option<(u64, Vec<String>)> {
    let (mut title, mut holders) = ((0, false), BTreeMap::new());
    for row in rows {
        match *row {
            Row::Title { serial, is_valid } => title = title.max((serial, is_valid)),
            Row::Holder { serial, place, is_valid } => {
                let newest = holders.entry(place).or_insert((serial, is_valid));
                *newest = (*newest).max((serial, is_valid));
            }
            Row::Permit { .. } => {}
        }
    }
    let names: Vec<String> =
        holders.into_values().filter(|(_, is_valid)| *is_valid).map(|(serial, _)| format!("示例{serial}")).collect();
    (title.1 && !names.is_empty()).then_some((title.0, names))
}

/// Gives out rows one at a time, and is away after them when the process is to be killed.
struct Table {
    rows: Vec<Row>,
    given: usize,
    told: Arc<Mutex<BTreeSet<String>>>,
    killed: Option<Kill>,
}

/// The state is copied before the row at `at`: the process remembers nothing of what it does from there on.
struct Kill {
    at: usize,
    state: PathBuf,
    copy: PathBuf,
}

impl Source for Table {
    fn open(&mut self, _position: Option<&[u8]>) -> Result<(), SourceError> {
        Ok(())
    }

    fn next(&mut self, known: &dyn Known, _stop: &dyn adapter_sdk::Stop) -> Result<Batch, SourceError> {
        while let Some(row) = self.rows.get(self.given) {
            if let Some(kill) = self.killed.as_ref().filter(|kill| kill.at == self.given) {
                adapter_sdk::kit::copy_folder(&kill.state, &kill.copy).unwrap();
            }
            self.given += 1;
            let is_told = self.told.lock().unwrap().contains(&row.id());
            if !is_told && !known.is_done(&row.id())? {
                return Ok(Batch { rows: vec![row.given()], ..Batch::default() });
            }
        }
        if self.killed.is_some() {
            Err(SourceError::away("killed"))
        } else {
            Ok(Batch { end: true, ..Batch::default() })
        }
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        self.told.lock().unwrap().extend(settled.iter().map(|settled| settled.id.clone()));
        Ok(Vec::new())
    }
}

/// A department's machine, whose processes come and go.
struct World {
    dir: tempfile::TempDir,
    bus: EmbeddedBus,
    clock: Arc<ManualClock>,
    told: Arc<Mutex<BTreeSet<String>>>,
    lives: Cell<u64>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_timestamp_millis(1_767_225_600_000).unwrap()));
        let bus = EmbeddedBus::open(dir.path().join("bus"), EmbeddedConfig::new(clock.clone())).unwrap();
        Self { dir, bus, clock, told: Arc::default(), lives: Cell::new(0) }
    }

    /// A process that reads `rows` in this order, and is killed before one of them or lives.
    fn run(&self, rows: &[Row], killed: Option<usize>) {
        let (state, copy) = (self.dir.path().join("state"), self.dir.path().join("copy"));
        let killed = killed.map(|at| Kill { at: at + 1, state: state.clone(), copy: copy.clone() });
        let is_killed = killed.is_some();
        // A unit's number is written down before its first row: the permit begins the unit, so that the copy knows of it.
        self.lives.set(self.lives.get() + 1);
        let permit = Row::Permit { serial: self.lives.get() };
        let rows = [&[permit], rows].concat();
        let source = Table { rows, given: 0, told: Arc::clone(&self.told), killed };
        let config = RunnerConfig::new("", &state);
        let bus = Arc::new(self.bus.clone());
        let mut runner =
            Runner::asking(Box::new(source), natural_resources::adapter(), config, bus, self.clock.clone()).unwrap();
        assert_eq!(runner.step(&|| false).is_err(), is_killed);
        drop(runner);
        if is_killed {
            fs::remove_dir_all(&state).unwrap();
            fs::rename(copy, state).unwrap();
        }
    }

    /// The record with the last word: none when it is withdrawn, or was never there.
    fn stands(&self) -> Option<(u64, Vec<String>)> {
        let titles = self.records().into_iter().filter(|record| record.resource == "real-estate-title");
        let newest = titles.max_by(|one, other| one.version.cmp(&other.version))?;
        let body = newest.body.filter(|_| newest.operation == i32::from(Operation::Upsert))?;
        let title = RealEstateTitle::decode(body.value.as_slice()).unwrap();
        let stamp = newest.version.split('.').next().unwrap().parse().unwrap();
        Some((stamp, title.holders.into_iter().map(|holder| holder.name).collect()))
    }

    fn records(&self) -> Vec<Record> {
        let ends = self.bus.end(TOPIC).unwrap();
        let end: u64 = ends.iter().map(|end| end.offset).sum();
        let mut consumer = self.bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
        let mut records = Vec::new();
        while (records.len() as u64) < end {
            let mut events = Vec::new();
            consumer.poll(1000, Duration::from_millis(100), &mut events).unwrap();
            let delivered = events.into_iter().filter_map(|event| match event {
                Event::Record(delivery) => delivery.payload,
                Event::End { .. } => None,
            });
            records.extend(delivered.map(|payload| Record::decode(payload).unwrap()));
        }
        records
    }
}

/// Rows as a department writes them: each with the next serial number of its table.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let what = prop_oneof![
        3 => Just((None, true)),
        1 => Just((None, false)),
        4 => (1..3_u64).prop_map(|place| (Some(place), true)),
        3 => (1..3_u64).prop_map(|place| (Some(place), false)),
    ];
    prop::collection::vec(what, 1..9).prop_map(|whats| {
        let (mut titles, mut holders) = (0, 0);
        let serial = |of: &mut u64| {
            *of += 1;
            *of
        };
        let row = |(place, is_valid)| match place {
            None => Row::Title { serial: serial(&mut titles), is_valid },
            Some(place) => Row::Holder { serial: serial(&mut holders), place, is_valid },
        };
        whats.into_iter().map(row).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_published_before_a_kill_the_last_word_is_that_of_all_rows(
        rows in rows(),
        lives in prop::collection::vec((any::<Index>(), any::<[u32; 9]>(), any::<Index>()), 1..4),
        last in any::<[u32; 9]>(),
    ) {
        let world = World::new();
        for (there, order, at) in lives {
            let there = shuffled(&rows[..=there.index(rows.len())], &order);
            world.run(&there, Some(at.index(there.len())));
        }
        world.run(&shuffled(&rows, &last), None);
        prop_assert_eq!(world.stands(), due(&rows));
    }
}

#[test]
fn rows_that_come_again_as_they_were_send_nothing() {
    let title = Row::Title { serial: 1, is_valid: true };
    let holder = |serial, place, is_valid| Row::Holder { serial, place, is_valid };
    for rows in [
        &[title, holder(1, 1, true)][..],
        &[holder(1, 1, true), title],
        &[holder(1, 1, true), holder(2, 2, true), title],
    ] {
        let world = World::new();
        world.run(rows, Some(0));
        world.run(rows, None);
        let titles = world.records().into_iter().filter(|record| record.resource == "real-estate-title").count();
        assert_eq!(titles, 1, "{rows:?}");
    }
}

#[test]
fn a_withdrawal_is_found_by_what_was_on_the_bus() {
    let title = |serial, is_valid| Row::Title { serial, is_valid };
    let holder = |serial, is_valid| Row::Holder { serial, place: 1, is_valid };
    for again in [
        [title(1, true), title(2, false), holder(1, true), holder(2, false)],
        [holder(1, true), holder(2, false), title(1, true), title(2, false)],
    ] {
        let world = World::new();
        world.run(&[title(1, true), holder(1, true)], Some(0));
        world.run(&again, None);
        let back = world.records().pop().unwrap();
        assert_eq!(back.operation(), Operation::Withdraw);
        assert!(back.subjects.iter().any(|subject| subject.value.ends_with("E12345671")), "{again:?}");
    }
}

fn shuffled(rows: &[Row], order: &[u32]) -> Vec<Row> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by_key(|place| order[*place]);
    places.into_iter().map(|place| rows[place]).collect()
}

#[test]
fn a_title_that_is_on_the_bus_and_whose_last_holder_ended_meanwhile_is_taken_back() {
    let title = Row::Title { serial: 1, is_valid: true };
    let [holder, ends] = [(1, true), (2, false)].map(|(serial, is_valid)| Row::Holder { serial, place: 1, is_valid });
    let world = World::new();
    world.run(&[holder, title], Some(0));
    assert!(world.stands().is_some());
    world.run(&[holder, ends, title], None);
    assert_eq!(world.stands(), None);
    let back = world.records().pop().unwrap();
    assert_eq!((back.operation(), back.reason.as_str()), (Operation::Withdraw, "holder.last-ended"));
    assert_eq!(back.subjects.len(), 2, "found by its number and by who held it");
}

#[test]
fn a_holder_who_is_on_the_bus_and_ended_meanwhile_holds_no_more() {
    let title = Row::Title { serial: 1, is_valid: true };
    let holder = |serial, place, is_valid| Row::Holder { serial, place, is_valid };
    let world = World::new();
    world.run(&[holder(1, 1, true), title, holder(2, 2, true)], Some(0));
    assert_eq!(world.stands().unwrap().1.len(), 2);
    world.run(&[holder(1, 1, true), holder(2, 2, true), holder(3, 2, false), title], None);
    assert_eq!(world.stands().unwrap().1, ["示例1"]);
}
