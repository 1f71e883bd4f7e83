//! Sends messages and keeps each until the bus has acknowledged it.

use crate::{
    belief::Belief,
    envelope::{Channel, Outgoing},
    error::IntakeError,
    runner::Stop,
    state::Offsets,
};
use bus::{Ack, Bus, BusError, Message, Position, Producer, SendError, Topic};
use contract::topics;
use std::{collections::VecDeque, time::Duration};

/// How long to wait for room or for acknowledgements before looking whether to stop.
const WAIT: Duration = Duration::from_millis(100);

/// The topics of a department.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    pub(crate) records: String,
    pub(crate) rejects: String,
}

impl Topics {
    pub(crate) fn of(department: &str) -> Self {
        Self { records: topics::records(department), rejects: topics::rejects(department) }
    }

    /// What must be there before anything is published.
    pub(crate) fn needed(&self, partitions: u32) -> Vec<Topic> {
        let topic = |name: &str, partitions, compacted| Topic { name: name.to_owned(), partitions, compacted };
        vec![
            topic(&self.records, partitions, false),
            topic(&self.rejects, partitions, false),
            topic(topics::CONTROL, 1, true),
            topic(topics::STATUS, 1, true),
        ]
    }

    fn name(&self, channel: Channel) -> &str {
        match channel {
            Channel::Records => &self.records,
            Channel::Rejects => &self.rejects,
            Channel::Status => topics::STATUS,
            Channel::Control => topics::CONTROL,
        }
    }
}

/// Messages that wait for their acknowledgement, with the sequence number of their row; tickets count up without a gap.
#[derive(Default)]
struct Flying {
    /// The ticket of the first slot.
    first: u64,
    /// By ticket; the first is never empty, so that there is none when nothing waits.
    slots: VecDeque<Option<(u64, Outgoing)>>,
}

impl Flying {
    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The ticket of the message that is pushed next.
    fn next_ticket(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    fn push(&mut self, sequence: u64, message: Outgoing) {
        self.slots.push_back(Some((sequence, message)));
    }

    /// Takes a message out; nothing when it was taken out before.
    fn remove(&mut self, ticket: u64) -> Option<(u64, Outgoing)> {
        let place = usize::try_from(ticket.checked_sub(self.first)?).ok()?;
        let removed = self.slots.get_mut(place)?.take();
        while let Some(None) = self.slots.front() {
            self.slots.pop_front();
            self.first += 1;
        }
        removed
    }
}

/// The sending end: never drops, never reorders a row's acknowledgements into the past.
pub(crate) struct Publisher {
    producer: Box<dyn Producer>,
    topics: Topics,
    belief: Belief,
    flying: Flying,
    /// Messages whose sending failed; the same bytes go again.
    again: VecDeque<(u64, Outgoing)>,
    bytes: usize,
    acks: Vec<Ack>,
    done: Vec<(u64, Option<Position>)>,
    reached: Offsets,
}

impl Publisher {
    pub(crate) fn new(bus: &dyn Bus, topics: Topics, belief: Belief) -> Result<Self, BusError> {
        Ok(Self {
            producer: bus.producer()?,
            topics,
            belief,
            flying: Flying::default(),
            again: VecDeque::new(),
            bytes: 0,
            acks: Vec::new(),
            done: Vec::new(),
            reached: Offsets::new(),
        })
    }

    /// Bytes that wait for an acknowledgement.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits any more.
    pub(crate) fn is_idle(&self) -> bool {
        self.flying.is_empty() && self.again.is_empty()
    }

    /// Sends a message of the row `sequence`, and waits for as long as the bus is full or away.
    pub(crate) fn send(&mut self, sequence: u64, message: Outgoing, stop: &dyn Stop) -> Result<(), IntakeError> {
        self.bytes += message.size();
        let mut next = Some(message);
        while let Some(message) = next {
            next = self.offer(sequence, message)?;
            if next.is_some() {
                self.wait(stop)?;
            }
        }
        Ok(())
    }

    /// Takes in acknowledgements; waits up to `wait` for the first.
    pub(crate) fn poll(&mut self, wait: Duration) -> Result<(), IntakeError> {
        match self.producer.poll(wait, &mut self.acks) {
            Err(error) if !error.is_retryable() => return Err(error.into()),
            _ => {}
        }
        for ack in std::mem::take(&mut self.acks) {
            self.heed(ack)?;
        }
        self.send_again()
    }

    /// Waits a little for acknowledgements or for the bus to come back.
    pub(crate) fn wait(&mut self, stop: &dyn Stop) -> Result<(), IntakeError> {
        if stop.is_stopped() {
            return Err(IntakeError::Stopped);
        }
        let before = self.done.len();
        self.poll(WAIT)?;
        if self.done.len() == before {
            stop.pause(WAIT);
        }
        Ok(())
    }

    /// Rows that one more message was acknowledged of, with the place of a record.
    pub(crate) fn take_done(&mut self) -> Vec<(u64, Option<Position>)> {
        std::mem::take(&mut self.done)
    }

    /// Next offsets behind every acknowledged record.
    pub(crate) fn reached(&self) -> &Offsets {
        &self.reached
    }

    /// Gives the message back when the bus has no room for it now.
    fn offer(&mut self, sequence: u64, message: Outgoing) -> Result<Option<Outgoing>, IntakeError> {
        let signature = self.belief.signature(&message)?;
        let headers = message.headers().map(|(name, value)| (*name, value.as_bytes()));
        let signature = signature.iter().map(|(name, value)| (*name, value.as_slice()));
        let headers: Vec<(&str, &[u8])> = headers.chain(signature).collect();
        let sent = Message { key: message.key.as_bytes(), headers: &headers, payload: message.payload.as_deref() };
        match self.producer.send(self.topics.name(message.channel), self.flying.next_ticket(), &sent) {
            Ok(()) => {
                self.flying.push(sequence, message);
                Ok(None)
            }
            Err(SendError::Full) => Ok(Some(message)),
            Err(SendError::Bus(error)) if error.is_retryable() => Ok(Some(message)),
            Err(SendError::TooLarge { limit }) => Err(IntakeError::Oversized { limit, sent: message.size() }),
            Err(SendError::Bus(error)) => self.refused(sequence, &message, error).map(|()| None),
        }
    }

    /// What tidies up the control topic is done without, where the adapter may only read there.
    fn refused(&mut self, sequence: u64, message: &Outgoing, error: BusError) -> Result<(), IntakeError> {
        let is_tidying = message.channel == Channel::Control && message.payload.is_none();
        if !is_tidying || !matches!(error, BusError::NotAllowed(_)) {
            return Err(error.into());
        }
        tracing::warn!(%error, "command that was heeded stays on the control topic: the adapter may not write there");
        self.bytes -= message.size();
        self.done.push((sequence, None));
        Ok(())
    }

    fn heed(&mut self, ack: Ack) -> Result<(), IntakeError> {
        let Some((sequence, message)) = self.flying.remove(ack.ticket) else { return Ok(()) };
        match ack.result {
            Ok(position) => {
                self.bytes -= message.size();
                let is_record = message.channel == Channel::Records;
                self.done.push((sequence, is_record.then_some(position)));
                if is_record {
                    let next = self.reached.entry(position.partition).or_default();
                    *next = (*next).max(position.offset + 1);
                }
                Ok(())
            }
            // It may be there all the same: the same bytes under the same version change nothing then.
            Err(error) if error.is_retryable() => {
                self.again.push_back((sequence, message));
                Ok(())
            }
            Err(error) => self.refused(sequence, &message, error),
        }
    }

    fn send_again(&mut self) -> Result<(), IntakeError> {
        while let Some((sequence, message)) = self.again.pop_front() {
            if let Some(message) = self.offer(sequence, message)? {
                self.again.push_front((sequence, message));
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// Whatever the order of acknowledgements, repeated and unknown ones too, each message comes out once.
        #[test]
        fn a_message_flies_until_its_ticket_comes(steps in prop::collection::vec(prop::option::of(0_u64..40), 1..120)) {
            let (mut flying, mut expected) = (Flying::default(), HashMap::new());
            for (step, sequence) in steps.into_iter().zip(0..) {
                match step {
                    None => {
                        expected.insert(flying.next_ticket(), sequence);
                        flying.push(sequence, Outgoing::heeded(sequence.to_string()));
                    }
                    Some(ticket) => {
                        let removed = flying.remove(ticket);
                        prop_assert_eq!(removed.as_ref().map(|(sequence, _)| *sequence), expected.remove(&ticket));
                        prop_assert!(removed.is_none_or(|(sequence, message)| message.key == sequence.to_string()));
                    }
                }
                prop_assert_eq!(flying.is_empty(), expected.is_empty());
            }
        }
    }
}
