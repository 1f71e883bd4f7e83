//! The materialiser is killed anywhere; what the view holds depends on the bus alone.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bus::{Bus, EmbeddedBus, EmbeddedConfig, Message as BusMessage, Topic};
use chrono::{DateTime, Utc};
use contract::{
    canonical::v1::{Identifier, NaturalPerson, Operation, Record},
    v1::{ControlEntry, DepartmentIntake, Reject, RejectState, TopicPosition},
};
use domain::{
    Clock, ManualClock,
    catalogue::{Consumer, Entry},
};
use proptest::prelude::*;
use prost::{Message, Name};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter, ViewReader};
use tempfile::TempDir;
use view::{Directory, Materialiser, Parts, Progress};

const DEPARTMENT: &str = "public-security";

/// What comes over the bus, or happens to the process.
#[derive(Debug, Clone)]
enum Event {
    Record { key: u8, stamp: u8, withdrawn: bool },
    Reject { id: u8, closed: bool },
    Intake { records: bool },
    Consumer { id: u8, gone: bool },
    Unreadable,
    Step,
    Kill,
}

fn event() -> impl Strategy<Value = Event> {
    let record = (0..5_u8, 0..20_u8, prop::bool::weighted(0.2));
    prop_oneof![
        6 => record.prop_map(|(key, stamp, withdrawn)| Event::Record { key, stamp, withdrawn }),
        2 => (0..4_u8, any::<bool>()).prop_map(|(id, closed)| Event::Reject { id, closed }),
        2 => any::<bool>().prop_map(|records| Event::Intake { records }),
        1 => (0..3_u8, any::<bool>()).prop_map(|(id, gone)| Event::Consumer { id, gone }),
        1 => Just(Event::Unreadable),
        4 => Just(Event::Step),
        2 => Just(Event::Kill),
    ]
}

struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    bus: Arc<EmbeddedBus>,
    announced: u64,
}

/// A process that follows the bus.
struct Process {
    materialiser: Materialiser<EmbeddedViewWriter, EmbeddedViewReader>,
    reader: EmbeddedViewReader,
    store: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = DateTime::parse_from_rfc3339("2026-11-01T08:00:00+08:00").unwrap().with_timezone(&Utc);
        let clock = Arc::new(ManualClock::at(start));
        let dynamic: Arc<dyn Clock> = clock.clone();
        let bus = Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(dynamic)).unwrap());
        let topic = |name: String| Topic { name, partitions: 1, compacted: false };
        let named = [contract::topics::records(DEPARTMENT), contract::topics::rejects(DEPARTMENT)];
        let fixed = [contract::topics::CONTROL, contract::topics::STATUS].map(str::to_owned);
        bus.create_topics(&named.into_iter().chain(fixed).map(topic).collect::<Vec<_>>()).unwrap();
        Self { folder, clock, bus, announced: 0 }
    }

    fn process(&self, store: &str) -> Process {
        let store = self.folder.path().join(store);
        let (writer, reader) = EmbeddedView::open(&store, EmbeddedViewConfig { cache_bytes: 1 << 20 }).unwrap();
        let parts = Parts {
            bus: self.bus.clone() as Arc<dyn Bus>,
            writer,
            reader: reader.clone(),
            directory: Arc::<Directory>::default(),
            progress: Arc::<Progress>::default(),
            clock: self.clock.clone(),
            departments: BTreeSet::from([DEPARTMENT.to_owned()]),
            identity: None,
        };
        Process { materialiser: Materialiser::start(parts).unwrap(), reader, store }
    }

    /// The next process finds what the last left on disk, which was never closed.
    fn kill(&self, process: Process, number: usize) -> Process {
        let name = format!("store {number}");
        copy(&process.store, &self.folder.path().join(&name));
        drop(process);
        self.process(&name)
    }

    fn publish(&self, topic: &str, key: &str, payload: Option<&[u8]>) -> u64 {
        let mut producer = self.bus.producer().unwrap();
        producer.send(topic, 1, &BusMessage { key: key.as_bytes(), headers: &[], payload }).unwrap();
        let mut acks = Vec::new();
        producer.poll(std::time::Duration::from_millis(50), &mut acks).unwrap();
        acks.remove(0).result.unwrap().offset
    }

    fn tell(&mut self, event: &Event, place: usize) {
        let records = contract::topics::records(DEPARTMENT);
        match event {
            Event::Record { key, stamp, withdrawn } => {
                let record = record(*key, *stamp, *withdrawn);
                let key = contract::topics::record_key(&record.resource, &record.key);
                self.publish(&records, &key, Some(&record.encode_to_vec()));
            }
            Event::Reject { id, closed } => {
                let reject = reject(*id, *closed);
                let topic = contract::topics::rejects(DEPARTMENT);
                self.publish(&topic, &reject.reject_id, Some(&reject.encode_to_vec()));
            }
            Event::Intake { records: wanted } => {
                self.announced += 1;
                let offset = i64::try_from(self.bus.end(&records).unwrap()[0].offset).unwrap();
                let position = TopicPosition { partition: 0, offset };
                let intake = DepartmentIntake {
                    department: DEPARTMENT.into(),
                    intake: self.announced,
                    positions: wanted.then_some(position).into_iter().collect(),
                    ..DepartmentIntake::default()
                };
                self.publish(contract::topics::STATUS, DEPARTMENT, Some(&intake.encode_to_vec()));
            }
            Event::Consumer { id, gone } => self.consumer(*id, *gone, place),
            Event::Unreadable => {
                self.publish(&records, "natural-person/x", Some(b"\xFF\xFF no record"));
            }
            Event::Step | Event::Kill => {}
        }
    }

    fn consumer(&self, id: u8, gone: bool, place: usize) {
        let entry = Consumer { id: format!("consumer-{id}"), name: format!("a name {place}"), certificates: vec![] };
        let (key, entry) = (format!("consumer/{}", entry.id), Entry::Consumer(entry));
        let message = ControlEntry {
            kind: entry.kind().as_str().to_owned(),
            id: entry.id().to_owned(),
            content: entry.to_toml(),
            ..ControlEntry::default()
        };
        let payload = (!gone).then(|| message.encode_to_vec());
        self.publish(contract::topics::CONTROL, &key, payload.as_deref());
    }
}

impl Process {
    fn level(&mut self) {
        // The first finds the bus.
        self.materialiser.step().unwrap();
        while self.materialiser.step().unwrap() > 0 {}
    }

    fn digest(&self) -> [u8; 32] {
        pollster::block_on(self.reader.digest()).unwrap()
    }
}

fn record(key: u8, stamp: u8, withdrawn: bool) -> Record {
    let key = format!("p{key}");
    let body = NaturalPerson { source_person_id: key.clone(), name: format!("at {stamp}"), ..NaturalPerson::default() };
    Record {
        resource: "natural-person".into(),
        department: DEPARTMENT.into(),
        version: format!("{stamp:014}.0000000001.{:010}", u8::from(withdrawn)),
        operation: if withdrawn { Operation::Withdraw } else { Operation::Upsert }.into(),
        subjects: vec![Identifier { kind: "citizen-number".into(), value: format!("11010119900101{:04}", stamp / 3) }],
        source_time: Some(prost_types::Timestamp { seconds: i64::from(stamp), nanos: 0 }),
        received_at: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        body: (!withdrawn).then(|| contract::pack(&NaturalPerson::full_name(), body.encode_to_vec())),
        key,
        ..Record::default()
    }
}

fn reject(id: u8, closed: bool) -> Reject {
    let state = if closed { RejectState::Redriven } else { RejectState::Open };
    Reject {
        reject_id: format!("r{id}"),
        department: DEPARTMENT.into(),
        rule: "date.invalid".into(),
        rejected_at: Some(prost_types::Timestamp { seconds: i64::from(id), nanos: 0 }),
        state: state.into(),
        ..Reject::default()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    /// Steps are of any size, because any number of messages comes between them.
    #[test]
    fn a_view_whose_process_was_killed_anywhere_is_that_of_a_replay_from_the_beginning(
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut world = World::new();
        let mut process = world.process("store");
        for (place, event) in events.iter().enumerate() {
            match event {
                Event::Step => {
                    process.materialiser.step().unwrap();
                }
                Event::Kill => process = world.kill(process, place),
                event => world.tell(event, place),
            }
        }
        process.level();
        let mut fresh = world.process("fresh");
        fresh.level();
        prop_assert_eq!(process.digest(), fresh.digest());
    }
}
