//! Entries of the control topic with and without signatures of nodes.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bus::{Ack, Bus, EmbeddedBus, EmbeddedConfig, Message as BusMessage, Start};
use chrono::{DateTime, Duration, Utc};
use contract::{topics, v1::ControlEntry};
use domain::{
    Caller, Clock, ManualClock,
    catalogue::{Catalogue, Consumer, Entry},
};
use prost::{Message, Name};
use security::{
    Refusal,
    control::{self, Disbelief, Identity},
    pki::{self, IssueRequest},
    sign::{ChainTrust, Signer},
};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use store::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter, ViewReader};
use tempfile::TempDir;
use view::{Directory, Materialiser, Parts, Progress};

/// A node as its files say.
#[derive(Debug)]
struct Node {
    signer: Arc<Signer>,
    trust: ChainTrust,
}

impl Identity for Node {
    fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }

    fn trust(&self) -> ChainTrust {
        self.trust.clone()
    }
}

struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    bus: Arc<EmbeddedBus>,
    node: Arc<Node>,
    directory: Arc<Directory>,
    progress: Arc<Progress>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = DateTime::parse_from_rfc3339("2026-11-01T08:00:00+08:00").unwrap().with_timezone(&Utc);
        let clock = Arc::new(ManualClock::at(start));
        let dynamic: Arc<dyn Clock> = clock.clone();
        let bus = Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(dynamic)).unwrap());
        let node = authority(&folder.path().join("pki"), &clock, "node/city");
        Self { folder, clock, bus, node: Arc::new(node), directory: Arc::default(), progress: Arc::default() }
    }

    fn follow(&self) -> (Materialiser<EmbeddedViewWriter, EmbeddedViewReader>, EmbeddedViewReader) {
        let (writer, reader) =
            EmbeddedView::open(&self.folder.path().join("store"), EmbeddedViewConfig::default()).unwrap();
        let parts = Parts {
            bus: self.bus.clone(),
            writer,
            reader: reader.clone(),
            directory: Arc::clone(&self.directory),
            progress: Arc::clone(&self.progress),
            clock: self.clock.clone(),
            departments: BTreeSet::new(),
            identity: Some(self.node.clone()),
        };
        let mut materialiser = Materialiser::start(parts).unwrap();
        materialiser.step().unwrap();
        (materialiser, reader)
    }

    /// Writes the consumer as this signer would, or as one without.
    fn write(&self, signer: Option<&Signer>, consumer: &Consumer) {
        let message = ControlEntry {
            kind: "consumer".into(),
            id: consumer.id.clone(),
            content: Entry::Consumer(consumer.clone()).to_toml(),
            ..ControlEntry::default()
        };
        self.send(signer, &format!("consumer/{}", consumer.id), Some(&message.encode_to_vec()));
    }

    fn send(&self, signer: Option<&Signer>, key: &str, payload: Option<&[u8]>) {
        let ce_type = ControlEntry::full_name();
        let entry = control::Entry { key: key.as_bytes(), ce_type: &ce_type, payload };
        let sealed = signer.map(|signer| control::seal(signer, &entry).unwrap()).unwrap_or_default();
        let mut headers = vec![(topics::CE_TYPE, ce_type.as_bytes())];
        headers.extend(sealed.iter().map(|(name, value)| (*name, value.as_slice())));
        let mut producer = self.bus.producer().unwrap();
        let message = BusMessage { key: key.as_bytes(), headers: &headers, payload };
        producer.send(topics::CONTROL, 1, &message).unwrap();
        let mut acks: Vec<Ack> = Vec::new();
        while acks.is_empty() {
            producer.poll(std::time::Duration::from_millis(50), &mut acks).unwrap();
        }
        acks.remove(0).result.unwrap();
    }

    fn in_force(&self) -> Vec<String> {
        let consumers = &self.directory.now().catalogue.consumers;
        consumers.values().map(|consumer| format!("{} {}", consumer.id, consumer.name)).collect()
    }

    fn ignored(&self) -> Vec<(String, Disbelief)> {
        self.progress.now().ignored_entries.into_iter().collect()
    }
}

/// A caller with a certificate of the authority in `folder`, which is made when it is not there.
fn authority(folder: &Path, clock: &ManualClock, name: &str) -> Node {
    if !folder.exists() {
        pki::init(folder, clock).unwrap();
    }
    let caller = Caller::from_name(name).unwrap();
    let issued = pki::issue(folder, &IssueRequest { caller, dns: vec![], ips: vec![], days: 60 }, clock).unwrap();
    let signer = Arc::new(Signer::load(&issued.certificate, &issued.key).unwrap());
    Node { signer, trust: ChainTrust::load(&folder.join("ca.pem")).unwrap() }
}

fn consumer(id: &str, name: &str) -> Consumer {
    Consumer { id: id.into(), name: name.into(), certificates: vec![] }
}

fn drain(materialiser: &mut Materialiser<EmbeddedViewWriter, EmbeddedViewReader>) {
    while materialiser.step().unwrap() > 0 {}
}

#[test]
fn entries_that_no_node_signed_are_ignored_and_told_once_per_key() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow();
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    let operator = authority(&world.folder.path().join("pki"), &world.clock, "operator/anna");
    let stranger = authority(&world.folder.path().join("other"), &world.clock, "node/city");
    world.write(None, &consumer("hall", "unsigned"));
    world.write(None, &consumer("hall", "unsigned again"));
    world.write(Some(&operator.signer), &consumer("one-window", "一窗"));
    world.write(Some(&stranger.signer), &consumer("third", "三"));
    world.send(None, "consumer/hall", None);
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["hall 大厅"]);
    assert_eq!(
        world.ignored(),
        [
            ("consumer/hall".to_owned(), Disbelief::Unsigned),
            ("consumer/one-window".to_owned(), Disbelief::NotNode),
            ("consumer/third".to_owned(), Disbelief::Certificate(Refusal::UnknownAuthority)),
        ]
    );
    assert_eq!((world.progress.now().ignored, world.progress.now().unreadable.len()), (5, 0));
    let stored = pollster::block_on(reader.control()).unwrap();
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["consumer/hall"]);
}

#[test]
fn entry_moved_to_another_key_is_ignored() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow();
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    drain(&mut materialiser);
    let mut read = world.bus.consumer(&[Start::beginning(topics::CONTROL)]).unwrap();
    let mut events = Vec::new();
    read.poll(1, std::time::Duration::from_secs(1), &mut events).unwrap();
    let Some(bus::Event::Record(genuine)) = events.into_iter().next() else { panic!("nothing was written") };
    let headers: Vec<_> = genuine.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
    let mut producer = world.bus.producer().unwrap();
    let moved = BusMessage { key: b"consumer/other", headers: &headers, payload: genuine.payload.as_deref() };
    let removal = BusMessage { key: b"consumer/hall", headers: &headers, payload: None };
    for message in [moved, removal] {
        producer.send(topics::CONTROL, 1, &message).unwrap();
    }
    let mut acks: Vec<Ack> = Vec::new();
    while acks.len() < 2 {
        producer.poll(std::time::Duration::from_millis(50), &mut acks).unwrap();
    }
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["hall 大厅"]);
    let wrong = |key: &str| (key.to_owned(), Disbelief::WrongSignature);
    assert_eq!(world.ignored(), [wrong("consumer/hall"), wrong("consumer/other")]);
}

#[test]
fn entry_that_a_node_writes_again_is_no_longer_told_of() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow();
    world.write(None, &consumer("hall", "unsigned"));
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.ignored().len()), (0, 1));
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.ignored()), (vec!["hall 大厅".to_owned()], vec![]));
    world.send(Some(&world.node.signer), "consumer/hall", None);
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.progress.now().ignored), (0, 1));
}

#[test]
fn made_up_keys_do_not_fill_memory() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow();
    for number in 0..150 {
        world.send(None, &format!("consumer/c{number}"), Some(b"x"));
    }
    drain(&mut materialiser);
    assert_eq!((world.ignored().len(), world.progress.now().ignored), (100, 150));
}

#[test]
fn commands_to_adapters_are_not_the_views_to_judge() {
    let world = World::new();
    let (mut materialiser, reader) = world.follow();
    for key in ["redrive/health/1", "lease/health"] {
        world.send(None, key, Some(b"x"));
        world.send(None, key, None);
    }
    drain(&mut materialiser);
    assert_eq!((world.progress.now().ignored, world.progress.now().unreadable.len()), (0, 0));
    assert!(pollster::block_on(reader.control()).unwrap().is_empty());
}

#[test]
fn what_the_outbox_writes_to_the_control_topic_is_believed() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow();
    let (outbox, worker) = view::outbox(world.bus.clone(), Some(world.node.clone()));
    let (wanted, now) = (
        {
            let mut catalogue = Catalogue::default();
            catalogue.insert(Entry::Consumer(consumer("one-window", "一窗")));
            catalogue
        },
        world.clock.now(),
    );
    let publish = |wanted: &Catalogue| {
        let plan = view::plan(&world.directory.now().catalogue, wanted, true);
        pollster::block_on(view::publish_plan(&plan, &world.directory, &outbox, "city", now)).unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| worker.run(&|| true));
        publish(&wanted);
    });
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["one-window 一窗"]);
    let (outbox, worker) = view::outbox(world.bus.clone(), Some(world.node.clone()));
    let plan = view::plan(&world.directory.now().catalogue, &Catalogue::default(), true);
    std::thread::scope(|scope| {
        scope.spawn(|| worker.run(&|| true));
        pollster::block_on(view::publish_plan(&plan, &world.directory, &outbox, "city", now)).unwrap();
    });
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.progress.now().ignored), (0, 0));
}

#[test]
fn entry_stays_believed_after_its_signers_certificate_has_expired() {
    let world = World::new();
    let (mut materialiser, _reader) = world.follow();
    world.write(Some(&world.node.signer), &consumer("early", "早"));
    world.clock.advance(Duration::days(90));
    world.write(Some(&world.node.signer), &consumer("late", "晚"));
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["early 早"]);
    assert_eq!(world.ignored(), [("consumer/late".to_owned(), Disbelief::Certificate(Refusal::Expired))]);
}
