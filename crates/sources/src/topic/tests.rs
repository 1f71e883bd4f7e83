use super::*;
use adapter_sdk::IntakeError;
use bus::{Ack, EmbeddedBus, EmbeddedConfig, Message, Topic, test_kit::RealKafka};
use domain::ManualClock;

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
fn brokers_that_are_not_there_are_an_outage_and_a_finding() {
    let settings = TopicSettings { brokers: "127.0.0.1:1".to_owned(), topic: None, security_file: None };
    let mut reader = TopicSource::new(&TopicFeed { topic: TOPIC }, &settings, clock(), Language::Chinese).unwrap();
    assert!(matches!(reader.open(None), Err(SourceError::Away { .. })));
    assert!(reader.check()[0].fix.as_ref().unwrap().contains("brokers"));
}
