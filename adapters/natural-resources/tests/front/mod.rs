//! A front-end exchange database with a gateway's adapter in front of it.

use adapter_sdk::{
    Counters, Finding, IntakeError, Runner, RunnerConfig, Step, Stop,
    source::{Batch, Kept, Known, Settled, Source, SourceError},
    transport::SourceSettings,
};
use bus::{Bus, EmbeddedBus, EmbeddedConfig, Event, Start};
use contract::{
    canonical::v1::{Operation, RealEstateTitle, Record},
    v1::DepartmentIntake,
};
use domain::{Language, ManualClock, Timestamp};
use prost::Message;
use sources::{Surroundings, test_kit::Postgres};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tempfile::TempDir;

pub(crate) const ZHANG: &str = "110101199003078830";
pub(crate) const LI: &str = "33010619850101431X";

pub(crate) struct Front {
    pub(crate) server: Server,
    pub(crate) clock: Arc<ManualClock>,
    bus: EmbeddedBus,
    dir: TempDir,
}

/// The server, which a hook can reach as well.
pub(crate) struct Server(Arc<Mutex<Postgres>>);

impl Server {
    fn get(&self) -> MutexGuard<'_, Postgres> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.get().execute(sql);
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.get().query(sql)
    }

    pub(crate) fn session(&self) -> sources::test_kit::PostgresSession {
        self.get().session()
    }

    pub(crate) fn start_again(&self) {
        self.get().start_again();
    }
}

/// Never stops, and lets no time pass.
pub(crate) struct GoOn;

impl Stop for GoOn {
    fn is_stopped(&self) -> bool {
        false
    }

    fn pause(&self, _time: Duration) {}
}

/// Something that happens to a source, once.
pub(crate) struct Hook {
    when: When,
    happens: Box<dyn FnMut() + Send>,
}

#[derive(PartialEq)]
enum When {
    Never,
    /// Before rows are read for the n-th time.
    Next(usize),
    /// Instead of telling of a row whose id begins like this.
    Told(&'static str),
}

impl Hook {
    pub(crate) fn none() -> Self {
        Self { when: When::Never, happens: Box::new(|| {}) }
    }

    pub(crate) fn before_next(at: usize, happens: impl FnMut() + Send + 'static) -> Self {
        Self { when: When::Next(at), happens: Box::new(happens) }
    }

    pub(crate) fn dies_when_told(rows: &'static str) -> Self {
        Self { when: When::Told(rows), happens: Box::new(|| {}) }
    }
}

struct Hooked {
    source: Box<dyn Source>,
    hook: Hook,
    read: usize,
}

impl Source for Hooked {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.source.open(position)
    }

    fn next(&mut self, known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        self.read += 1;
        if self.hook.when == When::Next(self.read) {
            (self.hook.happens)();
        }
        self.source.next(known, stop)
    }

    fn settle(&mut self, settled: &[Settled]) -> Result<Vec<Kept>, SourceError> {
        if let When::Told(rows) = self.hook.when
            && settled.iter().any(|settled| settled.id.starts_with(rows))
        {
            return Err(SourceError::away("killed"));
        }
        self.source.settle(settled)
    }

    fn check(&mut self) -> Vec<Finding> {
        self.source.check()
    }
}

impl Front {
    pub(crate) fn start() -> Option<Self> {
        let server = Postgres::start().map_err(|skip| eprintln!("{skip}")).ok()?;
        let dir = tempfile::tempdir().unwrap();
        let start = Timestamp::from_timestamp_millis(1_767_225_600_000).unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let bus = EmbeddedBus::open(dir.path().join("bus"), EmbeddedConfig::new(clock.clone())).unwrap();
        Some(Self { server: Server(Arc::new(Mutex::new(server))), clock, bus, dir })
    }

    pub(crate) fn shared(&self) -> Arc<Mutex<Postgres>> {
        Arc::clone(&self.server.0)
    }

    pub(crate) fn runner(&self, hook: Hook) -> Runner {
        let adapter = natural_resources::adapter();
        let around = Surroundings { clock: self.clock.clone(), language: Language::Chinese };
        let settings = SourceSettings::Postgres(self.server.get().settings());
        let source = sources::open(&adapter, &settings, &around).unwrap().unwrap();
        let source = Box::new(Hooked { source, hook, read: 0 });
        let config = RunnerConfig::new(PathBuf::new(), self.state());
        Runner::asking(source, adapter, config, Arc::new(self.bus.clone()), self.clock.clone()).unwrap()
    }

    /// One look at the tables by a process of its own.
    pub(crate) fn step(&self) -> Result<Step, IntakeError> {
        self.runner(Hook::none()).step(&GoOn)
    }

    pub(crate) fn counters(&self) -> Counters {
        let counters = self.runner(Hook::none()).counters().unwrap();
        assert!(counters.adds_up(), "{counters:?}");
        counters
    }

    pub(crate) fn lose_state(&self) {
        fs::remove_dir_all(self.state()).unwrap();
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn title_row(key: &str, certificate: &str) -> String {
        format!(
            "INSERT INTO spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh, bdcdyh, mj, djsj, qszt, ZZBS) VALUES \
             ('g', '{key}', '330106', '京（2020）东不动产权第0000001号', '110101001001GB00001F00010001', '85.12平方米', \
             '2020-03-04 10:11:12.5', 1, '{certificate}')"
        )
    }

    pub(crate) fn holder_row(key: &str, xh: i32, number: &str) -> String {
        format!(
            "INSERT INTO spgl_bdcqz_qlr (dfsjzj, xh, qlrmc, zjlx, zjhm) VALUES ('{key}', {xh}, '某人', '111', '{number}')"
        )
    }

    pub(crate) fn title(&self, key: &str, certificate: &str) {
        self.server.execute(&Self::title_row(key, certificate));
    }

    pub(crate) fn holder(&self, key: &str, xh: i32, number: &str) {
        self.server.execute(&Self::holder_row(key, xh, number));
    }

    /// So many titles with two holders each, in a transaction for the titles and one for the holders.
    pub(crate) fn many(&self, titles: u32) {
        self.server.execute(&format!(
            "INSERT INTO spgl_bdcqz (rowguid, dfsjzj, xzqhdm, bdcqzh, djsj, qszt) \
             SELECT 'g', 'D' || n, '330106', '号' || n, '2020-03-04', 1 FROM generate_series(1, {titles}) n"
        ));
        self.server.execute(&format!(
            "INSERT INTO spgl_bdcqz_qlr (dfsjzj, xh, qlrmc, zjlx, zjhm) \
             SELECT 'D' || n, xh, '某人', '111', CASE xh WHEN 1 THEN '{ZHANG}' ELSE '{LI}' END \
             FROM generate_series(1, {titles}) n, generate_series(1, 2) xh ORDER BY n, xh"
        ));
    }

    /// Number, status and reason of each row.
    pub(crate) fn statuses(&self, table: &str) -> Vec<Vec<String>> {
        self.server.query(&format!("SELECT lsh, sjsczt, sbyy FROM {table} ORDER BY lsh"))
    }

    fn messages<M: Message + Default>(&self, topic: &str) -> Vec<M> {
        let mut consumer = self.bus.consumer(&[Start::beginning(topic)]).unwrap();
        let mut events = Vec::new();
        while !matches!(events.last(), Some(Event::End { .. })) {
            let mut batch = Vec::new();
            consumer.poll(1000, Duration::ZERO, &mut batch).unwrap();
            events.append(&mut batch);
        }
        let payloads = events.into_iter().filter_map(|event| match event {
            Event::Record(delivery) => delivery.payload,
            Event::End { .. } => None,
        });
        payloads.map(|payload| M::decode(payload.as_ref()).unwrap()).collect()
    }

    fn records(&self) -> Vec<Record> {
        self.messages("exchange.records.natural-resources")
    }

    /// The last announcement.
    pub(crate) fn announced(&self) -> DepartmentIntake {
        self.messages("exchange.status").pop().unwrap()
    }

    /// Key and number of holders of each title published, in order.
    pub(crate) fn holders_published(&self) -> Vec<(String, usize)> {
        self.records().iter().filter_map(|record| Some((record.key.clone(), holders(record)?))).collect()
    }

    /// How many holders each title has by its newest version; titles taken back are left out.
    pub(crate) fn current(&self) -> BTreeMap<String, usize> {
        let mut newest: BTreeMap<String, Record> = BTreeMap::new();
        for record in self.records() {
            let before = newest.get(&record.key);
            if let Some(before) = before.filter(|before| before.version == record.version) {
                assert_eq!(before.body, record.body, "two contents under {}", record.version);
            }
            if before.is_none_or(|before| before.version < record.version) {
                newest.insert(record.key.clone(), record);
            }
        }
        newest.into_iter().filter_map(|(key, record)| Some((key, holders(&record)?))).collect()
    }

    pub(crate) fn newest(&self, key: &str) -> Option<usize> {
        self.current().get(key).copied()
    }
}

/// How many holders a record states; none of a withdrawal.
fn holders(record: &Record) -> Option<usize> {
    if record.operation() == Operation::Withdraw {
        return None;
    }
    let title = RealEstateTitle::decode(record.body.as_ref()?.value.as_slice()).unwrap();
    Some(title.holders.len())
}
