//! What only the embedded log promises: crashes at any byte, group commit, full and failing
//! disks, compaction.
mod compaction;
mod crash;
mod disk;
mod power;

use super::{Disk, EmbeddedBus, EmbeddedConfig, RealDisk};
use crate::{Bus, BusError, Consumer, Delivery, Event, Message, Producer, SendError, Start, Topic};
use domain::ManualClock;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use tempfile::TempDir;

const TOPIC: &str = "exchange.test";

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000)))
}

fn config() -> EmbeddedConfig {
    EmbeddedConfig::new(clock())
}

fn topic(compacted: bool) -> Topic {
    Topic { name: TOPIC.to_owned(), partitions: 1, compacted }
}

fn open(folder: &Path, config: EmbeddedConfig) -> EmbeddedBus {
    let bus = EmbeddedBus::open(folder, config).unwrap();
    bus.create_topics(&[topic(false)]).unwrap();
    bus
}

fn message<'a>(key: &'a str, payload: &'a [u8]) -> Message<'a> {
    Message { key: key.as_bytes(), headers: &[("kind", b"test")], payload: Some(payload) }
}

/// Sends one batch, which is durable afterwards.
fn send_batch(producer: &mut dyn Producer, count: u64) {
    for ticket in 0..count {
        producer.send(TOPIC, ticket, &message("k", &[7; 40])).unwrap();
    }
    let mut acks = Vec::new();
    producer.poll(Duration::ZERO, &mut acks).unwrap();
    assert_eq!(acks.len() as u64, count);
    assert!(acks.iter().all(|ack| ack.result.is_ok()));
}

/// Everything up to the end.
fn drain(consumer: &mut dyn Consumer) -> (Vec<Delivery>, u64) {
    let mut records = Vec::new();
    loop {
        let mut events = Vec::new();
        consumer.poll(7, Duration::from_secs(10), &mut events).unwrap();
        assert!(!events.is_empty(), "neither message nor end");
        for event in events {
            match event {
                Event::Record(delivery) => records.push(delivery),
                Event::End { next, .. } => return (records, next.offset),
            }
        }
    }
}

fn read_all(bus: &EmbeddedBus) -> (Vec<Delivery>, u64) {
    drain(bus.consumer(&[Start::beginning(TOPIC)]).unwrap().as_mut())
}

fn segment_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(TOPIC))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    files.sort();
    files
}

/// Copies the files of a bus, as a crash would have left them.
fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    std::fs::create_dir(to.path().join(TOPIC)).unwrap();
    for entry in std::fs::read_dir(from.join(TOPIC)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.path().join(TOPIC).join(path.file_name().unwrap())).unwrap();
    }
    to
}

/// A disk that counts, and fails on demand.
#[derive(Default)]
struct TestDisk {
    syncs: AtomicUsize,
    full: AtomicBool,
    broken: AtomicBool,
    synced_folders: Mutex<Vec<PathBuf>>,
}

impl Disk for TestDisk {
    fn write(&self, file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            // As a real disk does: some of it gets there.
            RealDisk.write(file, at, &bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        RealDisk.write(file, at, bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("input/output error"));
        }
        RealDisk.sync(file)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.synced_folders.lock().unwrap().push(folder.to_owned());
        RealDisk.sync_folder(folder)
    }
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    let error = EmbeddedBus::open(folder.path(), config()).err().unwrap();
    assert!(error.to_string().contains("open in another process"), "{error}");
    drop(bus);
    EmbeddedBus::open(folder.path(), config()).unwrap();
}

#[test]
fn the_names_of_new_folders_are_durable_from_the_top() {
    let (top, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let folder = top.path().join("state").join("bus");
    drop(EmbeddedBus::open_on(&folder, config(), Arc::clone(&disk) as Arc<dyn Disk>).unwrap());
    let synced = disk.synced_folders.lock().unwrap();
    assert_eq!(*synced, [top.path().to_owned(), top.path().join("state")]);
}

#[test]
fn a_topic_that_several_create_at_once_is_made_once() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    for number in 0..50 {
        let topic = Topic { name: format!("exchange.{number}"), partitions: 1, compacted: false };
        let (start, topics) = (Barrier::new(4), [topic]);
        let create = || {
            start.wait();
            bus.create_topics(&topics)
        };
        thread::scope(|scope| {
            let made = [0; 4].map(|_| scope.spawn(create));
            for made in made {
                made.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn a_reader_may_ask_for_any_number_of_events() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    send_batch(bus.producer().unwrap().as_mut(), 2);
    let mut consumer = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
    let mut events = Vec::new();
    consumer.poll(1, Duration::ZERO, &mut events).unwrap();
    consumer.poll(usize::MAX, Duration::ZERO, &mut events).unwrap();
    assert_eq!(events.len(), 3);
}

#[test]
fn names_that_could_leave_the_folder_are_refused() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    for name in ["", ".", "..", ".lock", "a/b", "a b", "中"] {
        let made = bus.create_topics(&[Topic { name: name.to_owned(), partitions: 1, compacted: false }]);
        assert!(made.is_err(), "{name:?}");
    }
}

#[test]
fn a_message_over_the_limit_is_too_large_and_the_next_is_taken() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), EmbeddedConfig { max_message_bytes: 200, ..config() });
    let mut producer = bus.producer().unwrap();
    let refused = producer.send(TOPIC, 1, &message("k", &[0; 200]));
    assert!(matches!(refused, Err(SendError::TooLarge { limit: 200 })));
    send_batch(producer.as_mut(), 1);
    assert_eq!(read_all(&bus).1, 1);
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let folder = TempDir::new().unwrap();
    for config in [
        EmbeddedConfig { segment_bytes: 0, ..config() },
        EmbeddedConfig { pending_bytes: 10, ..config() },
        EmbeddedConfig { max_message_bytes: usize::MAX, ..config() },
    ] {
        assert!(EmbeddedBus::open(folder.path(), config).is_err());
    }
}

#[test]
fn segments_roll_and_are_read_as_one_log_after_reopening() {
    let folder = TempDir::new().unwrap();
    let small = EmbeddedConfig { segment_bytes: 500, ..config() };
    let bus = open(folder.path(), small.clone());
    let mut producer = bus.producer().unwrap();
    let mut early = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
    assert_eq!(drain(early.as_mut()).1, 0);
    for _ in 0..20 {
        send_batch(producer.as_mut(), 3);
    }
    assert!(segment_files(folder.path()).len() > 3);
    assert_eq!(drain(early.as_mut()).0.len(), 60);
    drop((bus, producer, early));
    let bus = open(folder.path(), small);
    let (records, end) = read_all(&bus);
    assert_eq!(end, 60);
    assert!(records.iter().map(|record| record.position.offset).eq(0..60));
    send_batch(bus.producer().unwrap().as_mut(), 1);
    assert_eq!(read_all(&bus).1, 61);
}

#[test]
fn consumers_do_not_see_what_is_not_durable() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    let mut producer = bus.producer().unwrap();
    producer.send(TOPIC, 1, &message("k", b"x")).unwrap();
    assert_eq!(read_all(&bus).1, 0);
    assert_eq!(bus.end(TOPIC).unwrap()[0].offset, 0);
    producer.poll(Duration::ZERO, &mut Vec::new()).unwrap();
    assert_eq!(read_all(&bus).1, 1);
}

#[test]
fn a_start_in_a_segment_that_was_taken_away_is_lost() {
    let folder = TempDir::new().unwrap();
    let small = EmbeddedConfig { segment_bytes: 100, ..config() };
    let bus = open(folder.path(), small.clone());
    let mut producer = bus.producer().unwrap();
    (0..3).for_each(|_| send_batch(producer.as_mut(), 3));
    drop((bus, producer));
    std::fs::remove_file(&segment_files(folder.path())[0]).unwrap();
    let bus = open(folder.path(), small);
    let start = |offset| Start { topic: TOPIC.to_owned(), next: [(0, offset)].into() };
    assert!(matches!(bus.consumer(&[start(2)]).err(), Some(BusError::Lost { offset: 2, .. })));
    assert!(bus.consumer(&[start(3)]).is_ok());
    assert_eq!(read_all(&bus).0.len(), 6);
}

#[test]
fn messages_carry_the_time_of_the_clock() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    send_batch(bus.producer().unwrap().as_mut(), 1);
    assert_eq!(read_all(&bus).0[0].timestamp_ms, 20_000 * 86_400_000);
}
