use super::*;
use adapter_sdk::IntakeError;
use bus::{Ack, EmbeddedBus, EmbeddedConfig, Message, Position, Producer, Topic, test_kit::RealKafka};
use domain::ManualClock;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

struct Nothing;

impl Known for Nothing {
    fn is_done(&self, _id: &str) -> Result<bool, IntakeError> {
        Ok(false)
    }

    fn kept(&self, _name: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        Ok(None)
    }

    fn all_kept(&self, _prefix: &str) -> Result<Vec<(String, Vec<u8>)>, IntakeError> {
        Ok(Vec::new())
    }
}

const TOPIC: &str = "transport.quota.public.zb_info";
const GO_ON: fn() -> bool = || false;

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(domain::date::stamp_instant("20261101000000", domain::date::local_offset()).unwrap()))
}

fn fill(bus: &dyn Bus, values: &[Option<&str>]) {
    bus.create_topics(&[Topic { name: TOPIC.into(), partitions: 3, compacted: false }]).unwrap();
    let mut producer = bus.producer().unwrap();
    for (ticket, value) in values.iter().enumerate() {
        let key = (ticket % 5).to_string();
        let message = Message { key: key.as_bytes(), headers: &[], payload: value.map(str::as_bytes) };
        producer.send(TOPIC, ticket as u64, &message).unwrap();
    }
    let mut acks: Vec<Ack> = Vec::new();
    while acks.len() < values.len() {
        producer.poll(Duration::from_secs(1), &mut acks).unwrap();
    }
    assert!(acks.iter().all(|ack| ack.result.is_ok()));
}

fn source(bus: &Arc<dyn Bus>) -> TopicSource {
    TopicSource::over(Arc::clone(bus), TOPIC.to_owned(), clock(), Language::English)
}

/// Rows up to the end, and the position behind each batch.
fn drain(source: &mut TopicSource) -> (Vec<SourceRow>, Option<Vec<u8>>) {
    let (mut rows, mut position) = (Vec::new(), None);
    loop {
        let batch = source.next(&Nothing, &GO_ON).unwrap();
        rows.extend(batch.rows);
        position = batch.position.or(position);
        if batch.end {
            assert!(batch.as_of.is_some());
            return (rows, position);
        }
    }
}

fn follows(bus: &Arc<dyn Bus>) {
    fill(bus.as_ref(), &[Some("a"), Some("b"), None, Some("d"), Some("e")]);
    let mut reader = source(bus);
    reader.open(None).unwrap();
    let (rows, position) = drain(&mut reader);
    let mut values: Vec<&[u8]> = rows.iter().map(|row| row.bytes.as_slice()).collect();
    values.sort_unstable();
    assert_eq!(values, [b"".as_slice(), b"a", b"b", b"d", b"e"]);
    assert_eq!(rows.iter().filter(|row| row.kind == TOMBSTONE).count(), 1);
    let places: BTreeSet<String> = rows.iter().map(|row| format!("{:?}", row.place)).collect();
    assert_eq!(places.len(), rows.len());
    fill(bus.as_ref(), &[Some("f")]);
    let mut resumed = source(bus);
    resumed.open(position.as_deref()).unwrap();
    let (rows, _) = drain(&mut resumed);
    assert_eq!(rows.iter().map(|row| row.bytes.as_slice()).collect::<Vec<_>>(), [b"f"]);
    let (rows, _) = drain(&mut reader);
    assert_eq!(rows.len(), 1, "one that went on reading sees the same");
}

#[test]
fn a_topic_is_read_to_its_end_and_gone_on_with_on_the_embedded_bus() {
    let folder = tempfile::tempdir().unwrap();
    let bus: Arc<dyn Bus> =
        Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(clock())).unwrap());
    follows(&bus);
}

#[test]
fn a_topic_is_read_to_its_end_and_gone_on_with_on_kafka() {
    let kafka = match RealKafka::start() {
        Ok(kafka) => kafka,
        Err(skip) => return eprintln!("{skip}"),
    };
    let bus: Arc<dyn Bus> = Arc::new(KafkaBus::connect(KafkaConfig::new(kafka.brokers(), "test")).unwrap());
    follows(&bus);
}

#[test]
fn a_position_that_the_topic_does_not_hold_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bus: Arc<dyn Bus> =
        Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(clock())).unwrap());
    fill(bus.as_ref(), &[Some("a")]);
    let mut reader = source(&bus);
    reader.open(Some(br#"{"0": 99}"#)).unwrap();
    assert_eq!(drain(&mut reader).0.len(), 1);
    assert!(reader.open(Some(b"nonsense")).is_err());
}

#[test]
fn what_is_lost_is_said_once_and_the_next_position_is_one_that_the_topic_holds() {
    let folder = tempfile::tempdir().unwrap();
    let bus: Arc<dyn Bus> =
        Arc::new(EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(clock())).unwrap());
    fill(bus.as_ref(), &[Some("a")]);
    let mut reader = source(&bus);
    reader.open(Some(br#"{"0": 99, "7": 5}"#)).unwrap();
    let (_, position) = drain(&mut reader);
    assert_eq!(position.unwrap(), br#"{"0":1}"#);
}

/// A bus whose topic is said to have so many partitions, and how often it was begun to be read.
struct Growing {
    bus: Arc<dyn Bus>,
    partitions: AtomicU32,
    begun: AtomicU32,
}

impl Bus for Growing {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        self.bus.create_topics(topics)
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        self.bus.producer()
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        self.begun.fetch_add(1, SeqCst);
        self.bus.consumer(from)
    }

    fn end(&self, _topic: &str) -> Result<Vec<Position>, BusError> {
        Ok((0..self.partitions.load(SeqCst)).map(|partition| Position { partition, offset: 0 }).collect())
    }
}

#[test]
fn partitions_that_are_added_are_taken_up_within_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(clock().now()));
    let config = EmbeddedConfig::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let bus: Arc<dyn Bus> = Arc::new(EmbeddedBus::open(folder.path().join("bus"), config).unwrap());
    fill(bus.as_ref(), &[Some("a")]);
    let growing = Arc::new(Growing { bus, partitions: AtomicU32::new(1), begun: AtomicU32::new(0) });
    let over = Arc::clone(&growing) as Arc<dyn Bus>;
    let mut reader = TopicSource::over(over, TOPIC.to_owned(), Arc::clone(&clock) as Arc<dyn Clock>, Language::English);
    reader.open(None).unwrap();
    assert_eq!(drain(&mut reader).0.len(), 1);
    clock.advance(PARTITIONS);
    assert_eq!(drain(&mut reader).0.len(), 0);
    assert_eq!(growing.begun.load(SeqCst), 1);
    growing.partitions.store(2, SeqCst);
    clock.advance(PARTITIONS);
    let again = reader.next(&Nothing, &GO_ON).unwrap();
    assert_eq!((again.rows.len(), again.end), (0, false), "what was read is not read again");
    assert_eq!(growing.begun.load(SeqCst), 2);
}

#[test]
fn brokers_that_are_not_there_are_an_outage_and_a_finding() {
    let settings = TopicSettings { brokers: "127.0.0.1:1".to_owned(), topic: None, security_file: None };
    let mut reader = TopicSource::new(&TopicFeed { topic: TOPIC }, &settings, clock(), Language::Chinese).unwrap();
    assert!(matches!(reader.open(None), Err(SourceError::Away { .. })));
    assert!(reader.check()[0].fix.as_ref().unwrap().contains("brokers"));
}
