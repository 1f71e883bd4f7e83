//! The mirror of the log on the bus.
mod position;
#[cfg(test)]
mod tests;

pub use self::position::newest_on_bus;

use crate::{
    EvidenceError, Log,
    log::{Book, Shared, told},
};
use bus::{Bus, BusError, Message, Producer, SendError};
use contract::{
    topics::{self, EVIDENCE},
    v1::EvidenceSegment,
};
use prost::Message as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tracing::{info, warn};

/// Most leaves in a segment.
const MOST_LEAVES: usize = 256;
/// Most bytes of leaves in a segment, far below what any bus takes.
const MOST_BYTES: usize = 512 << 10;
/// How long the mirror rests when it has caught up.
const REST: Duration = Duration::from_millis(200);
/// How long trouble with bus or disk is let pass before the next try.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long one look at the bus for an acknowledgement takes.
const ACK: Duration = Duration::from_millis(100);

/// What of a node's log is on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The origin of its newest epoch.
    pub origin: String,
    /// The newest checkpoint of it, a signed note as it came.
    pub checkpoint: String,
    /// Entries of the epoch that are on the bus.
    pub entries: u64,
}

/// Copies the log to the bus; never in the way of an append.
pub struct MirrorWorker {
    shared: Arc<Shared>,
    bus: Arc<dyn Bus>,
    /// None before the first segment, and after trouble.
    producer: Option<Box<dyn Producer>>,
    next: u64,
    in_trouble: bool,
}

impl MirrorWorker {
    /// A mirror that goes on where `mirrored` (as [`newest_on_bus`] found it before the log was opened) ends.
    ///
    /// # Errors
    /// [`EvidenceError::Closed`] when the log is not open.
    pub fn new(log: &Log, bus: Arc<dyn Bus>, mirrored: Option<&Mirrored>) -> Result<Self, EvidenceError> {
        let shared = Arc::clone(log.shared()?);
        let same = mirrored.filter(|mirrored| mirrored.origin == shared.newest().name);
        let next = same.map_or(0, |mirrored| mirrored.entries);
        shared.mirrored.store(next, Ordering::Relaxed);
        Ok(Self { shared, bus, producer: None, next, in_trouble: false })
    }

    /// Publishes until `stop`, which waits for at most the time it is given, says that it is to end. Blocks a thread
    /// of its own.
    pub fn run(mut self, stop: &dyn Fn(Duration) -> bool) {
        while !stop(Duration::ZERO) {
            match self.step(stop) {
                Ok(true) => {}
                Ok(false) => drop(stop(REST)),
                Err(error) => {
                    self.give_up(&error);
                    stop(BACK_OFF);
                }
            }
        }
    }

    /// The next try begins with a new producer.
    fn give_up(&mut self, error: &EvidenceError) {
        self.producer = None;
        if !std::mem::replace(&mut self.in_trouble, true) {
            warn!(error = told(error), "evidence cannot be mirrored");
        }
    }

    /// Publishes the next segment; whether there was one.
    pub(crate) fn step(&mut self, stop: &dyn Fn(Duration) -> bool) -> Result<bool, EvidenceError> {
        let book = Arc::clone(self.shared.newest());
        let Some(segment) = self.segment(&book)? else { return Ok(false) };
        let end = segment.first_index + segment.leaves.len() as u64;
        if !self.publish(&segment, stop)? {
            return Ok(false);
        }
        self.next = end;
        self.shared.mirrored.store(end, Ordering::Relaxed);
        if std::mem::take(&mut self.in_trouble) {
            info!("evidence is mirrored again");
        }
        Ok(true)
    }

    fn segment(&mut self, book: &Book) -> Result<Option<EvidenceSegment>, EvidenceError> {
        let Some(signed) = book.signed() else { return Ok(None) };
        let pruned = book.read().pruned;
        if self.next < pruned {
            warn!(entries = pruned - self.next, "evidence was removed before it was mirrored");
            self.next = pruned;
        }
        let most = usize::try_from(signed.checkpoint.size.saturating_sub(self.next)).unwrap_or(usize::MAX);
        if most == 0 {
            return Ok(None);
        }
        let mut bytes = 0;
        let fits = |leaf: &Vec<u8>| {
            bytes += leaf.len();
            bytes <= MOST_BYTES
        };
        let leaves = book.leaves(self.next, most.min(MOST_LEAVES))?;
        let leaves: Vec<_> = leaves.iter().map(|leaf| leaf.to_vec()).take_while(fits).collect();
        Ok((!leaves.is_empty()).then(|| EvidenceSegment {
            origin: book.name.clone(),
            first_index: self.next,
            leaves,
            checkpoint: signed.note.clone().into_bytes(),
        }))
    }

    /// Sends a segment and waits until it is durable on the bus; `false` when it is to end before.
    fn publish(&mut self, segment: &EvidenceSegment, stop: &dyn Fn(Duration) -> bool) -> Result<bool, EvidenceError> {
        let node = self.shared.config.node.clone();
        let id = format!("{}/{}", segment.origin, segment.first_index);
        let headers = topics::headers::<EvidenceSegment>(&node, "evidence", id);
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_bytes()));
        let payload = segment.encode_to_vec();
        let message = Message { key: node.as_bytes(), headers: &headers, payload: Some(&payload) };
        let mut producer = match self.producer.take() {
            Some(producer) => producer,
            None => self.bus.producer()?,
        };
        let mut acks = Vec::new();
        while let Err(error) = producer.send(EVIDENCE, segment.first_index, &message) {
            match error {
                SendError::Full if stop(Duration::ZERO) => return Ok(false),
                SendError::Full => producer.poll(ACK, &mut acks)?,
                SendError::Bus(error) => return Err(error.into()),
                SendError::TooLarge { .. } => {
                    return Err(BusError::Config("a segment of evidence is too large for it".to_owned()).into());
                }
            }
        }
        while !acks.iter().any(|ack| ack.ticket == segment.first_index) {
            if stop(Duration::ZERO) {
                return Ok(false);
            }
            producer.poll(ACK, &mut acks)?;
        }
        self.producer = Some(producer);
        for ack in acks {
            ack.result?;
        }
        Ok(true)
    }
}
