//! The Kafka bus keeps the contract against Apache Kafka itself.
#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use bus::{
    Bus, BusError, KafkaBus, KafkaConfig, Message, Start, Topic,
    conformance::{Suite, read_to_end, settle},
    test_kit::RealKafka,
};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
};
use std::{
    cell::RefCell,
    collections::HashMap,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
};

#[test]
#[expect(clippy::print_stderr, reason = "a skipped suite must be seen")]
fn kafka_bus_conforms_on_apache_kafka() {
    let kafka = match RealKafka::start() {
        Ok(kafka) => kafka,
        Err(skip) => return eprintln!("{skip}"),
    };
    let config = KafkaConfig::new(kafka.brokers(), "conformance");
    let bus = KafkaBus::connect(config.clone()).unwrap();
    let suite = Suite::new(&bus, |topic| bus.create_topics(std::slice::from_ref(topic)).unwrap());
    creates_topics_as_asked(&bus, &kafka);
    starts_anywhere_on_a_compacted_topic(&bus, &kafka);
    starts_at_the_beginning_that_is_left(&bus, &kafka);
    suite.run();
    suite.full_queue(&KafkaBus::connect(KafkaConfig { send_bytes: 100 << 10, ..config }).unwrap());
    suite.survives_outage("frozen", || kafka.stop(), || kafka.resume());
    let kafka = RefCell::new(kafka);
    suite.survives_outage("killed", || kafka.borrow_mut().kill(), || kafka.borrow_mut().restart());
}

fn creates_topics_as_asked(bus: &KafkaBus, kafka: &RealKafka) {
    let control = Topic { name: "created.control".to_owned(), partitions: 1, compacted: true };
    let records = Topic { name: "created.records".to_owned(), partitions: 3, compacted: false };
    for _ in 0..2 {
        bus.create_topics(&[control.clone(), records.clone()]).unwrap();
    }
    assert_eq!(bus.end(&records.name).unwrap().len(), 3);
    assert_eq!(described(kafka, &control.name)["cleanup.policy"], "compact");
    let records = described(kafka, &records.name);
    assert_eq!((records["cleanup.policy"].as_str(), records["retention.ms"].as_str()), ("delete", "-1"));
}

/// In every gap that compaction leaves.
fn starts_anywhere_on_a_compacted_topic(bus: &KafkaBus, kafka: &RealKafka) {
    let topic = "compacted";
    let quickly = NewTopic::new(topic, 1, TopicReplication::Fixed(1))
        .set("cleanup.policy", "compact")
        .set("segment.ms", "1")
        .set("min.cleanable.dirty.ratio", "0.001");
    wait_for(admin(kafka).create_topics(&[quickly], &AdminOptions::new())).unwrap().remove(0).unwrap();
    send_twenty(bus, topic);
    let left = (0..1000).map(|_| read_from(bus, Start::beginning(topic))).find(|left| left.len() < 10).unwrap();
    for offset in 0..=20 {
        let read = read_from(bus, at(topic, offset));
        assert!(read.is_sorted() && read.iter().all(|found| *found >= offset), "from {offset}: {read:?}");
        assert_eq!(read.last(), left.last().filter(|last| **last >= offset), "from {offset}");
    }
}

/// The beginning of a topic need not be 0; what stood before it is lost.
fn starts_at_the_beginning_that_is_left(bus: &KafkaBus, kafka: &RealKafka) {
    let topic = "trimmed";
    bus.create_topics(&[Topic { name: topic.to_owned(), partitions: 1, compacted: false }]).unwrap();
    send_twenty(bus, topic);
    let mut kept_from = TopicPartitionList::new();
    kept_from.add_partition_offset(topic, 0, Offset::Offset(5)).unwrap();
    wait_for(admin(kafka).delete_records(&kept_from, &AdminOptions::new())).unwrap();
    for start in [Start::beginning(topic), at(topic, 5)] {
        assert_eq!(read_from(bus, start), (5..20).collect::<Vec<_>>());
    }
    assert!(matches!(bus.consumer(&[at(topic, 4)]).err(), Some(BusError::Lost { offset: 4, .. })));
}

fn at(topic: &str, offset: u64) -> Start {
    Start { topic: topic.to_owned(), next: [(0, offset)].into() }
}

fn send_twenty(bus: &KafkaBus, topic: &str) {
    let mut producer = bus.producer().unwrap();
    for ticket in 0..20 {
        producer.send(topic, ticket, &Message { key: b"key", headers: &[], payload: Some(b"value") }).unwrap();
        // A batch of its own, so that it can be compacted away.
        assert!(settle(producer.as_mut()).iter().all(|ack| ack.result.is_ok()));
    }
}

/// The offsets up to the end, which is told as 20.
fn read_from(bus: &KafkaBus, start: Start) -> Vec<u64> {
    let (read, ends) = read_to_end(bus.consumer(&[start]).unwrap().as_mut(), 1);
    assert_eq!(ends.into_values().collect::<Vec<_>>(), [20]);
    read.iter().map(|delivery| delivery.position.offset).collect()
}

fn described(kafka: &RealKafka, topic: &str) -> HashMap<String, String> {
    let resources = [ResourceSpecifier::Topic(topic)];
    let described = wait_for(admin(kafka).describe_configs(&resources, &AdminOptions::new()));
    let described = described.unwrap().remove(0).unwrap();
    described.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect()
}

fn admin(kafka: &RealKafka) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", kafka.brokers()).create().unwrap()
}

fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}
