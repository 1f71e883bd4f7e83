//! The sending end on Kafka.

use super::{
    config::KafkaConfig,
    errors::{from_code, from_kafka},
    native::{self, Retired},
};
use crate::{
    message::{Message, Position},
    seam::{Ack, BusError, Producer, SendError},
};
use rdkafka::{
    ClientContext, Message as _, Statistics,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{BorrowedMessage, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext, PurgeConfig},
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// `BaseProducer::poll` sleeps through its whole time even when reports have come, so it gets
/// little at a time.
const SLICE: Duration = Duration::from_millis(5);

/// How often a producer that is at its end is asked for the reports it still owes.
const LAST_POLLS: u32 = 200;

const _: () = assert!(usize::BITS >= u64::BITS, "librdkafka carries a ticket in a pointer");

/// An idempotent producer with a bounded queue.
pub(crate) struct KafkaProducer {
    client: Retired<BaseProducer<Reports>>,
    max_message_bytes: usize,
    in_flight: usize,
}

/// Collects the delivery reports of one producer.
struct Reports(Mutex<Vec<Ack>>);

impl Reports {
    fn lock(&self) -> MutexGuard<'_, Vec<Ack>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        native::log(level, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        native::note_error(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, ticket: usize) {
        let result = match report {
            Ok(message) => position(message),
            Err((error, message)) => Err(from_kafka(message.topic(), error)),
        };
        self.lock().push(Ack { ticket: ticket as u64, result });
    }
}

/// Where a message stands. A retry that the broker recognised may be confirmed without an offset:
/// then it is there, but whoever waits for what follows it would not know where, so it counts as
/// failed and is sent again.
fn position(message: &BorrowedMessage<'_>) -> Result<Position, BusError> {
    match (u32::try_from(message.partition()), u64::try_from(message.offset())) {
        (Ok(partition), Ok(offset)) => Ok(Position { partition, offset }),
        _ => Err(BusError::Unavailable(format!("{}: confirmed without an offset", message.topic()))),
    }
}

impl KafkaProducer {
    pub(crate) fn new(config: &KafkaConfig) -> Result<Self, BusError> {
        let client: BaseProducer<Reports> = config
            .producer()?
            .create_with_context(Reports(Mutex::default()))
            .map_err(|error| from_kafka("producer", &error))?;
        let client = Retired::new("producer", client, config.drop_timeout);
        Ok(Self { client, max_message_bytes: config.max_message_bytes, in_flight: 0 })
    }

    /// Serves librdkafka's events for up to `wait` and hands over the reports among them.
    fn serve(&mut self, wait: Duration, acks: &mut Vec<Ack>) -> usize {
        self.client.poll(wait);
        let mut reports = self.client.context().lock();
        let count = reports.len();
        acks.append(&mut reports);
        drop(reports);
        self.in_flight -= count.min(self.in_flight);
        count
    }

    /// After a fatal error every ticket still comes back, as failed.
    fn give_up(&mut self, acks: &mut Vec<Ack>) {
        self.client.purge(PurgeConfig::default().queue().inflight());
        for _ in 0..LAST_POLLS {
            if self.in_flight == 0 {
                return;
            }
            self.serve(SLICE, acks);
        }
    }
}

impl Producer for KafkaProducer {
    fn send(&mut self, topic: &str, ticket: u64, message: &Message<'_>) -> Result<(), SendError> {
        let headers: usize = message.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let size = message.key.len() + headers + message.payload.map_or(0, <[u8]>::len);
        let limit = self.max_message_bytes;
        if size > limit {
            return Err(SendError::TooLarge { limit });
        }
        if message.headers.iter().any(|(name, _)| name.contains('\0')) {
            return Err(BusError::Config("a header name holds a zero byte".to_owned()).into());
        }
        let opaque = usize::try_from(ticket).map_err(|_| BusError::Config("ticket is too large".to_owned()))?;
        let mut record = BaseRecord::with_opaque_to(topic, opaque).key(message.key);
        record.payload = message.payload;
        if !message.headers.is_empty() {
            let empty = OwnedHeaders::new_with_capacity(message.headers.len());
            let add = |headers: OwnedHeaders, (key, value): &(&str, &[u8])| {
                headers.insert(Header { key, value: Some(*value) })
            };
            record.headers = Some(message.headers.iter().fold(empty, add));
        }
        match self.client.send(record) {
            Ok(()) => {
                self.in_flight += 1;
                Ok(())
            }
            Err((KafkaError::MessageProduction(Code::QueueFull), _)) => Err(SendError::Full),
            Err((KafkaError::MessageProduction(Code::MessageSizeTooLarge), _)) => Err(SendError::TooLarge { limit }),
            Err((error, _)) => Err(from_kafka(topic, &error).into()),
        }
    }

    fn poll(&mut self, wait: Duration, acks: &mut Vec<Ack>) -> Result<(), BusError> {
        let (started, before) = (Instant::now(), acks.len());
        loop {
            // One event a call, until they bring nothing; then wait a little.
            if self.serve(Duration::ZERO, acks) > 0 {
                continue;
            }
            let left = wait.saturating_sub(started.elapsed());
            if acks.len() > before || self.in_flight == 0 || left.is_zero() {
                break;
            }
            self.serve(left.min(SLICE), acks);
            if self.client.client().fatal_error().is_some() {
                break;
            }
        }
        match self.client.client().fatal_error() {
            Some((code, _)) => {
                self.give_up(acks);
                Err(BusError::Fatal(match from_code("producer", code) {
                    BusError::Fatal(text) | BusError::Unavailable(text) => text,
                    other => other.to_string(),
                }))
            }
            None => Ok(()),
        }
    }

    fn in_flight(&self) -> usize {
        self.in_flight
    }
}
