//! A bus that is away, or whose consumers hear nothing, until the test lets them.

use bus::{Bus, BusError, Consumer, Event, Position, Producer, Start, Topic};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::park_timeout,
    time::Duration,
};

pub(crate) struct Held {
    pub(crate) inner: Arc<dyn Bus>,
    pub(crate) is_open: Arc<AtomicBool>,
    /// Whether the bus is away as long as it is not open.
    pub(crate) is_away: bool,
}

struct HeldConsumer {
    inner: Box<dyn Consumer>,
    is_open: Arc<AtomicBool>,
}

impl Bus for Held {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        if self.is_away && !self.is_open.load(Ordering::Relaxed) {
            return Err(BusError::Unavailable("broker is away".to_owned()));
        }
        self.inner.create_topics(topics)
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        self.inner.producer()
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        let inner = self.inner.consumer(from)?;
        Ok(Box::new(HeldConsumer { inner, is_open: Arc::clone(&self.is_open) }))
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        self.inner.end(topic)
    }
}

impl Consumer for HeldConsumer {
    fn poll(&mut self, max: usize, wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError> {
        if self.is_open.load(Ordering::Relaxed) {
            return self.inner.poll(max, wait, events);
        }
        park_timeout(wait);
        Ok(())
    }
}
