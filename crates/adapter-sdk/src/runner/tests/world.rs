//! A department's front-end machine in a folder.

use super::bus::TestBus;
use crate::{Counters, IntakeError, Runner, RunnerConfig, Step, Stop, kit::copy_folder, testing};
use contract::{
    canonical::v1::{NaturalPerson, Operation, Record},
    v1::{DepartmentIntake, Reject},
};
use domain::{Language, ManualClock};
use prost::Message;
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;

pub(super) const RECORDS: &str = "exchange.records.testing";
pub(super) const REJECTS: &str = "exchange.rejects.testing";

pub(super) struct World {
    pub(super) dir: TempDir,
    pub(super) bus: TestBus,
    pub(super) clock: Arc<ManualClock>,
}

/// Never stops, and lets no time pass.
pub(super) struct GoOn;

impl Stop for GoOn {
    fn is_stopped(&self) -> bool {
        false
    }

    fn pause(&self, _time: Duration) {}
}

/// Stops after so many calls of a bus, and lets no time pass.
pub(super) struct After(pub(super) usize, pub(super) TestBus);

impl Stop for After {
    fn is_stopped(&self) -> bool {
        self.1.calls() > self.0
    }

    fn pause(&self, _time: Duration) {}
}

/// Lets something happen at the first pause.
pub(super) struct Once(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Once {
    pub(super) fn new(happens: impl FnOnce() + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(happens))))
    }
}

impl Stop for Once {
    fn is_stopped(&self) -> bool {
        false
    }

    fn pause(&self, _time: Duration) {
        if let Some(happens) = self.0.lock().unwrap().take() {
            happens();
        }
    }
}

/// What the bus says of a key: version, and the name in its body (none when withdrawn).
pub(super) type Effect = BTreeMap<String, (String, Option<(String, String)>)>;

impl World {
    pub(super) fn new(bus: TestBus) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inbox")).unwrap();
        let clock = Arc::new(ManualClock::at(testing::instant("20260102030405").unwrap()));
        Self { dir, bus, clock }
    }

    pub(super) fn inbox(&self, name: &str) -> PathBuf {
        self.dir.path().join("inbox").join(name)
    }

    /// Drops a pair of files.
    pub(super) fn put(&self, name: &str, mode: char, rows: &[&str]) {
        let text = testing::text(mode, rows);
        self.put_text(name, &text, rows.len());
    }

    pub(super) fn put_text(&self, name: &str, text: &str, rows: usize) {
        fs::write(self.inbox(name), text).unwrap();
        let sm3 = security::digest::hex(&security::digest::sm3(text.as_bytes()));
        fs::write(self.inbox(&format!("{name}.ok")), format!("rows={rows}\nsm3={sm3}\n")).unwrap();
    }

    pub(super) fn runner(&self) -> Runner {
        let mut config = RunnerConfig::new(self.dir.path().join("inbox"), self.dir.path().join("state"));
        (config.window_rows, config.max_message, config.language) = (7, 2000, Language::English);
        Runner::new(testing::adapter(), config, Arc::new(self.bus.clone()), self.clock.clone()).unwrap()
    }

    /// One look into the folder by a process of its own.
    pub(super) fn step(&self) -> Result<Step, IntakeError> {
        self.runner().step(&GoOn)
    }

    /// A look into the folder by a process that is killed at a call of the bus: what it would do afterwards is undone.
    pub(super) fn killed_at(&self, call: usize) {
        let (state, killed) = (self.dir.path().join("state"), self.dir.path().join("killed"));
        let folders = (state.clone(), killed.clone());
        self.bus.when_it_dies(move || copy_folder(&folders.0, &folders.1).unwrap());
        self.bus.die_at(call);
        assert!(matches!(self.step(), Err(IntakeError::Bus(_))), "call {call}");
        self.lose_state();
        fs::rename(killed, state).unwrap();
        self.bus.heal();
    }

    /// Loses the adapter's state.
    pub(super) fn lose_state(&self) {
        fs::remove_dir_all(self.dir.path().join("state")).unwrap();
    }

    pub(super) fn counters(&self) -> Counters {
        let counters = self.runner().counters().unwrap();
        assert!(counters.adds_up(), "{counters:?}");
        counters
    }

    pub(super) fn records(&self) -> Vec<Record> {
        decoded(&self.bus, RECORDS)
    }

    /// Rejects by id, the newest state of each.
    pub(super) fn rejects(&self) -> BTreeMap<String, Reject> {
        decoded(&self.bus, REJECTS).into_iter().map(|reject: Reject| (reject.reject_id.clone(), reject)).collect()
    }

    /// The last announcement.
    pub(super) fn intake(&self) -> DepartmentIntake {
        decoded(&self.bus, "exchange.status").pop().unwrap()
    }

    /// What a view of its topic would hold.
    pub(super) fn effect(&self) -> Effect {
        effect(self.records())
    }

    /// Names in the folder and below, with their bytes.
    pub(super) fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = ["", "done/", "refused/"].into_iter().flat_map(|place| {
            let entries = fs::read_dir(self.inbox(place)).into_iter().flatten();
            entries.map(move |entry| (place, entry.unwrap()))
        });
        entries
            .filter(|(_, entry)| entry.path().is_file())
            .map(|(place, entry)| {
                (format!("{place}{}", entry.file_name().to_string_lossy()), fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.tree().into_keys().collect()
    }
}

/// What a view would hold: the newest version of each key. One version never has two contents.
pub(super) fn effect(records: Vec<Record>) -> Effect {
    let mut contents = BTreeMap::new();
    let mut effect = Effect::new();
    for record in records {
        let content = (record.operation() == Operation::Upsert).then(|| {
            let body = NaturalPerson::decode(record.body.as_ref().unwrap().value.as_slice()).unwrap();
            (body.name, body.former_name)
        });
        let known = contents.entry((record.key.clone(), record.version.clone())).or_insert_with(|| content.clone());
        assert_eq!(*known, content, "two contents under {}", record.version);
        let newest = effect.entry(record.key).or_insert_with(|| (record.version.clone(), content.clone()));
        if newest.0 < record.version {
            *newest = (record.version, content);
        }
    }
    effect
}

fn decoded<M: Message + Default>(bus: &TestBus, topic: &str) -> Vec<M> {
    bus.messages(topic).iter().map(|message| M::decode(message.payload.as_ref().unwrap().as_ref()).unwrap()).collect()
}
