//! Follows `exchange.control` for commands to this department's adapter, and for the lease of another.

use super::{
    config::{Stop, unless_stopped},
    lease::{self, Lease},
    outage::Outage,
};
use crate::{belief::Belief, error::IntakeError, state::Offsets};
use bus::{Bus, BusError, Consumer, Delivery, Event, Start};
use contract::{topics, v1::RedriveCommand};
use prost::{Message, Name};
use std::{collections::VecDeque, time::Duration};

/// Events taken at once.
const BATCH: usize = 256;
/// How long to wait for the bus before looking whether to stop.
const WAIT: Duration = Duration::from_millis(200);

/// The follower.
pub(crate) struct Follower {
    consumer: Box<dyn Consumer>,
    next: Offsets,
    commands: VecDeque<Command>,
    outage: Outage,
    department: &'static str,
    belief: Belief,
    /// The lease that is held.
    lease: Lease,
    /// The lease of the adapter that took over.
    fenced_by: Option<Lease>,
    /// A lease of an epoch that has passed lies behind the one that is held.
    is_hidden: bool,
}

/// A command and the key it stands under.
pub(crate) struct Command {
    pub(crate) key: String,
    pub(crate) redrive: RedriveCommand,
}

impl Follower {
    /// Follows from `next` on. Where that is no longer there, from the beginning: a command heeded twice changes nothing.
    pub(crate) fn new(
        bus: &dyn Bus,
        department: &'static str,
        next: &Offsets,
        (lease, belief): (Lease, Belief),
    ) -> Result<Self, BusError> {
        let from = Start { topic: topics::CONTROL.to_owned(), next: next.clone() };
        let consumer = match bus.consumer(&[from]) {
            Err(BusError::Lost { .. }) => bus.consumer(&[Start::beginning(topics::CONTROL)])?,
            result => result?,
        };
        Ok(Self {
            consumer,
            next: next.clone(),
            commands: VecDeque::new(),
            outage: Outage::new(department),
            department,
            belief,
            lease,
            fenced_by: None,
            is_hidden: false,
        })
    }

    /// Takes in what has come, without waiting.
    ///
    /// # Errors
    /// [`IntakeError::Fenced`] when another adapter took over, however often it is asked.
    pub(crate) fn poll(&mut self) -> Result<(), IntakeError> {
        loop {
            let mut events = Vec::new();
            let polled = self.consumer.poll(BATCH, Duration::ZERO, &mut events);
            self.outage.let_pass(polled)?;
            let is_over = !self.take(events);
            self.unless_fenced()?;
            if is_over {
                return Ok(());
            }
        }
    }

    /// Takes in everything up to the end of the topic as the bus states it now: no lease that lies there is overlooked.
    ///
    /// # Errors
    /// As [`Follower::poll`], and when the bus is away.
    pub(crate) fn look_to_the_end(&mut self, bus: &dyn Bus, stop: &dyn Stop) -> Result<(), IntakeError> {
        unless_stopped(stop)?;
        let mut open = bus.end(topics::CONTROL)?;
        loop {
            self.unless_fenced()?;
            open.retain(|end| self.next.get(&end.partition).copied().unwrap_or_default() < end.offset);
            if open.is_empty() {
                return Ok(());
            }
            unless_stopped(stop)?;
            let mut events = Vec::new();
            self.consumer.poll(BATCH, WAIT, &mut events)?;
            self.take(events);
        }
    }

    /// The lease that is held, where it is to be written again: compaction would leave one of an epoch that has passed.
    pub(crate) fn take_hidden(&mut self) -> Option<u64> {
        std::mem::take(&mut self.is_hidden).then_some(self.lease.epoch)
    }

    /// Says whether there were messages among the events.
    fn take(&mut self, events: Vec<Event>) -> bool {
        if !events.is_empty() {
            self.outage.ended();
        }
        let mut any = false;
        for event in events {
            match event {
                Event::Record(delivery) => {
                    any = true;
                    self.read(&delivery);
                }
                // Offsets that the bus leaves out are behind us, too.
                Event::End { next, .. } => {
                    self.next.insert(next.partition, next.offset);
                }
            }
        }
        any
    }

    fn read(&mut self, delivery: &Delivery) {
        self.next.insert(delivery.position.partition, delivery.position.offset + 1);
        self.commands.extend(self.command(delivery));
        if let Some(lease) = Lease::read(delivery, self.department, &self.belief) {
            self.hear(lease);
        }
    }

    /// A command to this adapter that a node wrote.
    fn command(&self, delivery: &Delivery) -> Option<Command> {
        let redrive: RedriveCommand = entry(delivery)?;
        let is_ours = redrive.department == self.department && self.belief.takes(delivery);
        is_ours.then(|| Command { key: String::from_utf8_lossy(&delivery.key).into_owned(), redrive })
    }

    fn hear(&mut self, other: Lease) {
        if other.is_above(&self.lease) {
            self.fenced_by = Some(other);
        } else if other.hides(&self.lease) {
            self.is_hidden = true;
        } else if other.repeats(&self.lease) {
            self.lease = other;
            self.is_hidden = false;
        }
    }

    fn unless_fenced(&self) -> Result<(), IntakeError> {
        self.fenced_by.as_ref().map_or(Ok(()), |by| Err(lease::fenced(self.department, by)))
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

/// The message in an entry of the control topic; none where it is another, a tombstone or unreadable.
pub(crate) fn entry<M: Message + Name + Default>(delivery: &Delivery) -> Option<M> {
    let is_asked_for = header(delivery, topics::CE_TYPE) == Some(M::full_name().as_str());
    let payload = delivery.payload.as_ref().filter(|_| is_asked_for)?;
    M::decode(payload.as_ref()).ok()
}
