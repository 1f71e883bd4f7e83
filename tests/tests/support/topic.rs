//! A department's topic read back.
use bus::{EmbeddedBus, EmbeddedConfig, Event, KafkaBus, KafkaConfig, Position, Start};
use contract::canonical::v1::Record;
use exchange_tests::product::{Bus, Node};
use prost::Message as _;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Every record on a department's topic; an embedded node must have ended.
pub(crate) fn published(node: &Node, bus: &Bus, department: &str) -> Vec<Record> {
    placed(node, bus, department).into_iter().map(|(_, record)| record).collect()
}

/// The same, with the place of each.
pub(crate) fn placed(node: &Node, bus: &Bus, department: &str) -> Vec<(Position, Record)> {
    let topic = contract::topics::records(department);
    let bus: Box<dyn bus::Bus> = match bus {
        Bus::Embedded => Box::new(
            EmbeddedBus::open(node.path("data/bus"), EmbeddedConfig::new(Arc::new(runtime::SystemClock))).unwrap(),
        ),
        Bus::Kafka(brokers) => Box::new(KafkaBus::connect(KafkaConfig::new(brokers, "tests")).unwrap()),
    };
    let mut left: BTreeMap<u32, u64> =
        bus.end(&topic).unwrap().into_iter().map(|end| (end.partition, end.offset)).collect();
    left.retain(|_, end| *end > 0);
    let mut consumer = bus.consumer(&[Start::beginning(&topic)]).unwrap();
    let mut records = Vec::new();
    while !left.is_empty() {
        let mut events = Vec::new();
        consumer.poll(1000, Duration::from_millis(200), &mut events).unwrap();
        for event in events {
            let Event::Record(delivery) = event else { continue };
            let position = delivery.position;
            records.push((position, Record::decode(delivery.payload.unwrap()).unwrap()));
            if left.get(&position.partition).is_some_and(|end| position.offset + 1 >= *end) {
                left.remove(&position.partition);
            }
        }
    }
    records
}
