//! Buses by where they are, and whole topics read from them.

use anyhow::Result;
use bus::{Bus, Delivery, EmbeddedBus, EmbeddedConfig, Event, KafkaBus, KafkaConfig, Start};
use runtime::SystemClock;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// Where a bus is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Place {
    /// Apache Kafka at these brokers.
    Kafka(String),
    /// The embedded bus in this folder.
    Embedded(PathBuf),
}

impl Place {
    /// Opens it as the product does.
    pub(crate) fn open(&self) -> Result<Arc<dyn Bus>> {
        Ok(match self {
            Self::Kafka(brokers) => Arc::new(KafkaBus::connect(KafkaConfig::new(brokers, "exchange-bench"))?),
            Self::Embedded(folder) => Arc::new(EmbeddedBus::open(folder, EmbeddedConfig::new(Arc::new(SystemClock)))?),
        })
    }
}

/// Reads a topic from its beginning to its end; gives how many messages there are.
pub(crate) fn each(bus: &dyn Bus, topic: &str, mut take: impl FnMut(Delivery) -> Result<()>) -> Result<u64> {
    let mut left: BTreeMap<u32, u64> = bus.end(topic)?.into_iter().map(|end| (end.partition, end.offset)).collect();
    left.retain(|_, end| *end > 0);
    let mut consumer = bus.consumer(&[Start::beginning(topic)])?;
    let (mut events, mut count) = (Vec::new(), 0);
    while !left.is_empty() {
        consumer.poll(2000, Duration::from_millis(100), &mut events)?;
        for event in events.drain(..) {
            let Event::Record(delivery) = event else { continue };
            let position = delivery.position;
            if left.get(&position.partition).is_some_and(|end| position.offset + 1 >= *end) {
                left.remove(&position.partition);
            }
            count += 1;
            take(delivery)?;
        }
    }
    Ok(count)
}
