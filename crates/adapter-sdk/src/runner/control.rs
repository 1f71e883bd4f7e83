//! Follows `exchange.control` for commands to this department's adapter.

use crate::{error::IntakeError, state::Offsets};
use bus::{Bus, BusError, Consumer, Delivery, Event, Start};
use contract::{topics, v1::RedriveCommand};
use prost::{Message, Name};
use std::{collections::VecDeque, time::Duration};

/// Events taken at once.
const BATCH: usize = 256;

/// The follower.
pub(crate) struct Follower {
    consumer: Box<dyn Consumer>,
    next: Offsets,
    commands: VecDeque<RedriveCommand>,
}

impl Follower {
    /// Follows from `next` on. Where that is no longer there, from the beginning: a command heeded twice changes nothing.
    pub(crate) fn new(bus: &dyn Bus, next: &Offsets) -> Result<Self, BusError> {
        let from = Start { topic: topics::CONTROL.to_owned(), next: next.clone() };
        let consumer = match bus.consumer(&[from]) {
            Err(BusError::Lost { .. }) => bus.consumer(&[Start::beginning(topics::CONTROL)])?,
            result => result?,
        };
        Ok(Self { consumer, next: next.clone(), commands: VecDeque::new() })
    }

    /// Takes in what has come, without waiting.
    pub(crate) fn poll(&mut self, department: &str) -> Result<(), IntakeError> {
        loop {
            let mut events = Vec::new();
            match self.consumer.poll(BATCH, Duration::ZERO, &mut events) {
                Err(error) if !error.is_retryable() => return Err(error.into()),
                _ => {}
            }
            let records: Vec<Delivery> = events.into_iter().filter_map(record).collect();
            if records.is_empty() {
                return Ok(());
            }
            for delivery in records {
                self.next.insert(delivery.position.partition, delivery.position.offset + 1);
                self.commands.extend(command(&delivery).filter(|command| command.department == department));
            }
        }
    }

    /// The next command.
    pub(crate) fn next(&mut self) -> Option<RedriveCommand> {
        self.commands.pop_front()
    }

    /// What is heeded once every command taken out is.
    pub(crate) fn heeded(&self) -> Offsets {
        self.next.clone()
    }
}

/// The record in an event.
pub(crate) fn record(event: Event) -> Option<Delivery> {
    match event {
        Event::Record(delivery) => Some(delivery),
        Event::End { .. } => None,
    }
}

/// A header's text.
pub(crate) fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    let (_, value) = delivery.headers.iter().find(|(header, _)| header == name)?;
    std::str::from_utf8(value).ok()
}

fn command(delivery: &Delivery) -> Option<RedriveCommand> {
    let is_command = header(delivery, topics::CE_TYPE) == Some(RedriveCommand::full_name().as_str());
    let payload = delivery.payload.as_ref().filter(|_| is_command)?;
    RedriveCommand::decode(payload.as_ref()).ok()
}
