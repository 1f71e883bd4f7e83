//! A front-end database, an adapter that reads it, and a bus that it publishes to.

use adapter_sdk::{
    Finding, IntakeError, Runner, RunnerConfig, Step, Stop,
    source::{Batch, Kept, Known, Settled, Source, SourceError, Told},
    transport::SourceSettings,
};
use bus::{Bus, EmbeddedBus, EmbeddedConfig, Event, Position, Start};
use contract::canonical::v1::{MarriageCertificate, Record};
use domain::{Clock, Language, ManualClock, date};
use prost::Message;
use sources::{
    Surroundings,
    test_kit::{MariaDb, Session},
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;

/// The database, or a word on why there is none and the end of the test.
macro_rules! database {
    () => {
        match sources::test_kit::MariaDb::start() {
            Ok(database) => database,
            Err(skip) => {
                eprintln!("{skip}");
                return;
            }
        }
    };
}
pub(crate) use database;

/// Never stops, and lets no time pass.
pub(crate) struct GoOn;

impl Stop for GoOn {
    fn is_stopped(&self) -> bool {
        false
    }

    fn pause(&self, _time: Duration) {}
}

/// Remembers every row.
pub(crate) struct AllDone;

impl Known for AllDone {
    fn is_done(&self, _id: &str) -> Result<bool, IntakeError> {
        Ok(true)
    }

    fn kept(&self, _name: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        Ok(None)
    }

    fn all_kept(&self, _prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError> {
        Ok(Vec::new())
    }
}

pub(crate) struct World {
    dir: TempDir,
    bus: Arc<dyn Bus>,
    clock: Arc<ManualClock>,
    settings: SourceSettings,
}

/// What happens just before a source is asked for the n-th time, counted from 1.
type Happening = Box<dyn FnMut(usize) + Send>;

/// A source to which something happens meanwhile.
struct Troubled {
    source: Box<dyn Source>,
    asked: usize,
    happening: Happening,
}

impl World {
    pub(crate) fn new(database: &MariaDb) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = date::stamp_instant("20260301120000", date::local_offset()).unwrap();
        let clock = Arc::new(ManualClock::at(now));
        let bus = EmbeddedBus::open(dir.path().join("bus"), EmbeddedConfig::new(clock.clone())).unwrap();
        Self { dir, bus: Arc::new(bus), clock, settings: SourceSettings::Mariadb(database.settings()) }
    }

    pub(crate) fn source(&self, language: Language) -> Box<dyn Source> {
        let around = Surroundings { clock: self.clock.clone() as Arc<dyn Clock>, language };
        sources::open(&civil_affairs::adapter(), &self.settings, &around).unwrap().unwrap()
    }

    pub(crate) fn check(&self, language: Language) -> BTreeMap<&'static str, Option<String>> {
        let findings: Vec<Finding> = self.source(language).check();
        findings.into_iter().map(|finding| (finding.what, finding.fix)).collect()
    }

    pub(crate) fn runner(&self) -> Runner {
        self.runner_over(self.source(Language::English))
    }

    /// A runner whose source something happens to meanwhile.
    pub(crate) fn troubled(&self, happening: impl FnMut(usize) + Send + 'static) -> Runner {
        let source = self.source(Language::English);
        self.runner_over(Box::new(Troubled { source, asked: 0, happening: Box::new(happening) }))
    }

    /// One look by a process of its own.
    pub(crate) fn step(&self) -> Result<Step, IntakeError> {
        self.runner().step(&GoOn)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn kept(&self) -> PathBuf {
        self.dir.path().join("kept")
    }

    /// Every record on the bus, by key; a key that was published twice fails the test.
    pub(crate) fn published(&self) -> BTreeMap<String, MarriageCertificate> {
        let mut found = BTreeMap::new();
        for record in self.records() {
            let body = MarriageCertificate::decode(record.body.unwrap().value.as_slice()).unwrap();
            assert!(found.insert(record.key.clone(), body).is_none(), "{} twice", record.key);
        }
        found
    }

    /// Holds that every row of the table was taken in exactly once.
    pub(crate) fn assert_all_once(&self, rows: u64) {
        let counters = self.runner().counters().unwrap();
        assert!(counters.adds_up(), "{counters:?}");
        assert_eq!((counters.read, counters.published), (rows, rows), "{counters:?}");
        assert_eq!(self.published().len() as u64, rows);
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let topic = "exchange.records.civil-affairs";
        let mut open: BTreeMap<u32, u64> =
            self.bus.end(topic).unwrap().iter().map(|end| (end.partition, end.offset)).collect();
        open.retain(|_, end| *end > 0);
        let mut consumer = self.bus.consumer(&[Start { topic: topic.to_owned(), next: BTreeMap::new() }]).unwrap();
        let (mut records, mut events) = (Vec::new(), Vec::new());
        while !open.is_empty() {
            consumer.poll(4096, Duration::from_millis(100), &mut events).unwrap();
            records.extend(events.iter().filter_map(record));
            for next in events.iter().filter_map(end) {
                open.retain(|partition, end| *partition != next.partition || next.offset < *end);
            }
            events.clear();
        }
        records
    }

    fn runner_over(&self, source: Box<dyn Source>) -> Runner {
        let mut config = RunnerConfig::new(self.dir.path().join("inbox"), self.state());
        config.language = Language::English;
        Runner::asking(source, civil_affairs::adapter(), config, Arc::clone(&self.bus), self.clock.clone()).unwrap()
    }
}

fn record(event: &Event) -> Option<Record> {
    let Event::Record(delivery) = event else { return None };
    delivery.payload.as_ref().map(|payload| Record::decode(payload.as_ref()).unwrap())
}

fn end(event: &Event) -> Option<Position> {
    if let Event::End { next, .. } = event { Some(*next) } else { None }
}

impl Source for Troubled {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.source.open(position)
    }

    fn next(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        self.asked += 1;
        (self.happening)(self.asked);
        self.source.next(known, stop)
    }

    fn keeps_marks(&self) -> bool {
        self.source.keeps_marks()
    }

    fn is_told(&self) -> Told {
        self.source.is_told()
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        self.source.settle(settled)
    }

    fn confirm(&mut self) {
        self.source.confirm();
    }
}

/// A server that a happening may use while the test holds it as well.
pub(crate) fn shared(database: MariaDb) -> Arc<Mutex<MariaDb>> {
    Arc::new(Mutex::new(database))
}

/// `count` registrations written at `time` (SQL), numbered from `first`; their keys are in no order.
pub(crate) fn insert(session: &mut Session, time: &str, first: u64, count: u64) {
    for from in (first..first + count).step_by(1000) {
        let rows: Vec<String> = (from..(from + 1000).min(first + count)).map(|number| row(time, number)).collect();
        session.execute(&format!("INSERT INTO hydj_up VALUES {}", rows.join(", ")));
    }
}

/// A registration of a couple with good numbers.
pub(crate) fn row(time: &str, number: u64) -> String {
    format!(
        "(MD5({number}), 'I', {time}, 'b', NULL, 'J110101-2020-{number:09}', '结婚登记', '朱镕', '{MAN}', '19900101', '中国', \
         '李秀瑛', '{WOMAN}', '19920202', NULL, '20200520000000', '北京市东城区民政局')"
    )
}

const MAN: &str = "110101199001010111";
const WOMAN: &str = "110102199202010229";
