//! The reading end on Kafka: all partitions, each with a queue of its own.
//!
//! The queues are what tells us the topic at the end of a partition; from librdkafka's common
//! queue that event comes with a partition number alone.

use super::{
    config::KafkaConfig,
    errors::{from_code, from_kafka},
    native::{Logging, Retired},
};
use crate::{
    arrivals::Arrivals,
    message::{Delivery, Position, Start},
    seam::{BusError, Consumer, Event},
};
use bytes::Bytes;
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, base_consumer::PartitionQueue},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{BorrowedMessage, Headers as _},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The client's own events wake nobody; they are served at least this often.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// A consumer of partitions that are assigned by hand.
pub(crate) struct KafkaConsumer {
    native: Retired<Native>,
    next: Vec<Place>,
    /// Which partition comes first.
    turn: usize,
    /// Something arrived in one of the queues.
    arrivals: Arc<Arrivals>,
    /// What cannot pass is said at every poll.
    broken: Option<BusError>,
}

/// Dropped together, the queues first: each holds the client.
struct Native {
    queues: Vec<PartitionQueue<Logging>>,
    client: Arc<BaseConsumer<Logging>>,
}

/// The next message of a partition.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    topic: Arc<str>,
    partition: i32,
    offset: u64,
}

/// Where to start in each partition; `bounds` are what the brokers have of each.
pub(crate) fn places(start: &Start, bounds: &[(u64, u64)]) -> Result<Vec<Place>, BusError> {
    let lost = |partition, offset| BusError::Lost { topic: start.topic.clone(), partition, offset };
    let beyond = start.next.iter().find(|(partition, _)| **partition as usize >= bounds.len());
    if let Some((partition, offset)) = beyond {
        return Err(lost(*partition, *offset));
    }
    let topic: Arc<str> = Arc::from(start.topic.as_str());
    let place = |(partition, (low, high)): (u32, &(u64, u64))| {
        let offset = start.next.get(&partition).copied().unwrap_or(*low);
        if offset < *low || offset > *high {
            return Err(lost(partition, offset));
        }
        let number = i32::try_from(partition).map_err(|_| lost(partition, offset))?;
        Ok(Place { topic: Arc::clone(&topic), partition: number, offset })
    };
    (0..).zip(bounds).map(place).collect()
}

impl KafkaConsumer {
    pub(crate) fn new(config: &KafkaConfig, next: Vec<Place>) -> Result<Self, BusError> {
        let refused = |error: KafkaError| from_kafka("consumer", &error);
        let client: BaseConsumer<Logging> =
            config.consumer(next.len())?.create_with_context(Logging).map_err(refused)?;
        let client = Arc::new(client);
        let arrivals = Arc::new(Arrivals::default());
        let mut assignment = TopicPartitionList::with_capacity(next.len());
        let mut queues = Vec::with_capacity(next.len());
        for place in &next {
            let offset = Offset::Offset(i64::try_from(place.offset).unwrap_or(i64::MAX));
            assignment.add_partition_offset(&place.topic, place.partition, offset).map_err(refused)?;
            // Before the assignment: afterwards messages may already be in the common queue.
            let queue = client.split_partition_queue(&place.topic, place.partition);
            let mut queue = queue.ok_or_else(|| BusError::Config(format!("{} cannot be read", place.topic)))?;
            let arrivals = Arc::clone(&arrivals);
            queue.set_nonempty_callback(move || arrivals.announce());
            queues.push(queue);
        }
        client.assign(&assignment).map_err(refused)?;
        let native = Retired::new("consumer", Native { queues, client }, config.drop_timeout);
        Ok(Self { native, next, turn: 0, arrivals, broken: None })
    }

    /// Takes what the queues hold, up to `full` events.
    fn read(&mut self, full: usize, events: &mut Vec<Event>) -> Result<(), BusError> {
        let partitions = self.next.len();
        for _ in 0..partitions {
            self.turn = (self.turn + 1) % partitions;
            let queue = &self.native.queues[self.turn];
            let next = &mut self.next[self.turn];
            while events.len() < full {
                match queue.poll(Duration::ZERO) {
                    Some(Ok(message)) => events.push(next.record(&message)),
                    Some(Err(error)) => events.extend(next.event(&error)?),
                    None => break,
                }
            }
            if events.len() >= full {
                // The next poll starts with the partition after this one.
                break;
            }
        }
        Ok(())
    }

    /// Lets the client speak; what concerns a partition comes through its queue instead.
    fn serve(&self) -> Result<(), BusError> {
        match self.native.client.poll(Duration::ZERO) {
            Some(Err(error)) => client_error(&error).map_or(Ok(()), Err),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn remember(&mut self, error: BusError) -> BusError {
        if !error.is_retryable() {
            self.broken = Some(error.clone());
        }
        error
    }
}

impl Consumer for KafkaConsumer {
    fn poll(&mut self, max: usize, wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let (started, before) = (Instant::now(), events.len());
        loop {
            let seen = self.arrivals.count();
            let served = self.serve();
            let read = self.read(before.saturating_add(max), events);
            let result = read.and(served).map_err(|error| self.remember(error));
            if events.len() > before {
                // A lasting error is remembered, a passing one told again if it lasts.
                return Ok(());
            }
            result?;
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() || max == 0 {
                return Ok(());
            }
            self.arrivals.wait_past(seen, left.min(LONGEST_WAIT));
        }
    }
}

impl Place {
    fn record(&mut self, message: &BorrowedMessage<'_>) -> Event {
        let offset = u64::try_from(message.offset()).unwrap_or(self.offset);
        self.offset = offset + 1;
        let copy = |bytes: Option<&[u8]>| bytes.map(Bytes::copy_from_slice);
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|header| (header.key.to_owned(), copy(header.value).unwrap_or_default())).collect()
        });
        Event::Record(Delivery {
            topic: Arc::clone(&self.topic),
            position: Position { offset, ..self.position() },
            timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
            key: copy(message.key()).unwrap_or_default(),
            headers,
            payload: copy(message.payload()),
        })
    }

    /// What came instead of a message: the end of the partition, nothing to speak of, or an error.
    fn event(&self, error: &KafkaError) -> Result<Option<Event>, BusError> {
        if matches!(error, KafkaError::PartitionEOF(_)) {
            return Ok(Some(Event::End { topic: Arc::clone(&self.topic), next: self.position() }));
        }
        let place = format!("{}/{}, offset {}", self.topic, self.partition, self.offset);
        match error.rdkafka_error_code() {
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => Err(BusError::Lost {
                topic: self.topic.to_string(),
                partition: self.position().partition,
                offset: self.offset,
            }),
            Some(code) => Err(from_code(&place, code)),
            None => Err(from_kafka(&place, error)),
        }
    }

    fn position(&self) -> Position {
        Position { partition: u32::try_from(self.partition).unwrap_or(0), offset: self.offset }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // Fetching stops first; what is queued goes with the queues. An error changes nothing.
        drop(self.client.unassign());
        self.queues.clear();
    }
}

/// Errors of the client as a whole. One broker less is no news, and the group is not used.
fn client_error(error: &KafkaError) -> Option<BusError> {
    match error.rdkafka_error_code()? {
        Code::AllBrokersDown => Some(BusError::Unavailable("no broker can be reached".to_owned())),
        code @ (Code::Authentication | Code::SaslAuthenticationFailed) => Some(from_code("consumer", code)),
        _ => None,
    }
}
