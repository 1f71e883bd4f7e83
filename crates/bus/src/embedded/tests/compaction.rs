//! Compacted topics: the newest message of a key stays, at its own offset.

use super::*;
use std::collections::BTreeMap;

fn small() -> EmbeddedConfig {
    EmbeddedConfig { segment_bytes: 300, compact_bytes: 1000, ..config() }
}

fn compacted_bus(folder: &Path, config: EmbeddedConfig) -> EmbeddedBus {
    let bus = EmbeddedBus::open(folder, config).unwrap();
    bus.create_topics(&[topic(true)]).unwrap();
    bus
}

fn put(producer: &mut dyn Producer, key: &str, payload: Option<&[u8]>) {
    producer.send(TOPIC, 0, &Message { key: key.as_bytes(), headers: &[], payload }).unwrap();
    producer.poll(Duration::ZERO, &mut Vec::new()).unwrap();
}

fn state(records: &[Delivery]) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    records
        .iter()
        .map(|record| (record.key.to_vec(), record.payload.as_ref().map(|payload| payload.to_vec())))
        .collect()
}

#[test]
fn compaction_keeps_the_newest_of_a_key_at_its_offset_and_readers_go_on() {
    let folder = TempDir::new().unwrap();
    let bus = compacted_bus(folder.path(), small());
    let mut producer = bus.producer().unwrap();
    let mut slow = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
    put(producer.as_mut(), "first", Some(b"kept"));
    let mut seen = Vec::new();
    slow.poll(1, Duration::ZERO, &mut seen).unwrap();
    for round in 0..200_u64 {
        put(producer.as_mut(), ["a", "b", "c"][usize::try_from(round % 3).unwrap()], Some(&round.to_le_bytes()));
    }
    let (records, end) = read_all(&bus);
    assert_eq!(end, 201);
    assert!(records.len() < 60, "{} messages left", records.len());
    assert_eq!(state(&records).len(), 4);
    assert_eq!(records[0].position.offset, 0);
    assert!(records.is_sorted_by(|a, b| a.position.offset < b.position.offset));
    let (rest, slow_end) = drain(slow.as_mut());
    assert_eq!(slow_end, end);
    assert!(rest.is_sorted_by(|a, b| a.position.offset < b.position.offset));
    let mut from_the_start = records.clone();
    from_the_start.extend(rest);
    assert_eq!(state(&from_the_start), state(&records));
    drop((bus, producer, slow));
    let bus = compacted_bus(folder.path(), small());
    assert_eq!(state(&read_all(&bus).0), state(&records));
}

#[test]
fn every_offset_is_a_place_to_start_even_in_a_gap() {
    let folder = TempDir::new().unwrap();
    let bus = compacted_bus(folder.path(), small());
    let mut producer = bus.producer().unwrap();
    for round in 0..100_u64 {
        put(producer.as_mut(), "k", Some(&round.to_le_bytes()));
    }
    let (all, end) = read_all(&bus);
    for start in 0..=end {
        let from = Start { topic: TOPIC.to_owned(), next: BTreeMap::from([(0, start)]) };
        let (records, after) = drain(bus.consumer(&[from]).unwrap().as_mut());
        assert_eq!(after, end);
        let expected = all.iter().map(|record| record.position).filter(|position| position.offset >= start);
        assert!(records.iter().map(|record| record.position).eq(expected), "start {start}");
    }
}

#[test]
fn a_tombstone_goes_only_after_its_time() {
    let (folder, clock) = (TempDir::new().unwrap(), clock());
    let config = EmbeddedConfig { clock: Arc::clone(&clock) as Arc<dyn domain::Clock>, ..small() };
    let bus = compacted_bus(folder.path(), config);
    let mut producer = bus.producer().unwrap();
    put(producer.as_mut(), "gone", Some(b"x"));
    put(producer.as_mut(), "gone", None);
    let fill = |producer: &mut dyn Producer| (0..80).for_each(|_| put(producer, "other", Some(&[1; 20])));
    fill(producer.as_mut());
    let is_gone = |record: &&Delivery| record.key == "gone";
    let (records, _) = read_all(&bus);
    let left: Vec<_> = records.iter().filter(is_gone).collect();
    assert!(matches!(left[..], [Delivery { payload: None, .. }]));
    clock.advance(chrono::Duration::days(8));
    fill(producer.as_mut());
    assert_eq!(read_all(&bus).0.iter().filter(is_gone).count(), 0);
}

#[test]
fn a_crash_inside_compaction_changes_nothing_that_readers_conclude() {
    let folder = TempDir::new().unwrap();
    let uncompacted = EmbeddedConfig { compact_bytes: u64::MAX, ..small() };
    let bus = compacted_bus(folder.path(), uncompacted.clone());
    let mut producer = bus.producer().unwrap();
    for round in 0..60_u64 {
        put(producer.as_mut(), ["a", "b"][usize::try_from(round % 2).unwrap()], Some(&round.to_le_bytes()));
    }
    let before = state(&read_all(&bus).0);
    drop((bus, producer));
    let draft_only = copy(folder.path());
    std::fs::write(draft_only.path().join(TOPIC).join("compaction.tmp"), b"half a frame").unwrap();
    let renamed = copy(folder.path());
    drop(compacted_bus(renamed.path(), small()));
    let merged = segment_files(renamed.path())[0].clone();
    let half_done = copy(folder.path());
    std::fs::copy(&merged, half_done.path().join(TOPIC).join(merged.file_name().unwrap())).unwrap();
    for crashed in [draft_only, renamed, half_done] {
        let bus = compacted_bus(crashed.path(), uncompacted.clone());
        let (records, end) = read_all(&bus);
        assert_eq!((state(&records), end), (before.clone(), 60));
        assert!(records.is_sorted_by(|a, b| a.position.offset < b.position.offset));
        assert!(!crashed.path().join(TOPIC).join("compaction.tmp").exists());
    }
}

#[test]
fn a_topic_that_keeps_all_is_never_compacted() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), small());
    let mut producer = bus.producer().unwrap();
    (0..50).for_each(|_| put(producer.as_mut(), "k", Some(b"x")));
    assert_eq!(read_all(&bus).0.len(), 50);
}
