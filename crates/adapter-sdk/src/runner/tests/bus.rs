//! A bus in memory that fails where it is told to.

use bus::{Ack, Bus, BusError, Consumer, Delivery, Event, Message, Position, Producer, SendError, Start, Topic};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

const PARTITIONS: u32 = 3;
/// Small, so that it is full all the time.
const QUEUE: usize = 5;

#[derive(Clone, Default)]
pub(super) struct TestBus(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    topics: BTreeMap<String, Vec<Vec<Delivery>>>,
    calls: usize,
    dies_at: Option<usize>,
    /// Happens when it dies.
    last_words: Option<Box<dyn FnOnce() + Send>>,
    faults: bool,
    /// Topic that takes nothing now.
    away: Option<String>,
    /// Topic that may not be written.
    forbidden: Option<String>,
    /// Partition of a topic that takes messages and acknowledges none.
    stuck: Option<(String, u32)>,
    /// Nobody answers.
    left: bool,
}

struct Sender {
    bus: TestBus,
    flying: Vec<Flying>,
}

struct Flying {
    ticket: u64,
    delivery: Delivery,
    /// Whether it is in the topic already, though nobody has been told.
    there: bool,
}

struct Reader {
    bus: TestBus,
    next: BTreeMap<(String, u32), u64>,
}

impl TestBus {
    /// A bus that acknowledges out of order and lets every seventh message fail once.
    pub(super) fn faulty() -> Self {
        let bus = Self::default();
        bus.lock().faults = true;
        bus
    }

    /// From the call of this number on nothing works.
    pub(super) fn die_at(&self, call: usize) {
        self.lock().dies_at = Some(call);
    }

    /// Something that happens at the moment when it dies.
    pub(super) fn when_it_dies(&self, happens: impl FnOnce() + Send + 'static) {
        self.lock().last_words = Some(Box::new(happens));
    }

    /// Works again.
    pub(super) fn heal(&self) {
        let mut inner = self.lock();
        (inner.dies_at, inner.calls, inner.away, inner.left, inner.stuck) = (None, 0, None, false, None);
    }

    /// Calls so far.
    pub(super) fn calls(&self) -> usize {
        self.lock().calls
    }

    /// Nobody answers until the bus is healed.
    pub(super) fn leave(&self) {
        self.lock().left = true;
    }

    /// A topic may be read only.
    pub(super) fn forbid(&self, topic: &str) {
        self.lock().forbidden = Some(topic.to_owned());
    }

    /// A topic takes and gives nothing until the bus is healed.
    pub(super) fn away(&self, topic: &str) {
        self.lock().away = Some(topic.to_owned());
    }

    /// The partition of a topic's key acknowledges nothing until the bus is healed.
    pub(super) fn stick(&self, topic: &str, key: &str) {
        self.lock().stuck = Some((topic.to_owned(), partition(key.as_bytes())));
    }

    /// All messages of a topic, partition by partition.
    pub(super) fn messages(&self, topic: &str) -> Vec<Delivery> {
        self.lock().topics.get(topic).into_iter().flatten().flatten().cloned().collect()
    }

    /// Puts a message there, as somebody else would.
    pub(super) fn put(&self, topic: &str, key: &str, headers: &[(&str, &str)], payload: &[u8]) {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned()))).collect();
        let mut delivery = delivery(topic, key.as_bytes(), Some(payload));
        delivery.headers = headers;
        self.lock().append(delivery);
    }

    /// The topic as if it had been made anew.
    pub(super) fn empty(&self, topic: &str) {
        self.lock().topics.insert(topic.to_owned(), vec![Vec::new(); PARTITIONS as usize]);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn call(&self) -> Result<MutexGuard<'_, Inner>, BusError> {
        let mut inner = self.lock();
        inner.calls += 1;
        if inner.left {
            return Err(BusError::Unavailable("no broker answers".to_owned()));
        }
        match inner.dies_at {
            Some(call) if inner.calls >= call => {
                if let Some(happens) = inner.last_words.take() {
                    happens();
                }
                Err(BusError::Fatal("dead".to_owned()))
            }
            _ => Ok(inner),
        }
    }
}

impl Inner {
    fn is_stuck(&self, delivery: &Delivery) -> bool {
        let here = |(topic, stuck): &(String, u32)| **topic == *delivery.topic && *stuck == partition(&delivery.key);
        self.stuck.as_ref().is_some_and(here)
    }

    fn append(&mut self, mut delivery: Delivery) -> Position {
        let partitions = self.topics.entry(delivery.topic.to_string()).or_default();
        partitions.resize(PARTITIONS as usize, Vec::new());
        let partition = partition(&delivery.key);
        let messages = &mut partitions[partition as usize];
        delivery.position = Position { partition, offset: messages.len() as u64 };
        messages.push(delivery.clone());
        delivery.position
    }
}

fn partition(key: &[u8]) -> u32 {
    key.iter().map(|byte| u32::from(*byte)).sum::<u32>() % PARTITIONS
}

fn delivery(topic: &str, key: &[u8], payload: Option<&[u8]>) -> Delivery {
    Delivery {
        topic: topic.into(),
        position: Position { partition: 0, offset: 0 },
        timestamp_ms: 0,
        key: Bytes::copy_from_slice(key),
        headers: Vec::new(),
        payload: payload.map(Bytes::copy_from_slice),
    }
}

impl Bus for TestBus {
    fn create_topics(&self, topics: &[Topic]) -> Result<(), BusError> {
        let mut inner = self.call()?;
        for topic in topics {
            inner.topics.entry(topic.name.clone()).or_insert_with(|| vec![Vec::new(); PARTITIONS as usize]);
        }
        Ok(())
    }

    fn producer(&self) -> Result<Box<dyn Producer>, BusError> {
        drop(self.call()?);
        Ok(Box::new(Sender { bus: self.clone(), flying: Vec::new() }))
    }

    fn consumer(&self, from: &[Start]) -> Result<Box<dyn Consumer>, BusError> {
        let inner = self.call()?;
        let mut next = BTreeMap::new();
        for (start, partition) in from.iter().flat_map(|start| (0..PARTITIONS).map(move |partition| (start, partition)))
        {
            let offset = start.next.get(&partition).copied().unwrap_or_default();
            let end = inner.topics.get(&start.topic).map_or(0, |topic| topic[partition as usize].len() as u64);
            if offset > end {
                return Err(BusError::Lost { topic: start.topic.clone(), partition, offset });
            }
            next.insert((start.topic.clone(), partition), offset);
        }
        drop(inner);
        Ok(Box::new(Reader { bus: self.clone(), next }))
    }

    fn end(&self, topic: &str) -> Result<Vec<Position>, BusError> {
        let inner = self.call()?;
        let partitions = inner.topics.get(topic).into_iter().flatten();
        Ok((0..)
            .zip(partitions)
            .map(|(partition, messages)| Position { partition, offset: messages.len() as u64 })
            .collect())
    }
}

impl Producer for Sender {
    fn send(&mut self, topic: &str, ticket: u64, message: &Message<'_>) -> Result<(), SendError> {
        let mut inner = self.bus.call()?;
        if inner.away.as_deref() == Some(topic) {
            return Err(BusError::Unavailable("away".to_owned()).into());
        }
        if inner.forbidden.as_deref() == Some(topic) {
            return Err(BusError::NotAllowed(topic.to_owned()).into());
        }
        if self.flying.len() >= QUEUE {
            return Err(SendError::Full);
        }
        let mut delivery = delivery(topic, message.key, message.payload);
        delivery.headers =
            message.headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value))).collect();
        // Every other message is in the topic before anybody is told.
        let there = ticket.is_multiple_of(2);
        if there {
            delivery.position = inner.append(delivery.clone());
        }
        self.flying.push(Flying { ticket, delivery, there });
        Ok(())
    }

    fn poll(&mut self, _wait: Duration, acks: &mut Vec<Ack>) -> Result<(), BusError> {
        let mut inner = self.bus.call()?;
        let faults = inner.faults;
        let flying = std::mem::take(&mut self.flying);
        for (place, message) in flying.into_iter().rev().enumerate() {
            if inner.is_stuck(&message.delivery) || (faults && place % 3 == 2) {
                self.flying.insert(0, message);
                continue;
            }
            let fails = faults && message.ticket % 7 == 3;
            let result = if fails {
                Err(BusError::Unavailable("timed out".to_owned()))
            } else if message.there {
                Ok(message.delivery.position)
            } else {
                Ok(inner.append(message.delivery))
            };
            acks.push(Ack { ticket: message.ticket, result });
        }
        Ok(())
    }

    fn in_flight(&self) -> usize {
        self.flying.len()
    }
}

impl Consumer for Reader {
    fn poll(&mut self, max: usize, _wait: Duration, events: &mut Vec<Event>) -> Result<(), BusError> {
        let inner = self.bus.call()?;
        if self.next.keys().any(|(topic, _)| inner.away.as_ref() == Some(topic)) {
            return Err(BusError::Unavailable("away".to_owned()));
        }
        for ((topic, partition), next) in &mut self.next {
            let messages = inner.topics.get(topic).map_or(&[][..], |topic| topic[*partition as usize].as_slice());
            let from = usize::try_from(*next).unwrap();
            for message in messages.iter().skip(from).take(max) {
                events.push(Event::Record(message.clone()));
                *next += 1;
            }
            if *next == messages.len() as u64 {
                let next = Position { partition: *partition, offset: *next };
                events.push(Event::End { topic: topic.as_str().into(), next });
            }
        }
        Ok(())
    }
}
