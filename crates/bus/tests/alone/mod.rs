//! A broker that can be made to answer as one that its controller gave up: that there are no brokers.
#![expect(clippy::disallowed_methods, reason = "its threads end with their connections, or with the test")]

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

const METADATA: u16 = 3;
/// Versions of Metadata that are answered here.
const VERSIONS: std::ops::RangeInclusive<u16> = 9..=13;

/// Topics that the broker knows.
const TOPICS: usize = 5000;
const LEADER_NOT_AVAILABLE: i16 = 5;

/// Stands before the one broker of a cluster, which its clients reach through it alone.
pub(super) struct Front {
    port: u16,
    switch: Arc<Switch>,
}

#[derive(Default)]
struct Switch {
    is_on: AtomicBool,
    told: AtomicUsize,
}

impl Front {
    /// Before the broker at `127.0.0.1:port`.
    pub(super) fn before(broker: &str) -> Self {
        let broker: u16 = broker.rsplit(':').next().unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let switch = Arc::new(Switch::default());
        let shared = Arc::clone(&switch);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let broker = TcpStream::connect(("127.0.0.1", broker)).unwrap();
                Passage::open(&client, &broker, &shared);
            }
        });
        Self { port, switch }
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// From now on there are no brokers, or there is this one again.
    pub(super) fn tell_of_none(&self, is_on: bool) {
        self.switch.is_on.store(is_on, Ordering::SeqCst);
    }

    /// How often a client was told that there are no brokers.
    pub(super) fn told(&self) -> usize {
        self.switch.told.load(Ordering::SeqCst)
    }
}

/// A connection from a client to the broker.
#[derive(Clone)]
struct Passage {
    /// Version of each question for metadata, by its correlation id.
    asked: Arc<Mutex<HashMap<[u8; 4], u16>>>,
    switch: Arc<Switch>,
    /// What the broker says of where it is, and what stands there instead.
    addresses: [Vec<u8>; 2],
}

impl Passage {
    fn open(client: &TcpStream, broker: &TcpStream, switch: &Arc<Switch>) {
        let there = |port: u16| [b"127.0.0.1".as_slice(), &u32::from(port).to_be_bytes()].concat();
        let ports = [broker.peer_addr(), client.local_addr()].map(|address| there(address.unwrap().port()));
        let passage = Self { asked: Arc::default(), switch: Arc::clone(switch), addresses: ports };
        let questions = (client.try_clone().unwrap(), broker.try_clone().unwrap(), passage.clone());
        let answers = (broker.try_clone().unwrap(), client.try_clone().unwrap(), passage);
        thread::spawn(move || passed(questions.0, questions.1, |frame| questions.2.note(frame)));
        thread::spawn(move || passed(answers.0, answers.1, |frame| answers.2.answered(frame)));
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 4], u16>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question: key, version, correlation id.
    fn note(&self, frame: Vec<u8>) -> Vec<u8> {
        let number = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
        if number(0) == METADATA {
            self.asked().insert([frame[4], frame[5], frame[6], frame[7]], number(2));
        }
        frame
    }

    /// An answer: correlation id.
    fn answered(&self, frame: Vec<u8>) -> Vec<u8> {
        let id = [frame[0], frame[1], frame[2], frame[3]];
        let Some(version) = self.asked().remove(&id) else { return frame };
        if self.switch.is_on.load(Ordering::SeqCst) {
            self.switch.told.fetch_add(1, Ordering::SeqCst);
            return none(id, version);
        }
        let [broker, here] = &self.addresses;
        let mut frame = frame;
        let places: Vec<_> = (0..frame.len()).filter(|at| frame[*at..].starts_with(broker)).collect();
        for at in places {
            frame[at..at + here.len()].copy_from_slice(here);
        }
        frame
    }
}

/// The answer that there are no brokers, and topics without a leader (KIP-482 for its shape). They are many, so that the
/// client's connections are closed while its main thread still goes over them: it plans to begin again, and then is through.
fn none(id: [u8; 4], version: u16) -> Vec<u8> {
    assert!(VERSIONS.contains(&version), "Metadata {version} is asked for, which this broker cannot speak");
    let no_tags = [0_u8];
    let mut frame = [id.as_slice(), &no_tags, &0_i32.to_be_bytes()].concat();
    // No brokers, no name of the cluster, no controller.
    frame.extend([1, 0]);
    frame.extend((-1_i32).to_be_bytes());
    frame.extend(length(TOPICS));
    for number in 0..TOPICS {
        frame.extend(topic(&format!("t{number}"), version));
    }
    if version <= 10 {
        frame.extend(i32::MIN.to_be_bytes());
    }
    if version >= 13 {
        frame.extend(0_i16.to_be_bytes());
    }
    frame.extend(no_tags);
    frame
}

/// A topic of one partition that has no leader.
fn topic(name: &str, version: u16) -> Vec<u8> {
    let name = [length(name.len()), name.as_bytes().to_vec()].concat();
    let id = if version >= 10 { [7; 16].as_slice() } else { &[] };
    let (is_internal, partitions, rights) = ([0], length(1), i32::MIN.to_be_bytes());
    let partition = [
        LEADER_NOT_AVAILABLE.to_be_bytes().as_slice(),
        &0_i32.to_be_bytes(),
        &(-1_i32).to_be_bytes(),
        &(-1_i32).to_be_bytes(),
        // Replicas, those in sync, those offline: none. No tags.
        &[1, 1, 1, 0],
    ]
    .concat();
    [[0, 0].as_slice(), &name, id, &is_internal, &partitions, &partition, &rights, &[0]].concat()
}

/// The length of a list or text: one more than it is, seven bits a byte.
fn length(of: usize) -> Vec<u8> {
    let (mut left, mut bytes) = (of + 1, Vec::new());
    while left >= 0x80 {
        bytes.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    bytes.push(u8::try_from(left).unwrap());
    bytes
}

/// Passes frames on until one of both ends is closed; then both are.
fn passed(mut from: TcpStream, mut to: TcpStream, through: impl Fn(Vec<u8>) -> Vec<u8>) {
    let mut pass = || -> io::Result<()> {
        loop {
            let mut length = [0; 4];
            from.read_exact(&mut length)?;
            let mut frame = vec![0; u32::from_be_bytes(length) as usize];
            from.read_exact(&mut frame)?;
            let frame = through(frame);
            to.write_all(&[&u32::try_from(frame.len()).unwrap().to_be_bytes(), frame.as_slice()].concat())?;
        }
    };
    let _ended = pass();
    let _closed = [from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)];
}
