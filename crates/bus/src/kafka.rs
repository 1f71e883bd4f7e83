//! Apache Kafka as the bus, by way of librdkafka.
//!
//! Nothing here uses a consumer group or a transaction: a consumer is assigned all partitions
//! from the positions it names, and the producer is idempotent. Threads are librdkafka's own.
mod config;
mod consumer;
mod errors;
mod native;
mod producer;
mod topics;

pub use self::config::KafkaConfig;
use self::{
    consumer::KafkaConsumer,
    errors::from_kafka,
    native::{Logging, Retired},
    producer::KafkaProducer,
};
use crate::{
    message::{Position, Start, Topic},
    seam::{Bus, BusError, Consumer, Producer},
};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::sync::{Mutex, PoisonError};

/// A bus on Kafka brokers.
pub struct KafkaBus {
    config: KafkaConfig,
    /// Asks the brokers about topics. A consumer, because a producer's questions create topics.
    probe: Mutex<Retired<BaseConsumer<Logging>>>,
}

impl KafkaBus {
    /// Checks the configuration and prepares a client. The brokers need not be there yet.
    ///
    /// # Errors
    /// [`BusError::Config`] names the property that librdkafka, or we, do not take.
    pub fn connect(config: KafkaConfig) -> Result<Self, BusError> {
        config.check()?;
        let probe = config.probe()?.create_with_context(Logging).map_err(|error| from_kafka("client", &error))?;
        let probe = Mutex::new(Retired::new("probe", probe, config.drop_timeout));
        Ok(Self { config, probe })
    }

    /// One question at a time; before it, what the client had to say in the meantime is let out. Brokers that do not
    /// answer are named.
    fn ask<T>(&self, question: impl FnOnce(&BaseConsumer<Logging>) -> Result<T, BusError>) -> Result<T, BusError> {
        let probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        while probe.poll(std::time::Duration::ZERO).is_some() {}
        question(&probe).map_err(|error| self.away(error))
    }

    fn away(&self, error: BusError) -> BusError {
        match error {
            BusError::Unavailable(text) => {
                BusError::Unavailable(format!("{text}; brokers {}", self.config.named_brokers()))
            }
            other => other,
        }
    }

    /// The first offset that is there and the one after the last, for each partition.
    fn bounds(&self, topic: &str) -> Result<Vec<(u64, u64)>, BusError> {
        let timeout = self.config.request_timeout;
        self.ask(|probe| {
            (0..topics::partitions(probe, topic, timeout)?)
                .map(|partition| {
                    let (low, high) = probe
                        .fetch_watermarks(topic, partition, timeout)
                        .map_err(|error| from_kafka(&format!("{topic}/{partition}"), &error))?;
                    Ok((u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0)))
                })
                .collect()
        })
    }
}

impl Bus for KafkaBus {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        let timeout = self.config.request_timeout;
        let missing = self.ask(|probe| topics::missing(probe, topics, timeout))?;
        if missing.is_empty() {
            return Ok(());
        }
        topics::create(&self.config, &missing).map_err(|error| self.away(error))?;
        self.ask(|probe| topics::wait_until_led(probe, &missing, timeout))
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        Ok(Box::new(KafkaProducer::new(&self.config)?))
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        let mut places = Vec::new();
        for start in from {
            places.extend(consumer::places(start, &self.bounds(&start.topic)?)?);
        }
        Ok(Box::new(KafkaConsumer::new(&self.config, places)?))
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        let bounds = self.bounds(topic)?;
        Ok((0..).zip(bounds).map(|(partition, (_, offset))| Position { partition, offset }).collect())
    }
}
