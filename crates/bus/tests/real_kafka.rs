//! The Kafka bus keeps the contract against Apache Kafka itself: one broker, one test.
#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use bus::{Bus, KafkaBus, KafkaConfig, Topic, conformance::Suite, test_kit::RealKafka};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
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
        Err(skip) => {
            eprintln!("{skip}");
            return;
        }
    };
    let config = KafkaConfig::new(kafka.brokers(), "conformance");
    let bus = KafkaBus::connect(config.clone()).unwrap();
    let suite = Suite::new(&bus, |topic| bus.create_topics(std::slice::from_ref(topic)).unwrap());
    creates_topics_as_asked(&bus, &kafka);
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

fn described(kafka: &RealKafka, topic: &str) -> HashMap<String, String> {
    let client: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", kafka.brokers()).create().unwrap();
    let resources = [ResourceSpecifier::Topic(topic)];
    let mut answer = pin!(client.describe_configs(&resources, &AdminOptions::new()));
    let described = loop {
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(described) => break described.unwrap().remove(0).unwrap(),
            Poll::Pending => thread::yield_now(),
        }
    };
    described.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect()
}
