//! Sending and reading with an account of what was promised.

use crate::{
    message::{Delivery, Message, Position},
    seam::{Ack, Consumer, Event, Producer, SendError},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long one poll waits.
const POLL: Duration = Duration::from_secs(1);
/// How many polls in a row may bring nothing.
const PATIENCE: u32 = 120;

/// A producer with the account of its tickets.
pub struct Traffic {
    producer: Box<dyn Producer>,
    topic: String,
    next: u64,
    open: BTreeMap<u64, Sent>,
    done: BTreeMap<u64, (Sent, Position)>,
}

/// What one ticket stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    /// The key.
    pub key: String,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Traffic {
    /// Sends to one topic.
    #[must_use]
    pub fn new(producer: Box<dyn Producer>, topic: &str) -> Self {
        Self { producer, topic: topic.to_owned(), next: 0, open: BTreeMap::new(), done: BTreeMap::new() }
    }

    /// Sends one message, polling for as long as the queue is full; gives how often it was.
    ///
    /// # Panics
    /// When the bus refuses the message.
    pub fn send(&mut self, key: &str, payload: &[u8]) -> u32 {
        let message = Message { key: key.as_bytes(), headers: &[], payload: Some(payload) };
        let ticket = self.next;
        for full in 0..PATIENCE {
            match self.producer.send(&self.topic, ticket, &message) {
                Ok(()) => {
                    self.next += 1;
                    self.open.insert(ticket, Sent { key: key.to_owned(), payload: payload.to_vec() });
                    return full;
                }
                Err(SendError::Full) => self.poll(POLL),
                Err(error) => panic!("send refused: {error}"),
            }
        }
        panic!("the queue stays full");
    }

    /// One poll; every acknowledgement must be of an open ticket, and good.
    ///
    /// # Panics
    /// When a ticket comes back twice, or failed.
    pub fn poll(&mut self, wait: Duration) {
        let mut acks = Vec::new();
        let polled = self.producer.poll(wait, &mut acks);
        for Ack { ticket, result } in acks {
            let sent = self.open.remove(&ticket).unwrap_or_else(|| panic!("ticket {ticket} came back twice"));
            let position = result.unwrap_or_else(|error| panic!("ticket {ticket} failed: {error}"));
            self.done.insert(ticket, (sent, position));
        }
        if let Err(error) = polled {
            assert!(error.is_retryable(), "{error}");
        }
        assert_eq!(self.producer.in_flight(), self.open.len(), "messages in flight");
    }

    /// Polls until every ticket is back.
    ///
    /// # Panics
    /// When one does not come back.
    pub fn settle(&mut self) {
        let mut idle = 0;
        while !self.open.is_empty() {
            let before = self.open.len();
            self.poll(POLL);
            idle = if self.open.len() == before { idle + 1 } else { 0 };
            assert!(idle < PATIENCE, "{before} tickets do not come back");
        }
    }

    /// How many tickets are still open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// The acknowledged messages by their position.
    #[must_use]
    pub fn acknowledged(&self) -> BTreeMap<Position, Sent> {
        self.done.values().map(|(sent, position)| (*position, sent.clone())).collect()
    }

    /// Every acknowledged message stands where the bus said, once, and those of a key in order.
    ///
    /// # Panics
    /// When not.
    pub fn check(&self, read: &[Delivery]) {
        let places: BTreeSet<_> = self.done.values().map(|(_, position)| *position).collect();
        assert_eq!(places.len(), self.done.len(), "two tickets at one position");
        let there: BTreeMap<_, _> = read.iter().map(|delivery| (delivery.position, delivery)).collect();
        assert_eq!(there.len(), read.len(), "a position was delivered twice");
        let mut last: BTreeMap<&str, Position> = BTreeMap::new();
        for (sent, position) in self.done.values() {
            let delivery = there.get(position).unwrap_or_else(|| panic!("nothing at {position:?}"));
            assert_eq!(delivery.key, sent.key.as_bytes());
            assert_eq!(delivery.payload.as_deref(), Some(sent.payload.as_slice()));
            if let Some(earlier) = last.insert(&sent.key, *position) {
                assert!(earlier < *position, "order of key {}", sent.key);
                assert_eq!(earlier.partition, position.partition, "key {} moved", sent.key);
            }
        }
    }
}

/// Polls until `producer` has nothing in flight.
///
/// # Panics
/// When acknowledgements do not come, or the producer fails for good.
#[must_use]
pub fn settle(producer: &mut dyn Producer) -> Vec<Ack> {
    let mut acks = Vec::new();
    for _ in 0..PATIENCE {
        if producer.in_flight() == 0 {
            return acks;
        }
        if let Err(error) = producer.poll(POLL, &mut acks) {
            assert!(error.is_retryable(), "{error}");
        }
    }
    panic!("{} messages stay in flight", producer.in_flight());
}

/// Reads until `ends` partitions have told their end since the last message of theirs.
///
/// # Panics
/// When the consumer fails for good, or neither messages nor ends come.
#[must_use]
pub fn read_to_end(consumer: &mut dyn Consumer, ends: usize) -> (Vec<Delivery>, BTreeMap<(String, u32), u64>) {
    let (mut read, mut told, mut idle) = (Vec::new(), BTreeMap::new(), 0);
    while told.len() < ends {
        let mut events = Vec::new();
        if let Err(error) = consumer.poll(50, POLL, &mut events) {
            assert!(error.is_retryable(), "{error}");
        }
        idle = if events.is_empty() { idle + 1 } else { 0 };
        assert!(idle < PATIENCE, "neither messages nor ends; {} read", read.len());
        for event in events {
            match event {
                Event::Record(delivery) => {
                    told.remove(&(delivery.topic.to_string(), delivery.position.partition));
                    read.push(delivery);
                }
                Event::End { topic, next } => {
                    told.insert((topic.to_string(), next.partition), next.offset);
                }
            }
        }
    }
    (read, told)
}
