//! Follows `exchange.control` for commands to this department's adapter.

use super::outage::Outage;
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
    commands: VecDeque<Command>,
    outage: Outage,
}

/// A command and the key it stands under.
pub(crate) struct Command {
    pub(crate) key: String,
    pub(crate) redrive: RedriveCommand,
}

impl Follower {
    /// Follows from `next` on. Where that is no longer there, from the beginning: a command heeded twice changes nothing.
    pub(crate) fn new(bus: &dyn Bus, department: &'static str, next: &Offsets) -> Result<Self, BusError> {
        let from = Start { topic: topics::CONTROL.to_owned(), next: next.clone() };
        let consumer = match bus.consumer(&[from]) {
            Err(BusError::Lost { .. }) => bus.consumer(&[Start::beginning(topics::CONTROL)])?,
            result => result?,
        };
        Ok(Self { consumer, next: next.clone(), commands: VecDeque::new(), outage: Outage::new(department) })
    }

    /// Takes in what has come, without waiting.
    pub(crate) fn poll(&mut self, department: &str) -> Result<(), IntakeError> {
        loop {
            let mut events = Vec::new();
            self.outage.let_pass(self.consumer.poll(BATCH, Duration::ZERO, &mut events))?;
            if !events.is_empty() {
                self.outage.ended();
            }
            let records: Vec<Delivery> = events.into_iter().filter_map(record).collect();
            if records.is_empty() {
                return Ok(());
            }
            for delivery in records {
                self.next.insert(delivery.position.partition, delivery.position.offset + 1);
                self.commands.extend(command(&delivery).filter(|command| command.redrive.department == department));
            }
        }
    }

    /// The next command.
    pub(crate) fn next(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The bus took what it was sent: where nothing is commanded, nothing else tells that it is back.
    pub(crate) fn bus_answered(&mut self) {
        self.outage.ended();
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

fn command(delivery: &Delivery) -> Option<Command> {
    let is_command = header(delivery, topics::CE_TYPE) == Some(RedriveCommand::full_name().as_str());
    let payload = delivery.payload.as_ref().filter(|_| is_command)?;
    let redrive = RedriveCommand::decode(payload.as_ref()).ok()?;
    Some(Command { key: String::from_utf8_lossy(&delivery.key).into_owned(), redrive })
}
