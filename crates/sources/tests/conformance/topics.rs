//! A department's topic, on an embedded bus that can be away.

use crate::{clock, number_behind};
use adapter_sdk::{
    kit::source::SourceBench,
    source::{Source, SourceRow},
};
use bus::{Bus, BusError, Consumer, EmbeddedBus, EmbeddedConfig, Event, Message, Position, Producer, Start, Topic};
use domain::Clock;
use sources::test_kit::topic_on;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const TOPIC: &str = "transport.quota.public.zb_info";

pub(crate) struct Quotas {
    clock: Arc<dyn Clock>,
    bus: Arc<Shaky>,
    _folder: TempDir,
}

/// A bus that can be away.
struct Shaky {
    bus: EmbeddedBus,
    is_away: Arc<AtomicBool>,
}

struct Following {
    consumer: Box<dyn Consumer>,
    is_away: Arc<AtomicBool>,
}

#[expect(clippy::unnecessary_wraps, reason = "other benches need what a machine may not have")]
pub(crate) fn quotas() -> Option<Quotas> {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let bus = EmbeddedBus::open(folder.path().join("bus"), EmbeddedConfig::new(Arc::clone(&clock))).unwrap();
    bus.create_topics(&[Topic { name: TOPIC.into(), partitions: 1, compacted: false }]).unwrap();
    Some(Quotas { clock, bus: Arc::new(Shaky { bus, is_away: Arc::default() }), _folder: folder })
}

impl SourceBench for Quotas {
    fn put(&mut self, numbers: Range<u32>) {
        let mut producer = self.bus.bus.producer().unwrap();
        let mut acks = Vec::new();
        let count = numbers.len();
        for number in numbers {
            let value = format!(r#"{{"number":{number}}}"#);
            let message = Message { key: b"k", headers: &[], payload: Some(value.as_bytes()) };
            while producer.send(TOPIC, u64::from(number), &message).is_err() {
                producer.poll(Duration::from_secs(1), &mut acks).unwrap();
            }
        }
        while acks.len() < count {
            producer.poll(Duration::from_secs(1), &mut acks).unwrap();
        }
        assert!(acks.iter().all(|ack| ack.result.is_ok()));
    }

    fn number(&self, row: &SourceRow) -> u32 {
        number_behind("\"number\":", &row.bytes)
    }

    fn source(&self) -> Box<dyn Source> {
        topic_on(Arc::clone(&self.bus) as Arc<dyn Bus>, TOPIC, Arc::clone(&self.clock))
    }

    fn cut(&mut self) {
        self.bus.is_away.store(true, Ordering::Relaxed);
    }

    fn mend(&mut self) {
        self.bus.is_away.store(false, Ordering::Relaxed);
    }
}

impl Bus for Shaky {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        self.bus.create_topics(topics)
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        self.bus.producer()
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        there(&self.is_away)?;
        let consumer = self.bus.consumer(from)?;
        Ok(Box::new(Following { consumer, is_away: Arc::clone(&self.is_away) }))
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        there(&self.is_away)?;
        self.bus.end(topic)
    }
}

impl Consumer for Following {
    fn poll(&mut self, max: usize, wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError> {
        there(&self.is_away)?;
        self.consumer.poll(max, wait, events)
    }
}

fn there(is_away: &AtomicBool) -> Result<(), BusError> {
    if is_away.load(Ordering::Relaxed) { Err(BusError::Unavailable("cut".to_owned())) } else { Ok(()) }
}
