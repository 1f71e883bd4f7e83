//! Whatever a crash or a bad disk does to the bytes: acknowledged messages are there, or opening
//! or reading says loudly that they are not.

use super::*;
use proptest::prelude::*;
use std::fs::OpenOptions;

/// Three batches of three; gives the folder, and the bytes at which the batches end.
fn three_batches() -> (TempDir, Vec<usize>) {
    let folder = TempDir::new().unwrap();
    let bus = open(folder.path(), config());
    let mut producer = bus.producer().unwrap();
    let ends = (0..3)
        .map(|_| {
            send_batch(producer.as_mut(), 3);
            std::fs::metadata(&segment_files(folder.path())[0]).unwrap().len().try_into().unwrap()
        })
        .collect();
    drop((bus, producer));
    (folder, ends)
}

fn change(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = &segment_files(folder)[0];
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_log_cut_at_any_byte_opens_with_every_whole_message_before_the_cut() {
    let (folder, ends) = three_batches();
    let frame = ends[0] / 3;
    for cut in 0..=ends[2] {
        let crashed = copy(folder.path());
        change(crashed.path(), |bytes| bytes.truncate(cut));
        let bus = open(crashed.path(), config());
        let (records, end) = read_all(&bus);
        assert_eq!(records.len(), cut / frame, "cut at {cut}");
        send_batch(bus.producer().unwrap().as_mut(), 1);
        let (records, after) = read_all(&bus);
        assert_eq!((records.len(), after), (cut / frame + 1, end + 1), "cut at {cut}");
    }
}

#[test]
fn any_bit_flipped_before_the_last_batch_is_refused_and_names_file_and_byte() {
    let (folder, ends) = three_batches();
    for at in 0..ends[1] {
        let damaged = copy(folder.path());
        change(damaged.path(), |bytes| bytes[at] ^= 1 << (at % 8));
        match EmbeddedBus::open(damaged.path(), config()).err() {
            Some(BusError::Corrupt { place, .. }) => assert!(place.contains(".log, byte "), "{place}"),
            other => panic!("flip at {at}: {other:?}"),
        }
    }
}

#[test]
fn damage_before_the_smallest_of_messages_is_refused_too() {
    let (folder, ends) = three_batches();
    let bus = open(folder.path(), config());
    let mut producer = bus.producer().unwrap();
    producer.send(TOPIC, 0, &Message { key: b"", headers: &[], payload: None }).unwrap();
    producer.poll(Duration::ZERO, &mut Vec::new()).unwrap();
    drop((bus, producer));
    change(folder.path(), |bytes| bytes[ends[2] - 1] ^= 1);
    let error = EmbeddedBus::open(folder.path(), config()).err();
    assert!(matches!(error, Some(BusError::Corrupt { .. })), "{error:?}");
}

#[test]
fn a_bit_flipped_in_the_last_batch_never_yields_a_wrong_message() {
    let (folder, ends) = three_batches();
    for at in ends[1]..ends[2] {
        let damaged = copy(folder.path());
        change(damaged.path(), |bytes| bytes[at] ^= 1 << (at % 8));
        let (records, _) = read_all(&open(damaged.path(), config()));
        assert!((6..9).contains(&records.len()), "flip at {at}: {}", records.len());
        assert!(records.iter().all(|record| record.payload.as_deref() == Some(&[7; 40][..])));
    }
}

#[test]
fn pages_of_the_last_write_that_arrived_out_of_order_are_a_torn_end() {
    let (folder, ends) = three_batches();
    let middle = ends[1] + (ends[2] - ends[1]) / 2;
    change(folder.path(), |bytes| bytes[ends[1]..middle].fill(0));
    assert_eq!(read_all(&open(folder.path(), config())).1, 6);
}

#[test]
fn zeros_after_the_end_are_cut_off() {
    let (folder, _) = three_batches();
    change(folder.path(), |bytes| bytes.extend_from_slice(&[0; 4096]));
    assert_eq!(read_all(&open(folder.path(), config())).1, 9);
}

#[test]
fn damage_in_an_earlier_segment_is_met_when_it_is_read() {
    let folder = TempDir::new().unwrap();
    let small = EmbeddedConfig { segment_bytes: 300, ..config() };
    let bus = open(folder.path(), small.clone());
    let mut producer = bus.producer().unwrap();
    (0..5).for_each(|_| send_batch(producer.as_mut(), 3));
    drop((bus, producer));
    change(folder.path(), |bytes| bytes[150] ^= 4);
    let bus = open(folder.path(), small);
    let mut consumer = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
    let mut events = Vec::new();
    consumer.poll(100, Duration::ZERO, &mut events).unwrap();
    assert_eq!(events.len(), 1, "what stands before the damage");
    for _ in 0..2 {
        let error = consumer.poll(100, Duration::ZERO, &mut events).unwrap_err();
        assert!(matches!(error, BusError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn a_segment_cut_short_or_missing_in_the_middle_is_met_when_it_is_read() {
    for missing in [false, true] {
        let folder = TempDir::new().unwrap();
        let small = EmbeddedConfig { segment_bytes: 300, ..config() };
        let bus = open(folder.path(), small.clone());
        let mut producer = bus.producer().unwrap();
        (0..5).for_each(|_| send_batch(producer.as_mut(), 3));
        drop((bus, producer));
        let second = &segment_files(folder.path())[1];
        if missing {
            std::fs::remove_file(second).unwrap();
        } else {
            OpenOptions::new().write(true).open(second).unwrap().set_len(0).unwrap();
        }
        let bus = open(folder.path(), small);
        let mut consumer = bus.consumer(&[Start::beginning(TOPIC)]).unwrap();
        let mut events = Vec::new();
        consumer.poll(100, Duration::ZERO, &mut events).unwrap();
        let error = consumer.poll(100, Duration::ZERO, &mut events).unwrap_err();
        assert!(matches!(error, BusError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn a_topic_folder_that_was_never_finished_is_made_again() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join(TOPIC)).unwrap();
    std::fs::write(folder.path().join(TOPIC).join("topic.tmp"), b"exch").unwrap();
    let bus = open(folder.path(), config());
    send_batch(bus.producer().unwrap().as_mut(), 2);
    assert_eq!(read_all(&bus).1, 2);
}

#[test]
fn a_topic_of_an_unknown_format_is_refused() {
    let (folder, _) = three_batches();
    std::fs::write(folder.path().join(TOPIC).join("topic"), b"exchange log 2\n").unwrap();
    let error = EmbeddedBus::open(folder.path(), config()).err().unwrap();
    assert!(matches!(error, BusError::Corrupt { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_was_acknowledged_survives_a_crash_inside_the_next_write(
        batches in proptest::collection::vec(1_u64..6, 1..6),
        lost in 1_usize..120,
    ) {
        let folder = TempDir::new().unwrap();
        let small = EmbeddedConfig { segment_bytes: 400, ..config() };
        let bus = open(folder.path(), small.clone());
        let mut producer = bus.producer().unwrap();
        let mut acknowledged = 0;
        for count in &batches {
            send_batch(producer.as_mut(), *count);
            acknowledged += count;
        }
        let before = copy(folder.path());
        send_batch(producer.as_mut(), 2);
        let after = copy(folder.path());
        // The write of the last batch stopped somewhere.
        let last = segment_files(after.path()).pop().unwrap();
        let durable = std::fs::metadata(before.path().join(TOPIC).join(last.file_name().unwrap())).map_or(0, |m| m.len());
        let written = std::fs::metadata(&last).unwrap().len();
        let cut = (written - lost.min(usize::try_from(written).unwrap()) as u64).max(durable);
        OpenOptions::new().write(true).open(&last).unwrap().set_len(cut).unwrap();
        let (records, _) = read_all(&open(after.path(), small));
        prop_assert!(records.len() as u64 >= acknowledged);
        prop_assert!(records.iter().map(|record| record.position.offset).eq(0..records.len() as u64));
    }
}
