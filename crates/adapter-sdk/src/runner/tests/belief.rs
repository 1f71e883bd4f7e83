//! Commands and leases with and without signatures of nodes.

use super::{
    bus::TestBus,
    logs::{logged, with},
    redrive::Mended,
    world::{GoOn, REJECTS, World},
};
use crate::{Adapter, IntakeError, Runner, RunnerConfig, testing};
use bus::{Delivery, Message as BusMessage};
use contract::v1::{AdapterLease, RedriveCommand, RedriveTarget};
use domain::{Caller, Timestamp};
use prost::{Message, Name};
use security::{
    control::{self, Identity},
    pki::{Issuer, Leaf},
    sign::{ChainTrust, Signer},
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    sync::Arc,
};

/// A caller of an authority, and whom it trusts.
#[derive(Debug)]
struct Known {
    signer: Arc<Signer>,
    trust: ChainTrust,
}

impl Identity for Known {
    fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }

    fn trust(&self) -> ChainTrust {
        self.trust.clone()
    }
}

fn issuer() -> Issuer {
    Issuer::new(Timestamp::UNIX_EPOCH, testing::instant("20360102030405").unwrap()).unwrap()
}

fn known(issuer: &Issuer, name: &str) -> Arc<Known> {
    let leaf = Leaf::naming(&Caller::from_name(name).unwrap(), Timestamp::UNIX_EPOCH, issuer.not_after());
    let signed = issuer.sign(&leaf).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("own.pem"), folder.path().join("own.key"));
    fs::write(&certificate, &signed.certificate).unwrap();
    fs::write(&key, signed.key_pem()).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let trust = ChainTrust::from_pem(issuer.authority_pem().as_bytes()).unwrap();
    Arc::new(Known { signer: Arc::new(Signer::load(&certificate, &key).unwrap()), trust })
}

/// A department with a reject that its mended mapping would take.
fn world() -> World {
    let world = World::new(TestBus::faulty());
    world.put("L_320102_001.txt", 'I', &["20260101000003|a|B|bad"]);
    world.step().unwrap();
    world
}

fn runner(world: &World, identity: &Arc<Known>) -> Runner {
    let mut config = RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    config.identity = Some(identity.clone());
    let adapter = Adapter { mapping: Box::new(Mended), ..testing::adapter() };
    Runner::new(adapter, config, Arc::new(world.bus.clone()), world.clock.clone()).unwrap()
}

fn put<M: Message + Name>(world: &World, key: &str, message: &M, by: Option<&Known>) {
    let (ce_type, payload) = (M::full_name(), message.encode_to_vec());
    let entry = control::Entry { key: key.as_bytes(), ce_type: &ce_type, payload: Some(&payload) };
    let sealed = by.map(|by| control::seal(&by.signer, &entry).unwrap()).unwrap_or_default();
    let mut headers = vec![("ce_type", ce_type.as_bytes())];
    headers.extend(sealed.iter().map(|(name, value)| (*name, value.as_slice())));
    let message = BusMessage { key: key.as_bytes(), headers: &headers, payload: Some(&payload) };
    let mut producer = bus::Bus::producer(&world.bus).unwrap();
    producer.send("exchange.control", 0, &message).unwrap();
    let mut acks = Vec::new();
    while acks.is_empty() {
        producer.poll(std::time::Duration::ZERO, &mut acks).unwrap();
    }
}

/// Asks for the rejects on the topic.
fn ask(world: &World, by: Option<&Known>) {
    let target = |message: &Delivery| RedriveTarget {
        reject_id: String::from_utf8(message.key.to_vec()).unwrap(),
        partition: i32::try_from(message.position.partition).unwrap(),
        offset: i64::try_from(message.position.offset).unwrap(),
    };
    let targets = world.bus.messages(REJECTS).iter().map(target).collect();
    put(world, "redrive/testing/1", &RedriveCommand { department: "testing".into(), targets }, by);
}

fn last_epoch(world: &World) -> u64 {
    let messages = world.bus.messages("exchange.control");
    let leases = messages.iter().filter(|message| message.key == "lease/testing");
    leases.map(|lease| AdapterLease::decode(lease.payload.clone().unwrap()).unwrap().epoch).max().unwrap()
}

#[test]
fn command_that_no_node_signed_is_ignored_and_told_once() {
    let (world, issuer) = (world(), issuer());
    let mut runner = runner(&world, &known(&issuer, "node/city"));
    runner.step(&GoOn).unwrap();
    let lines = logged(|| {
        ask(&world, None);
        assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
        ask(&world, Some(&known(&issuer, "operator/anna")));
        ask(&world, Some(&known(&self::issuer(), "node/city")));
        assert_eq!(runner.step(&GoOn).unwrap().redriven, 0);
    });
    assert_eq!(with(&lines, "alarm").len(), 1, "{lines:?}");
    ask(&world, Some(&known(&issuer, "node/province")));
    assert_eq!(runner.step(&GoOn).unwrap().redriven, 1);
}

#[test]
fn lease_that_no_node_signed_fences_nobody() {
    let (world, issuer) = (world(), issuer());
    let node = known(&issuer, "node/city");
    let mut runner = runner(&world, &node);
    runner.step(&GoOn).unwrap();
    let epoch = last_epoch(&world) + 1;
    let lease = AdapterLease {
        department: "testing".into(),
        epoch,
        holder: "somewhere/else/now".into(),
        ..AdapterLease::default()
    };
    put(&world, "lease/testing", &lease, None);
    runner.step(&GoOn).unwrap();
    put(&world, "lease/testing", &AdapterLease { epoch: epoch + 1, ..lease }, Some(&node));
    assert!(matches!(runner.step(&GoOn), Err(IntakeError::Fenced { .. })));
}

#[test]
fn what_an_adapter_writes_to_the_control_topic_is_signed() {
    let (world, issuer) = (world(), issuer());
    let node = known(&issuer, "node/city");
    let before = world.bus.messages("exchange.control").len();
    let mut runner = runner(&world, &node);
    ask(&world, Some(&node));
    runner.step(&GoOn).unwrap();
    let messages = world.bus.messages("exchange.control").split_off(before);
    assert!(messages.iter().any(|message| message.payload.is_none()));
    for message in &messages {
        let received = control::Received {
            key: &message.key,
            headers: &message.headers,
            payload: message.payload.as_deref(),
            taken_in_ms: message.timestamp_ms,
        };
        let who = control::judge(node.as_ref(), &received);
        assert_eq!(who.map(|caller| caller.to_string()), Ok("node/city".to_owned()), "{:?}", message.key);
    }
}
