//! Group commit, and a disk that is full or broken.

use super::*;
use crate::Ack;
use std::collections::BTreeSet;

fn on(disk: &Arc<TestDisk>, folder: &Path, config: EmbeddedConfig) -> EmbeddedBus {
    let bus = EmbeddedBus::open_on(folder, config, Arc::clone(disk) as Arc<dyn Disk>).unwrap();
    bus.create_topics(&[topic(false)]).unwrap();
    bus
}

fn tickets(acks: &[Ack]) -> Vec<u64> {
    acks.iter().map(|ack| ack.ticket).collect()
}

#[test]
fn one_sync_serves_every_producer_of_the_topic() {
    let (folder, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let bus = on(&disk, folder.path(), config());
    let mut producers: Vec<_> = (0..5).map(|_| bus.producer().unwrap()).collect();
    for round in 0..10 {
        for producer in &mut producers {
            producer.send(TOPIC, round, &message("k", b"x")).unwrap();
        }
    }
    let before = disk.syncs.load(Ordering::SeqCst);
    for producer in &mut producers {
        let mut acks = Vec::new();
        producer.poll(Duration::ZERO, &mut acks).unwrap();
        assert_eq!(tickets(&acks), (0..10).collect::<Vec<_>>());
        assert_eq!(producer.in_flight(), 0);
    }
    assert_eq!(disk.syncs.load(Ordering::SeqCst) - before, 1);
}

fn send_three_hundred(producer: &mut dyn Producer, key: &str) {
    for ticket in 0..300_u64 {
        producer.send(TOPIC, ticket, &message(key, &ticket.to_le_bytes())).unwrap();
        if ticket % 10 == 9 {
            producer.poll(Duration::ZERO, &mut Vec::new()).unwrap();
        }
    }
    assert_eq!(producer.in_flight(), 0);
}

#[test]
fn producers_on_threads_lose_nothing_and_share_syncs() {
    let (folder, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let bus = on(&disk, folder.path(), EmbeddedConfig { segment_bytes: 20_000, ..config() });
    let before = disk.syncs.load(Ordering::SeqCst);
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let mut producer = bus.producer().unwrap();
            scope.spawn(move || send_three_hundred(producer.as_mut(), name));
        }
    });
    assert!(disk.syncs.load(Ordering::SeqCst) - before <= 120);
    let (records, end) = read_all(&bus);
    assert_eq!(end, 1200);
    for name in ["a", "b", "c", "d"] {
        let sent = records.iter().filter(|record| record.key == name).map(|record| record.payload.clone().unwrap());
        assert!(sent.eq((0..300_u64).map(|ticket| ticket.to_le_bytes().to_vec())), "order of one key");
    }
}

#[test]
fn a_full_disk_is_unavailable_and_nothing_is_lost_once_there_is_room() {
    let (folder, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let bus = on(&disk, folder.path(), config());
    let mut producer = bus.producer().unwrap();
    send_batch(producer.as_mut(), 3);
    disk.full.store(true, Ordering::SeqCst);
    let mut acks = Vec::new();
    for ticket in 10..13 {
        producer.send(TOPIC, ticket, &message("k", b"x")).unwrap();
        let error = producer.poll(Duration::ZERO, &mut acks).unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
    assert_eq!((acks.len(), producer.in_flight()), (0, 3));
    assert_eq!(read_all(&bus).1, 3);
    let crashed = copy(folder.path());
    assert_eq!(read_all(&open(crashed.path(), config())).1, 3);
    disk.full.store(false, Ordering::SeqCst);
    producer.poll(Duration::ZERO, &mut acks).unwrap();
    assert_eq!(tickets(&acks), [10, 11, 12]);
    assert_eq!(read_all(&bus).0.len(), 6);
    drop((bus, producer));
    assert_eq!(read_all(&open(folder.path(), config())).0.len(), 6);
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_until_the_bus_is_opened_again() {
    let (folder, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let bus = on(&disk, folder.path(), config());
    let mut producer = bus.producer().unwrap();
    send_batch(producer.as_mut(), 3);
    producer.send(TOPIC, 7, &message("k", b"x")).unwrap();
    disk.broken.store(true, Ordering::SeqCst);
    let mut acks = Vec::new();
    assert!(matches!(producer.poll(Duration::ZERO, &mut acks), Err(BusError::Fatal(_))));
    assert!(matches!(acks[..], [Ack { ticket: 7, result: Err(BusError::Fatal(_)) }]));
    disk.broken.store(false, Ordering::SeqCst);
    let mut other = bus.producer().unwrap();
    assert!(matches!(other.send(TOPIC, 8, &message("k", b"x")), Err(SendError::Bus(BusError::Fatal(_)))));
    assert_eq!(read_all(&bus).1, 3);
    drop((bus, producer, other));
    let bus = open(folder.path(), config());
    send_batch(bus.producer().unwrap().as_mut(), 1);
    let offsets: BTreeSet<u64> = read_all(&bus).0.iter().map(|record| record.position.offset).collect();
    assert!(offsets.len() >= 4 && offsets.contains(&3));
}

#[test]
fn a_topic_that_failed_for_good_is_told_though_another_is_only_full() {
    let (folder, disk) = (TempDir::new().unwrap(), Arc::new(TestDisk::default()));
    let bus = on(&disk, folder.path(), config());
    let later = "exchange.zzz";
    bus.create_topics(&[Topic { name: later.to_owned(), ..topic(false) }]).unwrap();
    let (mut producer, mut other) = (bus.producer().unwrap(), bus.producer().unwrap());
    producer.send(TOPIC, 1, &message("k", b"x")).unwrap();
    producer.send(later, 2, &message("k", b"x")).unwrap();
    other.send(TOPIC, 3, &message("k", b"x")).unwrap();
    disk.broken.store(true, Ordering::SeqCst);
    assert!(other.poll(Duration::ZERO, &mut Vec::new()).is_err());
    disk.broken.store(false, Ordering::SeqCst);
    disk.full.store(true, Ordering::SeqCst);
    let mut acks = Vec::new();
    assert!(matches!(producer.poll(Duration::ZERO, &mut acks), Err(BusError::Fatal(_))));
    assert_eq!((tickets(&acks), producer.in_flight()), (vec![1], 1));
}

#[test]
fn a_producer_that_met_a_full_queue_of_others_makes_room_by_polling() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), EmbeddedConfig { pending_bytes: 300, max_message_bytes: 200, ..config() });
    let (mut silent, mut active) = (bus.producer().unwrap(), bus.producer().unwrap());
    while silent.send(TOPIC, 1, &message("k", &[0; 20])).is_ok() {}
    assert!(matches!(active.send(TOPIC, 2, &message("k", &[0; 20])), Err(SendError::Full)));
    active.poll(Duration::ZERO, &mut Vec::new()).unwrap();
    active.send(TOPIC, 2, &message("k", &[0; 20])).unwrap();
}

#[test]
fn a_waiting_consumer_is_woken_by_a_commit() {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    let mut consumer = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
    assert_eq!(drain(consumer.as_mut()).1, 0);
    let mut producer = bus.producer().unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut events = Vec::new();
            consumer.poll(10, Duration::from_mins(5), &mut events).unwrap();
            events.len()
        });
        send_batch(producer.as_mut(), 1);
        assert!(reader.join().unwrap() >= 1);
    });
}
