use super::{Bus, Node, wait_for};
use bus::{BusError, EmbeddedBus, EmbeddedConfig, Event, KafkaBus, KafkaConfig, Position, Start};
use contract::canonical::v1::Record;
use prost::Message;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// Every record on a department's topic; an embedded node must have ended.
#[must_use]
pub fn published(node: &Node, bus: &Bus, department: &str) -> Vec<Record> {
    placed(node, bus, department).into_iter().map(|(_, record)| record).collect()
}

/// The same, with the place of each.
#[must_use]
pub fn placed(node: &Node, bus: &Bus, department: &str) -> Vec<(Position, Record)> {
    messages(&node.path("data/bus"), bus, &contract::topics::records(department))
}

/// Every message of a topic, with its place; `folder` is that of an embedded bus which no process has open.
#[must_use]
pub fn messages<M: Message + Default>(folder: &Path, bus: &Bus, topic: &str) -> Vec<(Position, M)> {
    let mut found = Vec::new();
    visit(folder, bus, topic, |position, message| found.push((position, message)));
    found
}

/// The same, one after the other.
pub fn visit<M: Message + Default>(folder: &Path, bus: &Bus, topic: &str, mut each: impl FnMut(Position, M)) {
    let bus: Box<dyn bus::Bus> = match bus {
        Bus::Embedded => {
            // Between fork and exec a child of another thread holds every file of ours, the lock of one just closed, too.
            let open = || match EmbeddedBus::open(folder, EmbeddedConfig::new(Arc::new(runtime::SystemClock))) {
                Err(BusError::NotAllowed(_)) => None,
                opened => Some(opened.unwrap()),
            };
            Box::new(wait_for("the bus to be nobody's", open))
        }
        Bus::Kafka(brokers) => Box::new(KafkaBus::connect(KafkaConfig::new(brokers, "tests")).unwrap()),
    };
    let mut left: BTreeMap<u32, u64> =
        bus.end(topic).unwrap().into_iter().map(|end| (end.partition, end.offset)).collect();
    left.retain(|_, end| *end > 0);
    let mut consumer = bus.consumer(&[Start::beginning(topic)]).unwrap();
    while !left.is_empty() {
        let mut events = Vec::new();
        consumer.poll(1000, Duration::from_millis(200), &mut events).unwrap();
        for event in events {
            let Event::Record(delivery) = event else { continue };
            let position = delivery.position;
            each(position, M::decode(delivery.payload.unwrap()).unwrap());
            if left.get(&position.partition).is_some_and(|end| position.offset + 1 >= *end) {
                left.remove(&position.partition);
            }
        }
    }
}
