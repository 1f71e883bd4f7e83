//! The contract that every bus keeps; the conformance suite says the same in code.

use crate::message::{Delivery, Message, Position, Start, Topic};
use std::{sync::Arc, time::Duration};

/// A bus: topics of partitions of messages.
///
/// Its methods may block until a broker answers, a few seconds at most when it does not; call them off the async threads.
pub trait Bus: Send + Sync {
    /// Makes the topics that are missing; leaves those that are there as they are.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] names the command that an administrator can run instead.
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError>;

    /// A new producer: acknowledged messages are durable, and none is doubled by a retry.
    ///
    /// # Errors
    /// When the bus is misconfigured.
    fn producer(&self) -> Result<Box<dyn Producer>, BusError>;

    /// A consumer of all partitions of the topics in `from`.
    ///
    /// # Errors
    /// [`BusError::Lost`] when a start position is no longer there, or lies beyond the end.
    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError>;

    /// The next offset that each partition of `topic` will give out, for lag.
    ///
    /// # Errors
    /// When the bus is away.
    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError>;
}

/// The sending end. `ticket` is the caller's own number for a message.
pub trait Producer: Send {
    /// Queues a message. It is durable only once its ticket comes back from [`Producer::poll`].
    ///
    /// # Errors
    /// [`SendError::Full`]: poll, then send the same message again; nothing was taken.
    fn send(&mut self, topic: &str, ticket: u64, message: &Message<'_>) -> Result<(), SendError>;

    /// Appends the acknowledgements that have arrived, in whatever order; waits up to `wait` for the
    /// first when messages are in flight. Every ticket comes back exactly once.
    ///
    /// # Errors
    /// [`BusError::Fatal`]: this producer is at its end; make a new one and start from the checkpoint.
    fn poll(&mut self, wait: Duration, acks: &mut Vec<Ack>) -> Result<(), BusError>;

    /// How many messages have no acknowledgement yet.
    fn in_flight(&self) -> usize;
}

/// The reading end.
pub trait Consumer: Send {
    /// Appends up to `max` events, in order per partition; waits up to `wait` for the first.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] may pass: poll again. [`BusError::Lost`] and [`BusError::Corrupt`] will not.
    fn poll(&mut self, max: usize, wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError>;
}

/// What became of a message.
#[derive(Debug)]
pub struct Ack {
    /// The caller's number.
    pub ticket: u64,
    /// Where it stands, or why it is not there. A failed message may still be there
    /// (time-out after append): send it again under the same version.
    pub result: Result<Position, BusError>,
}

/// What a consumer is told.
#[derive(Debug)]
pub enum Event {
    /// The next message of a partition.
    Record(Delivery),
    /// Everything before `next` has been delivered, and nothing was there beyond it at that moment.
    End {
        /// The topic.
        topic: Arc<str>,
        /// Its partition, and the offset that comes next.
        next: Position,
    },
}

/// Why a message was not queued.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The queue is full: poll and try again.
    #[error("bus queue is full")]
    Full,
    /// The message is larger than the bus takes, `limit` bytes.
    #[error("message is larger than {limit} bytes")]
    TooLarge {
        /// The largest message, in bytes.
        limit: usize,
    },
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// What can go wrong on the bus, by what the caller can do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BusError {
    /// The broker or disk is away; try again.
    #[error("bus is unavailable: {0}")]
    Unavailable(String),
    /// The producer cannot go on; make a new one and start from the checkpoint.
    #[error("bus producer failed for good: {0}")]
    Fatal(String),
    /// A position is no longer there or not yet there; the view must be rebuilt.
    #[error("{topic}/{partition}: offset {offset} is not on the bus")]
    Lost {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset asked for.
        offset: u64,
    },
    /// What is on disk is damaged in the middle, not merely torn at its end.
    #[error("{place} is damaged: {what}")]
    Corrupt {
        /// File and byte.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The bus refuses this to us.
    #[error("not allowed on the bus: {0}")]
    NotAllowed(String),
    /// The configuration cannot work.
    #[error("bus configuration: {0}")]
    Config(String),
}

impl BusError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
