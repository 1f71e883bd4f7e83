//! A topic of the department's own Kafka, read from its beginning (transport).
//!
//! The position is the next offset of every partition. Delivery is at least once on the department's side too, so
//! that a message which comes twice is judged twice and changes nothing. Where the department's cluster no longer
//! holds what comes next, reading goes on with what it holds, and that is said loudly.

use crate::SetupError;
use adapter_sdk::{
    Finding, Stop,
    formats::{framing::RowPlace, messages::TOMBSTONE},
    source::{Batch, Known, Source, SourceError, SourceRow},
    transport::{TopicFeed, TopicSettings},
};
use bus::{Bus, BusError, Consumer, Delivery, Event, KafkaBus, KafkaConfig, Start};
use domain::{Clock, Language, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// Messages given out at once.
const BATCH: usize = 2000;
/// How long to wait for a message before looking whether to stop.
const WAIT: Duration = Duration::from_millis(200);
/// How often the topic is asked whether it has more partitions than before.
const PARTITIONS: chrono::Duration = chrono::Duration::minutes(1);

/// Next offset by partition.
type Offsets = BTreeMap<u32, u64>;

/// A topic that is followed.
pub(crate) struct TopicSource {
    bus: Arc<dyn Bus>,
    topic: String,
    clock: Arc<dyn Clock>,
    language: Language,
    reading: Option<Reading>,
}

struct Reading {
    consumer: Box<dyn Consumer>,
    next: Offsets,
    /// Partitions that have given out everything.
    ended: BTreeSet<u32>,
    partitions: usize,
    /// When they were counted.
    counted: Timestamp,
}

impl TopicSource {
    /// Follows the topic that the settings name.
    ///
    /// # Errors
    /// When the settings of the Kafka client cannot be used.
    pub(crate) fn new(
        feed: &TopicFeed,
        settings: &TopicSettings,
        clock: Arc<dyn Clock>,
        language: Language,
    ) -> Result<Self, SetupError> {
        let wrong = |error: BusError| SetupError::Setting { setting: "source", problem: error.to_string() };
        let mut kafka = KafkaConfig::new(&settings.brokers, "exchange-adapter");
        if let Some(file) = &settings.security_file {
            kafka.properties = KafkaConfig::read_properties(file).map_err(wrong)?;
        }
        let bus = Arc::new(KafkaBus::connect(kafka).map_err(wrong)?);
        let topic = settings.topic.clone().unwrap_or_else(|| feed.topic.to_owned());
        Ok(Self::over(bus, topic, clock, language))
    }

    /// Follows a topic on a bus.
    pub(crate) fn over(bus: Arc<dyn Bus>, topic: String, clock: Arc<dyn Clock>, language: Language) -> Self {
        Self { bus, topic, clock, language, reading: None }
    }

    fn begin(&self, mut next: Offsets) -> Result<Reading, SourceError> {
        let (partitions, counted) = (self.partitions()?, self.clock.now());
        let start = Start { topic: self.topic.clone(), next: next.clone() };
        let consumer = match self.bus.consumer(&[start]) {
            Err(BusError::Lost { partition, offset, .. }) => {
                tracing::error!(
                    topic = self.topic,
                    partition,
                    offset,
                    "the department's topic no longer holds what comes next; reading begins anew with what it holds, have the department send what lies between"
                );
                next.clear();
                self.bus.consumer(&[Start::beginning(&self.topic)])
            }
            consumer => consumer,
        };
        let consumer = consumer.map_err(|error| self.failed(&error))?;
        Ok(Reading { consumer, next, ended: BTreeSet::new(), partitions, counted })
    }

    fn partitions(&self) -> Result<usize, SourceError> {
        self.bus.end(&self.topic).map(|ends| ends.len()).map_err(|error| self.failed(&error))
    }

    /// Takes up partitions that the department has added: a consumer knows those that were there when it began.
    fn recount(&mut self, now: Timestamp) -> Result<(), SourceError> {
        let Some(reading) = self.reading.as_ref().filter(|reading| now - reading.counted >= PARTITIONS) else {
            return Ok(());
        };
        let (before, next) = (reading.partitions, reading.next.clone());
        if self.partitions()? != before {
            tracing::info!(topic = self.topic, before, "the number of the topic's partitions has changed");
            self.reading = Some(self.begin(next)?);
        } else if let Some(reading) = &mut self.reading {
            reading.counted = now;
        }
        Ok(())
    }

    fn failed(&self, error: &BusError) -> SourceError {
        let message = format!("topic {}: {error}", self.topic);
        match error {
            BusError::NotAllowed(_) | BusError::Config(_) => SourceError::refused(message),
            _ => SourceError::away(message),
        }
    }
}

impl Source for TopicSource {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.reading = None;
        let next = position.map(serde_json::from_slice::<Offsets>).transpose();
        let next = next.map_err(|_| SourceError::refused("the adapter's position in the topic cannot be read"))?;
        self.reading = Some(self.begin(next.unwrap_or_default())?);
        Ok(())
    }

    fn next(&mut self, _known: &dyn Known, _stop: &dyn Stop) -> Result<Batch, SourceError> {
        let now = self.clock.now();
        self.recount(now)?;
        let Some(reading) = &mut self.reading else { return Err(SourceError::away("topic is not open")) };
        let mut events = Vec::new();
        let polled = reading.consumer.poll(BATCH, WAIT, &mut events);
        let rows: Vec<SourceRow> = events.into_iter().filter_map(|event| reading.heed(event)).collect();
        if let Err(error) = polled
            && rows.is_empty()
        {
            return Err(self.failed(&error));
        }
        let end = reading.ended.len() >= reading.partitions;
        let position = (!rows.is_empty()).then(|| serde_json::to_vec(&reading.next).ok()).flatten();
        Ok(Batch { rows, position, end, as_of: end.then_some(now), full: false, origin: self.topic.clone() })
    }

    fn check(&mut self) -> Vec<Finding> {
        let fix = self.bus.end(&self.topic).err().map(|error| match self.language {
            Language::English => format!(
                "let the exchange reach the department's brokers and read this topic: see `brokers`, `topic` and `security_file` ({error})"
            ),
            Language::Chinese => format!(
                "请使交换系统能够连接部门的 Kafka 并读取该主题：检查 `brokers`、`topic` 和 `security_file`（{error}）"
            ),
        });
        vec![Finding { what: "topic.readable", place: PathBuf::from(&self.topic), fix }]
    }
}

impl Reading {
    fn heed(&mut self, event: Event) -> Option<SourceRow> {
        match event {
            Event::End { next, .. } => {
                self.ended.insert(next.partition);
                None
            }
            Event::Record(delivery) => {
                let position = &delivery.position;
                self.ended.remove(&position.partition);
                self.next.insert(position.partition, position.offset + 1);
                Some(row(delivery))
            }
        }
    }
}

fn row(delivery: Delivery) -> SourceRow {
    let place = RowPlace::Topic {
        topic: delivery.topic.to_string(),
        partition: i32::try_from(delivery.position.partition).unwrap_or(i32::MAX),
        offset: i64::try_from(delivery.position.offset).unwrap_or(i64::MAX),
    };
    let kind = if delivery.payload.is_some() { String::new() } else { TOMBSTONE.to_owned() };
    let bytes = delivery.payload.map(|payload| payload.to_vec()).unwrap_or_default();
    SourceRow { kind, bytes, place, mark: None }
}

#[cfg(test)]
mod tests;
