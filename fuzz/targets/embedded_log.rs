//! The embedded bus on what a disk may hold. The first byte chooses: any bytes as a segment, or a log that was written and
//! then damaged as disks do it; of the latter every message comes back as it was written, or an error does.
#![no_main]

use bus::{Bus as _, BusError, Delivery, EmbeddedBus, EmbeddedConfig, Event, Message, Start, Topic};
use chrono::DateTime;
use domain::ManualClock;
use libfuzzer_sys::fuzz_target;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};
use tempfile::TempDir;

const TOPIC: &str = "t";
const SEGMENT: &str = "00000000000000000000.log";

/// In memory where the system has such a place: the disk is not what is tried.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.expect("a folder")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let folder = FOLDER.path().join("bus");
    let _ = fs::remove_dir_all(&folder);
    let compacted = choice & 2 != 0;
    if choice & 1 == 0 { arbitrary(&folder, compacted, bytes) } else { damaged(&folder, bytes) }
});

/// Any bytes as the only segment: refused, or read the same twice and written on.
fn arbitrary(folder: &Path, compacted: bool, bytes: &[u8]) {
    drop(opened(folder, compacted, u64::MAX).expect("an empty bus opens"));
    fs::write(folder.join(TOPIC).join(SEGMENT), bytes).expect("a segment");
    let Ok(bus) = opened(folder, compacted, u64::MAX) else { return };
    let Ok(first) = read(&bus) else { return };
    let next = send(&bus, b"one more").expect("a sound log takes messages");
    drop(bus);
    let bus = opened(folder, compacted, u64::MAX).expect("it opened before");
    let second = read(&bus).expect("it was read before");
    let (last, before) = second.split_last().expect("one was added");
    assert_eq!((last.position.offset, last.payload.as_deref()), (next, Some(&b"one more"[..])));
    assert_eq!(before.len(), first.len());
    for (one, other) in before.iter().zip(&first) {
        assert_eq!((one.position, &one.key, &one.payload), (other.position, &other.key, &other.payload));
    }
    assert!(second.is_sorted_by_key(|delivery| delivery.position.offset));
}

/// A log of several segments, and one damage to it.
fn damaged(folder: &Path, bytes: &[u8]) {
    let [count, small, sort, segment, at0, at1, value, ..] = *bytes else { return };
    let segment_bytes = if small % 2 == 0 { u64::MAX } else { 300 };
    let bus = opened(folder, false, segment_bytes).expect("an empty bus opens");
    let written: Vec<_> = (0..count % 24).map(payload).collect();
    for payload in &written {
        send(&bus, payload).expect("a sound log takes messages");
    }
    drop(bus);
    let segments = segments(&folder.join(TOPIC));
    let path = &segments[usize::from(segment) % segments.len()];
    let mut content = fs::read(path).expect("a segment");
    damage(&mut content, sort, usize::from(u16::from_le_bytes([at0, at1])), value);
    fs::write(path, &content).expect("a segment");
    let Ok(bus) = opened(folder, false, segment_bytes) else { return };
    let read = match read(&bus) {
        Ok(read) => read,
        Err((read, _)) => read,
    };
    assert!(read.len() <= written.len());
    for (delivery, (payload, offset)) in read.iter().zip(written.iter().zip(0..)) {
        assert_eq!((delivery.position.offset, delivery.payload.as_deref()), (offset, Some(payload.as_slice())));
    }
}

/// Cut off, zeroes to the end, or bits turned within four bytes: a checksum of 32 bits finds each such burst.
fn damage(content: &mut Vec<u8>, sort: u8, at: usize, value: u8) {
    let at = at % (content.len() + 1);
    match sort % 3 {
        0 => content.truncate(at),
        1 => content[at..].fill(0),
        _ => content.iter_mut().skip(at).take(usize::from(value % 4) + 1).for_each(|byte| *byte ^= value | 1),
    }
}

fn payload(number: u8) -> Vec<u8> {
    (0..u16::from(number) * 7).map(|at| u8::try_from((at * 31 + u16::from(number)) % 251).unwrap()).collect()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect();
    paths.sort();
    paths
}

fn opened(folder: &Path, compacted: bool, segment_bytes: u64) -> Result<EmbeddedBus, BusError> {
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
    let config = EmbeddedConfig { segment_bytes, compact_bytes: 200, ..EmbeddedConfig::new(clock) };
    let bus = EmbeddedBus::open(folder, config)?;
    bus.create_topics(&[Topic { name: TOPIC.to_owned(), partitions: 1, compacted }])?;
    Ok(bus)
}

fn send(bus: &EmbeddedBus, payload: &[u8]) -> Result<u64, BusError> {
    let mut producer = bus.producer()?;
    producer.send(TOPIC, 1, &Message { key: b"key", headers: &[("h", b"v")], payload: Some(payload) }).expect("room");
    let mut acks = Vec::new();
    producer.poll(Duration::ZERO, &mut acks)?;
    acks.pop().expect("an acknowledgement").result.map(|position| position.offset)
}

/// Everything up to the end; or what came before an error, and the error.
fn read(bus: &EmbeddedBus) -> Result<Vec<Delivery>, (Vec<Delivery>, BusError)> {
    let mut consumer = bus.consumer(&[Start::beginning(TOPIC)]).map_err(|error| (Vec::new(), error))?;
    let mut read = Vec::new();
    loop {
        let mut events = Vec::new();
        if let Err(error) = consumer.poll(64, Duration::ZERO, &mut events) {
            return Err((read, error));
        }
        for event in events {
            match event {
                Event::Record(delivery) => read.push(delivery),
                Event::End { .. } => return Ok(read),
            }
        }
    }
}
