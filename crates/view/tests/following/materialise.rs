//! The materialiser against the real embedded bus and store.

use crate::world::{DEPARTMENT, World, consumer, control, drain};
use bus::{Bus, BusError, Consumer as BusConsumer, EmbeddedBus, Position, Producer, Start, Topic};
use chrono::Duration;
use contract::{
    canonical::v1::{ConstructionPermit, Identifier as WireIdentifier, NaturalPerson, Operation, Record},
    v1::{ControlEntry, DepartmentIntake, TopicPosition},
};
use domain::{
    Clock, Identifier, IdentifierKind,
    catalogue::{Catalogue, Entry},
};
use prost::{Message, Name};
use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use store::{EmbeddedViewReader, Index, Lookup, RecordState, ViewReader};
use view::{Directory, ViewError};

impl World {
    fn record(&self, record: &Record) -> u64 {
        let key = contract::topics::record_key(&record.resource, &record.key);
        self.publish(&contract::topics::records(DEPARTMENT), &key, Some(&record.encode_to_vec()))
    }

    fn control(&self, entry: &Entry) {
        let (key, message) = control(entry);
        self.publish(contract::topics::CONTROL, &key, Some(&message.encode_to_vec()));
    }
}

/// A bus that can be away, and counts how often it is asked for an end.
struct Shaky {
    inner: Arc<EmbeddedBus>,
    is_away: AtomicBool,
    ends: AtomicUsize,
    directory: Arc<Directory>,
    /// Consumers and departments in force when topics were last asked for.
    in_force: Mutex<(usize, usize)>,
}

impl Shaky {
    fn before(world: &World, is_away: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: world.bus.clone(),
            is_away: is_away.into(),
            ends: AtomicUsize::new(0),
            directory: Arc::clone(&world.directory),
            in_force: Mutex::default(),
        })
    }

    fn there(&self) -> Result<(), BusError> {
        let is_away = self.is_away.load(Ordering::Relaxed);
        if is_away { Err(BusError::Unavailable("broker is away".to_owned())) } else { Ok(()) }
    }
}

impl Bus for Shaky {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        let catalogue = Arc::clone(&self.directory.now().catalogue);
        *self.in_force.lock().unwrap() = (catalogue.consumers.len(), catalogue.departments.len());
        self.there()?;
        self.inner.create_topics(topics)
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        self.inner.producer()
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn BusConsumer>, BusError> {
        self.inner.consumer(from)
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        self.ends.fetch_add(1, Ordering::Relaxed);
        self.there()?;
        self.inner.end(topic)
    }
}

fn person(key: &str, number: &str, stamp: u64) -> Record {
    let body =
        NaturalPerson { source_person_id: key.into(), household_number: "H1".into(), ..NaturalPerson::default() };
    Record {
        resource: "natural-person".into(),
        department: DEPARTMENT.into(),
        key: key.into(),
        version: format!("{stamp:014}.0000000001.0000000001"),
        operation: Operation::Upsert.into(),
        subjects: vec![WireIdentifier { kind: "citizen-number".into(), value: number.into() }],
        source_time: Some(prost_types::Timestamp { seconds: i64::try_from(stamp).unwrap(), nanos: 0 }),
        received_at: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        body: Some(contract::pack(&NaturalPerson::full_name(), body.encode_to_vec())),
        ..Record::default()
    }
}

fn find(
    reader: &EmbeddedViewReader,
    index: Index,
    kind: IdentifierKind,
    value: &str,
    state: RecordState,
) -> Vec<String> {
    let by = Identifier::from_trusted(kind, value);
    let lookup = Lookup { resource: "natural-person", index, by: &by, state, after: None, limit: 10 };
    pollster::block_on(reader.lookup(lookup)).unwrap().records.into_iter().map(|record| record.key).collect()
}

#[test]
fn records_are_found_by_subject_and_by_household() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    world.record(&person("p1", "110101190001010014", 5));
    drain(&mut materialiser);
    assert_eq!(
        find(&reader, Index::Subject, IdentifierKind::CitizenNumber, "110101190001010014", RecordState::Current),
        ["p1"]
    );
    assert_eq!(find(&reader, Index::Join, IdentifierKind::HouseholdNumber, "H1", RecordState::Current), ["p1"]);
    assert!(world.progress.now().caught_up);
}

#[test]
fn replay_from_zero_gives_the_same_view() {
    let world = World::new();
    let (mut first, reader) = world.follow("one");
    for stamp in [5, 3, 9, 9, 1] {
        world.record(&person("p1", "110101190001010014", stamp));
        world.record(&person("p2", "11010519491231002X", stamp + 1));
        drain(&mut first);
    }
    let (mut second, again) = world.follow("two");
    drain(&mut second);
    assert_eq!(pollster::block_on(reader.digest()).unwrap(), pollster::block_on(again.digest()).unwrap());
}

#[test]
fn a_reopened_view_goes_on_where_it_was() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    world.record(&person("p1", "110101190001010014", 5));
    drain(&mut materialiser);
    drop((materialiser, reader));
    world.record(&person("p2", "11010519491231002X", 6));
    let (mut materialiser, reader) = world.follow("store");
    drain(&mut materialiser);
    assert_eq!(find(&reader, Index::Join, IdentifierKind::HouseholdNumber, "H1", RecordState::Current).len(), 2);
}

#[test]
fn a_withdrawal_is_found_as_such_and_a_moved_key_is_not() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    for (key, reason) in [("p1", "source.cancelled"), ("p2", "key.changed")] {
        world.record(&person(key, "110101190001010014", 5));
        let withdrawal = Record {
            operation: Operation::Withdraw.into(),
            reason: reason.into(),
            body: None,
            ..person(key, "110101190001010014", 6)
        };
        world.record(&withdrawal);
    }
    drain(&mut materialiser);
    let withdrawn = |state| find(&reader, Index::Subject, IdentifierKind::CitizenNumber, "110101190001010014", state);
    assert_eq!(withdrawn(RecordState::Withdrawn), ["p1"]);
    assert!(withdrawn(RecordState::Current).is_empty());
}

#[test]
fn unreadable_messages_are_counted_and_do_not_stop_the_view() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    world.publish(&contract::topics::records(DEPARTMENT), "natural-person/x", Some(b"\xff\xff"));
    world.record(&Record { department: "taxation".into(), ..person("p9", "110101190001010014", 5) });
    world.record(&person(&"k".repeat(70_000), "110101190001010014", 5));
    world.record(&person("p8", &"1".repeat(70_000), 5));
    world.record(&person("p1", "110101190001010014", 5));
    drain(&mut materialiser);
    assert_eq!(find(&reader, Index::Join, IdentifierKind::HouseholdNumber, "H1", RecordState::Current), ["p1"]);
    assert_eq!(world.progress.now().unreadable.values().sum::<u64>(), 4);
}

#[test]
fn an_announcement_waits_for_the_records_it_speaks_of() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow("store");
    let offset = world.record(&person("p1", "110101190001010014", 5));
    let intake = DepartmentIntake {
        department: DEPARTMENT.into(),
        finished_units: 1,
        positions: vec![TopicPosition { partition: 0, offset: i64::try_from(offset).unwrap() + 2 }],
        ..DepartmentIntake::default()
    };
    world.publish(contract::topics::STATUS, DEPARTMENT, Some(&intake.encode_to_vec()));
    drain(&mut materialiser);
    assert!(world.directory.now().intakes.is_empty());
    world.record(&person("p2", "11010519491231002X", 5));
    drain(&mut materialiser);
    assert_eq!(world.directory.now().intakes[DEPARTMENT].finished_units, 1);
}

#[test]
fn catalogue_entries_come_into_force_and_bring_their_departments() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow("store");
    let taxation = domain::catalogue::Department {
        id: "taxation".into(),
        name: "税务局".into(),
        uscc: None,
        certificates: vec![],
    };
    world.control(&Entry::Department(taxation));
    world.control(&Entry::Consumer(consumer("one-window", "一窗")));
    drain(&mut materialiser);
    let snapshot = world.directory.now();
    assert!(snapshot.catalogue.consumers.contains_key("one-window"));
    world.clock.advance(Duration::seconds(2));
    materialiser.step().unwrap();
    assert!(world.progress.now().records.contains_key("taxation"));
    world.publish(contract::topics::CONTROL, "consumer/one-window", None);
    drain(&mut materialiser);
    assert!(world.directory.now().catalogue.consumers.is_empty());
}

#[test]
fn a_certificate_is_found_by_the_one_that_it_replaces() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    let body = ConstructionPermit { replaces: " 京〔2020〕施0001号 ".into(), ..ConstructionPermit::default() };
    let permit = Record {
        resource: "natural-person".into(),
        body: Some(contract::pack(&ConstructionPermit::full_name(), body.encode_to_vec())),
        ..person("p1", "110101190001010014", 5)
    };
    world.record(&permit);
    drain(&mut materialiser);
    for (kind, value) in
        [(IdentifierKind::CertificateNumber, "京(2020)施0001号"), (IdentifierKind::CertificateId, "京〔2020〕施0001号")]
    {
        assert_eq!(find(&reader, Index::Join, kind, value, RecordState::Current), ["p1"], "{kind}");
        assert!(find(&reader, Index::Subject, kind, value, RecordState::Current).is_empty());
    }
    let withdrawn = Record {
        operation: Operation::Withdraw.into(),
        version: "00000000000006.0000000001.0000000001".into(),
        body: None,
        ..permit
    };
    world.record(&withdrawn);
    drain(&mut materialiser);
    for state in [RecordState::Current, RecordState::Withdrawn] {
        assert!(find(&reader, Index::Join, IdentifierKind::CertificateNumber, "京(2020)施0001号", state).is_empty());
    }
}

#[test]
fn lag_is_what_the_bus_has_and_the_view_has_not() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow("store");
    world.record(&person("p1", "110101190001010014", 5));
    drain(&mut materialiser);
    world.clock.advance(Duration::seconds(2));
    materialiser.step().unwrap();
    assert_eq!(world.progress.now().records[DEPARTMENT], 0);
}

#[tokio::test]
async fn a_plan_is_published_once_and_only_from_its_base() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow("store");
    let (outbox, worker) = view::outbox(world.bus.clone(), None);
    let mut wanted = Catalogue::default();
    wanted.insert(Entry::Consumer(consumer("one-window", "一窗")));
    let plan = view::plan(&world.directory.now().catalogue, &wanted, false);
    let now = world.clock.now();
    let directory = Arc::clone(&world.directory);
    std::thread::scope(|scope| {
        scope.spawn(move || worker.run(&|| true));
        let published = pollster::block_on(view::publish_plan(&plan, &directory, &outbox, "n1", now));
        assert!(published.is_ok());
        drain(&mut materialiser);
        assert_eq!(*directory.now().catalogue, wanted);
        let again = pollster::block_on(view::publish_plan(&plan, &directory, &outbox, "n1", now));
        assert!(matches!(again, Err(ViewError::StaleRevision { .. })));
        drop(outbox);
    });
}

#[test]
fn an_entry_that_cannot_be_read_takes_the_old_one_out_of_force_for_good() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow("store");
    let consumer = |id: &str| Entry::Consumer(consumer(id, "一窗"));
    let ids = ["a", "b", "c", "d"];
    for id in ids {
        world.control(&consumer(id));
    }
    drain(&mut materialiser);
    assert_eq!(world.directory.now().catalogue.consumers.len(), 4);
    let message = |id: &str, content: &str| ControlEntry {
        kind: "consumer".into(),
        id: id.into(),
        content: content.into(),
        ..ControlEntry::default()
    };
    let (no_entry, other) = (message("b", "nonsense = 1"), message("d", &consumer("d").to_toml()));
    world.publish(contract::topics::CONTROL, "consumer/a", Some(b"\xff\xff"));
    world.publish(contract::topics::CONTROL, "consumer/b", Some(&no_entry.encode_to_vec()));
    world.publish(contract::topics::CONTROL, "consumer/c", Some(&other.encode_to_vec()));
    drain(&mut materialiser);
    let in_force = || world.directory.now().catalogue.consumers.keys().cloned().collect::<Vec<_>>();
    let lag = || world.progress.now();
    assert_eq!(in_force(), ["d"]);
    assert_eq!(lag().unreadable[contract::topics::CONTROL], 3);
    assert_eq!(lag().unreadable_entries.into_iter().collect::<Vec<_>>(), ["consumer/a", "consumer/b", "consumer/c"]);
    drop((materialiser, reader));
    world.directory.set_catalogue(Catalogue::default());
    let (mut materialiser, _reader) = world.follow("store");
    assert_eq!((in_force(), lag().unreadable[contract::topics::CONTROL]), (vec!["d".to_owned()], 6));
    for id in ids {
        world.control(&consumer(id));
    }
    drain(&mut materialiser);
    assert_eq!((in_force().len(), lag().unreadable_entries.len()), (4, 0));
}

#[test]
fn a_bus_that_is_away_is_told_and_waited_for() {
    let world = World::new();
    let bus = Shaky::before(&world, true);
    let (materialiser, _reader) = world.start("store", bus.clone());
    let waits = Cell::new(0);
    let ran = materialiser.run(&|limit| {
        if limit.is_zero() {
            return world.progress.now().caught_up && world.progress.now().trouble.is_none();
        }
        waits.set(waits.get() + 1);
        let trouble = world.progress.now().trouble.unwrap();
        assert!(trouble.contains("broker is away"), "{trouble}");
        bus.is_away.store(waits.get() < 3, Ordering::Relaxed);
        false
    });
    ran.unwrap();
    assert_eq!(waits.get(), 3);
}

#[test]
fn trouble_lasts_until_the_bus_has_answered() {
    let world = World::new();
    let bus = Shaky::before(&world, false);
    let (mut materialiser, _reader) = world.start("store", bus.clone());
    drain(&mut materialiser);
    materialiser.step().unwrap();
    bus.is_away.store(true, Ordering::Relaxed);
    let steps = Cell::new(0);
    let ran = materialiser.run(&|limit| {
        let trouble = world.progress.now().trouble;
        steps.set(steps.get() + 1);
        match steps.get() {
            1 => world.clock.advance(Duration::seconds(2)),
            2 => {}
            // A silent bus is not yet a bus that is back.
            3..=6 => assert!(trouble.is_some()),
            7 => {
                bus.is_away.store(false, Ordering::Relaxed);
                world.clock.advance(Duration::seconds(2));
            }
            _ => return limit.is_zero() && trouble.is_none(),
        }
        false
    });
    ran.unwrap();
}

#[test]
fn the_end_is_not_kept_waiting_by_the_bus() {
    let world = World::new();
    let bus = Shaky::before(&world, false);
    let (materialiser, _reader) = world.start("store", bus.clone());
    let asked = || bus.ends.load(Ordering::Relaxed);
    materialiser.run(&|_| asked() > 0).unwrap();
    assert_eq!((asked(), world.progress.now().trouble), (1, None));
}

#[test]
fn a_removal_does_not_wait_for_the_topics_of_a_new_department() {
    let world = World::new();
    let bus = Shaky::before(&world, false);
    let (mut materialiser, _reader) = world.start("store", bus.clone());
    materialiser.step().unwrap();
    world.control(&Entry::Consumer(consumer("one-window", "一窗")));
    drain(&mut materialiser);
    let department = domain::catalogue::Department {
        id: "taxation".into(),
        name: "税务局".into(),
        uscc: None,
        certificates: vec![],
    };
    world.control(&Entry::Department(department));
    world.publish(contract::topics::CONTROL, "consumer/one-window", None);
    drain(&mut materialiser);
    assert_eq!(*bus.in_force.lock().unwrap(), (0, 0));
    assert!(world.directory.now().catalogue.departments.contains_key("taxation"));
}

#[tokio::test]
async fn nothing_is_confirmed_once_the_worker_has_stopped() {
    let world = World::new();
    let (outbox, worker) = view::outbox(world.bus.clone(), None);
    drop(worker);
    let refused = outbox.publish(contract::topics::CONTROL, "consumer/a".into(), vec![], None).await.unwrap_err();
    assert!(matches!(refused, ViewError::NotConfirmed));
}
