//! Entries of the control topic with and without signatures of nodes.

use crate::world::{World, consumer, control as entry, drain};
use bus::{Bus, Message as BusMessage, Start};
use chrono::Duration;
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
use std::{ops::Deref, path::Path, sync::Arc};
use store::ViewReader;

/// A node as its files say.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) signer: Arc<Signer>,
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

/// A world whose views believe what this node signs.
pub(crate) struct Signed {
    pub(crate) world: World,
    pub(crate) node: Arc<Node>,
}

impl Deref for Signed {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Signed {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let node = Arc::new(authority(&world.folder.path().join("pki"), &world.clock, "node/city"));
        world.identity = Some(node.clone());
        Self { world, node }
    }

    /// Writes the consumer as this signer would, or as one without.
    fn write(&self, signer: Option<&Signer>, consumer: &Consumer) {
        let (key, message) = entry(&Entry::Consumer(consumer.clone()));
        self.put(signer, &key, Some(&message.encode_to_vec()));
    }

    pub(crate) fn put(&self, signer: Option<&Signer>, key: &str, payload: Option<&[u8]>) {
        let ce_type = ControlEntry::full_name();
        let entry = control::Entry { key: key.as_bytes(), ce_type: &ce_type, payload };
        let sealed = signer.map(|signer| control::seal(signer, &entry).unwrap()).unwrap_or_default();
        let mut headers = vec![(topics::CE_TYPE, ce_type.as_bytes())];
        headers.extend(sealed.iter().map(|(name, value)| (*name, value.as_slice())));
        self.send(topics::CONTROL, &BusMessage { key: key.as_bytes(), headers: &headers, payload });
    }

    pub(crate) fn ignored(&self) -> Vec<(String, Disbelief)> {
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

#[test]
fn entries_that_no_node_signed_are_ignored_and_told_once_per_key() {
    let world = Signed::new();
    let (mut materialiser, reader) = world.follow("store");
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    let operator = authority(&world.folder.path().join("pki"), &world.clock, "operator/anna");
    let stranger = authority(&world.folder.path().join("other"), &world.clock, "node/city");
    world.write(None, &consumer("hall", "unsigned"));
    world.write(None, &consumer("hall", "unsigned again"));
    world.write(Some(&operator.signer), &consumer("one-window", "一窗"));
    world.write(Some(&stranger.signer), &consumer("third", "三"));
    world.put(None, "consumer/hall", None);
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
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    drain(&mut materialiser);
    let mut read = world.bus.consumer(&[Start::beginning(topics::CONTROL)]).unwrap();
    let mut events = Vec::new();
    read.poll(1, std::time::Duration::from_secs(1), &mut events).unwrap();
    let Some(bus::Event::Record(genuine)) = events.into_iter().next() else { panic!("nothing was written") };
    let headers: Vec<_> = genuine.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
    let moved = BusMessage { key: b"consumer/other", headers: &headers, payload: genuine.payload.as_deref() };
    let removal = BusMessage { key: b"consumer/hall", headers: &headers, payload: None };
    for message in [moved, removal] {
        world.send(topics::CONTROL, &message);
    }
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["hall 大厅"]);
    let wrong = |key: &str| (key.to_owned(), Disbelief::WrongSignature);
    assert_eq!(world.ignored(), [wrong("consumer/hall"), wrong("consumer/other")]);
}

#[test]
fn entry_that_a_node_writes_again_is_no_longer_told_of() {
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
    world.write(None, &consumer("hall", "unsigned"));
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.ignored().len()), (0, 1));
    world.write(Some(&world.node.signer), &consumer("hall", "大厅"));
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.ignored()), (vec!["hall 大厅".to_owned()], vec![]));
    world.put(Some(&world.node.signer), "consumer/hall", None);
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.progress.now().ignored), (0, 1));
}

#[test]
fn made_up_keys_do_not_fill_memory() {
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
    for number in 0..150 {
        world.put(None, &format!("consumer/c{number}"), Some(b"x"));
    }
    drain(&mut materialiser);
    assert_eq!((world.ignored().len(), world.progress.now().ignored), (100, 150));
}

#[test]
fn commands_to_adapters_are_not_the_views_to_judge() {
    let world = Signed::new();
    let (mut materialiser, reader) = world.follow("store");
    for key in ["redrive/health/1", "lease/health"] {
        world.put(None, key, Some(b"x"));
        world.put(None, key, None);
    }
    drain(&mut materialiser);
    assert_eq!((world.progress.now().ignored, world.progress.now().unreadable.len()), (0, 0));
    assert!(pollster::block_on(reader.control()).unwrap().is_empty());
}

#[test]
fn what_the_outbox_writes_to_the_control_topic_is_believed() {
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
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
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
    world.write(Some(&world.node.signer), &consumer("early", "早"));
    world.clock.advance(Duration::days(90));
    world.write(Some(&world.node.signer), &consumer("late", "晚"));
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["early 早"]);
    assert_eq!(world.ignored(), [("consumer/late".to_owned(), Disbelief::Certificate(Refusal::Expired))]);
}
