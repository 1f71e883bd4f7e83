//! The materialiser is killed anywhere; what the view holds depends on the bus alone.

use crate::world::{DEPARTMENT, Following, World, consumer, control, drain};
use bus::{Bus, Topic};
use contract::{
    canonical::v1::{Identifier, NaturalPerson, Operation, Record},
    v1::{DepartmentIntake, Reject, RejectState, TopicPosition},
};
use domain::catalogue::Entry;
use proptest::prelude::*;
use prost::{Message, Name};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{EmbeddedViewReader, ViewReader};

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

struct Machine {
    world: World,
    announced: u64,
}

/// A process that follows the bus.
struct Process {
    materialiser: Following,
    reader: EmbeddedViewReader,
    store: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let world = World::new();
        let topic = |name: String| Topic { name, partitions: 1, compacted: false };
        let named = [contract::topics::records(DEPARTMENT), contract::topics::rejects(DEPARTMENT)];
        let fixed = [contract::topics::CONTROL, contract::topics::STATUS].map(str::to_owned);
        world.bus.create_topics(&named.into_iter().chain(fixed).map(topic).collect::<Vec<_>>()).unwrap();
        Self { world, announced: 0 }
    }

    /// A process that remembers nothing but what lies in its store.
    fn process(&mut self, store: &str) -> Process {
        (self.world.directory, self.world.progress) = (Arc::default(), Arc::default());
        let (materialiser, reader) = self.world.start(store, self.world.bus.clone());
        Process { materialiser, reader, store: self.world.store(store) }
    }

    /// The next process finds what the last left on disk, which was never closed.
    fn kill(&mut self, process: Process, number: usize) -> Process {
        let name = format!("store {number}");
        copy(&process.store, &self.world.store(&name));
        drop(process);
        self.process(&name)
    }

    fn tell(&mut self, event: &Event, place: usize) {
        let records = contract::topics::records(DEPARTMENT);
        match event {
            Event::Record { key, stamp, withdrawn } => {
                let record = record(*key, *stamp, *withdrawn);
                let key = contract::topics::record_key(&record.resource, &record.key);
                self.world.publish(&records, &key, Some(&record.encode_to_vec()));
            }
            Event::Reject { id, closed } => {
                let reject = reject(*id, *closed);
                let topic = contract::topics::rejects(DEPARTMENT);
                self.world.publish(&topic, &reject.reject_id, Some(&reject.encode_to_vec()));
            }
            Event::Intake { records: wanted } => {
                self.announced += 1;
                let offset = i64::try_from(self.world.bus.end(&records).unwrap()[0].offset).unwrap();
                let position = TopicPosition { partition: 0, offset };
                let intake = DepartmentIntake {
                    department: DEPARTMENT.into(),
                    intake: self.announced,
                    positions: wanted.then_some(position).into_iter().collect(),
                    ..DepartmentIntake::default()
                };
                self.world.publish(contract::topics::STATUS, DEPARTMENT, Some(&intake.encode_to_vec()));
            }
            Event::Consumer { id, gone } => self.consumer(*id, *gone, place),
            Event::Unreadable => {
                self.world.publish(&records, "natural-person/x", Some(b"\xFF\xFF no record"));
            }
            Event::Step | Event::Kill => {}
        }
    }

    fn consumer(&self, id: u8, gone: bool, place: usize) {
        let entry = Entry::Consumer(consumer(&format!("consumer-{id}"), &format!("a name {place}")));
        let (key, message) = control(&entry);
        let payload = (!gone).then(|| message.encode_to_vec());
        self.world.publish(contract::topics::CONTROL, &key, payload.as_deref());
    }
}

impl Process {
    fn level(&mut self) {
        // The first finds the bus.
        self.materialiser.step().unwrap();
        drain(&mut self.materialiser);
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
        let mut machine = Machine::new();
        let mut process = machine.process("store");
        for (place, event) in events.iter().enumerate() {
            match event {
                Event::Step => {
                    process.materialiser.step().unwrap();
                }
                Event::Kill => process = machine.kill(process, place),
                event => machine.tell(event, place),
            }
        }
        process.level();
        let mut fresh = machine.process("fresh");
        fresh.level();
        prop_assert_eq!(process.digest(), fresh.digest());
    }
}
