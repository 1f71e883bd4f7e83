//! The sending end of the embedded bus.

use super::{Shared, log::TopicLog};
use crate::{
    message::{Message, Position},
    seam::{Ack, BusError, Producer, SendError},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// Remembers which tickets wait for which offsets.
pub(crate) struct EmbeddedProducer {
    shared: Arc<Shared>,
    topics: BTreeMap<String, Sent>,
}

/// What this producer has sent to one topic.
struct Sent {
    log: Arc<TopicLog>,
    /// Ticket and offset, by offset.
    tickets: VecDeque<(u64, u64)>,
    /// The topic was full: the next poll makes room even if nothing of ours is in it.
    blocked: bool,
}

impl EmbeddedProducer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, topics: BTreeMap::new() }
    }

    fn sent(&mut self, topic: &str) -> Result<&mut Sent, BusError> {
        if !self.topics.contains_key(topic) {
            let log = self.shared.topic(topic)?;
            self.topics.insert(topic.to_owned(), Sent { log, tickets: VecDeque::new(), blocked: false });
        }
        self.topics.get_mut(topic).ok_or_else(|| BusError::Unavailable(format!("there is no topic {topic}")))
    }
}

impl Producer for EmbeddedProducer {
    fn send(&mut self, topic: &str, ticket: u64, message: &Message<'_>) -> Result<(), SendError> {
        let sent = self.sent(topic)?;
        let queued = sent.log.send(message);
        sent.blocked |= matches!(queued, Err(SendError::Full));
        sent.tickets.push_back((ticket, queued?));
        Ok(())
    }

    fn poll(&mut self, wait: Duration, acks: &mut Vec<Ack>) -> Result<(), BusError> {
        let before = acks.len();
        let seen = self.shared.arrivals.count();
        let mut failure: Option<BusError> = None;
        for sent in self.topics.values_mut() {
            let result = sent.commit(acks);
            // What will not pass is told before what may.
            if failure.as_ref().is_none_or(BusError::is_retryable) {
                failure = result.err().or(failure);
            }
        }
        match failure {
            Some(error) if !error.is_retryable() => Err(error),
            Some(error) if acks.len() == before => {
                // The caller will poll again; without a pause it would spin on a full disk.
                self.shared.arrivals.wait_past(seen, wait);
                Err(error)
            }
            _ => Ok(()),
        }
    }

    fn in_flight(&self) -> usize {
        self.topics.values().map(|sent| sent.tickets.len()).sum()
    }
}

impl Sent {
    fn commit(&mut self, acks: &mut Vec<Ack>) -> Result<(), BusError> {
        let target = match self.tickets.back() {
            _ if self.blocked => self.log.queued_end(),
            Some((_, offset)) => offset + 1,
            None => return Ok(()),
        };
        let committed = self.log.commit(target);
        while let Some((ticket, offset)) = self.tickets.pop_front_if(|(_, offset)| *offset < committed.durable) {
            acks.push(Ack { ticket, result: Ok(Position { partition: 0, offset }) });
        }
        self.blocked &= committed.result.is_err();
        if let Err(error @ BusError::Fatal(_)) = &committed.result {
            let lost = self.tickets.drain(..);
            acks.extend(lost.map(|(ticket, _)| Ack { ticket, result: Err(error.clone()) }));
        }
        committed.result
    }
}
