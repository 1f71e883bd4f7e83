//! Where a node's mirror ends.

use super::Mirrored;
use crate::{Checkpoint, EvidenceError, Note, Origin};
use bus::{Bus, BusError, Delivery, Event, Start};
use contract::{topics::EVIDENCE, v1::EvidenceSegment};
use prost::Message as _;
use std::{collections::BTreeMap, time::Duration};

/// How many messages from the end of each partition are looked at, one width after the other.
const WIDTHS: [u64; 4] = [64, 2_048, 65_536, u64::MAX];
/// How long one look for more messages takes, and how many in a row may find none.
const WAIT: Duration = Duration::from_millis(500);
const SILENT: u32 = 60;
const MOST: usize = 256;

/// What of `node`'s log is on the bus; `None` when nothing is. Blocking: reads `exchange.evidence` backwards from its
/// end until it finds something, so that a node that wrote lately is found at once.
///
/// # Errors
/// The bus is away.
pub fn newest_on_bus(bus: &dyn Bus, node: &str) -> Result<Option<Mirrored>, EvidenceError> {
    let ends: BTreeMap<u32, u64> = bus.end(EVIDENCE)?.iter().map(|end| (end.partition, end.offset)).collect();
    for width in WIDTHS {
        let next = ends.iter().map(|(partition, end)| (*partition, end.saturating_sub(width))).collect();
        let from = Start { topic: EVIDENCE.to_owned(), next };
        let found = match newest_since(bus, node, &from, &ends) {
            // What stood there is gone: all that is left is not much more.
            Err(EvidenceError::Bus(BusError::Lost { .. })) => {
                return Ok(newest_since(bus, node, &Start::beginning(EVIDENCE), &ends)?.map(Newest::into_mirrored));
            }
            found => found?,
        };
        if let Some(found) = found {
            return Ok(Some(found.into_mirrored()));
        }
        if from.next.values().all(|offset| *offset == 0) {
            break;
        }
    }
    Ok(None)
}

/// The newest checkpoint found so far.
struct Newest {
    origin: Origin,
    size: u64,
    note: String,
    entries: u64,
}

impl Newest {
    fn of(node: &str, delivery: &Delivery) -> Option<Self> {
        if *delivery.key != *node.as_bytes() {
            return None;
        }
        let segment = EvidenceSegment::decode(delivery.payload.as_deref()?).ok()?;
        let signed = Note::parse(&segment.checkpoint).ok()?;
        let checkpoint = Checkpoint::parse(signed.text()).ok()?;
        let origin: Origin = checkpoint.origin.parse().ok()?;
        let entries = segment.first_index.checked_add(segment.leaves.len() as u64)?;
        let ours = origin.node() == node && checkpoint.origin == segment.origin && entries <= checkpoint.size;
        ours.then(|| Self { origin, size: checkpoint.size, note: signed.to_string(), entries })
    }

    fn merge(self, other: Self) -> Self {
        if self.origin != other.origin {
            return if self.origin.epoch() > other.origin.epoch() { self } else { other };
        }
        let entries = self.entries.max(other.entries);
        let newer = if self.size > other.size { self } else { other };
        Self { entries, ..newer }
    }

    fn into_mirrored(self) -> Mirrored {
        Mirrored { origin: self.origin.to_string(), checkpoint: self.note, entries: self.entries }
    }
}

fn newest_since(
    bus: &dyn Bus,
    node: &str,
    from: &Start,
    ends: &BTreeMap<u32, u64>,
) -> Result<Option<Newest>, EvidenceError> {
    let started = |partition: &u32| from.next.get(partition).copied().unwrap_or(0);
    let mut open: BTreeMap<u32, u64> = ends.clone();
    open.retain(|partition, end| started(partition) < *end);
    let mut newest: Option<Newest> = None;
    let mut consumer = bus.consumer(std::slice::from_ref(from))?;
    let (mut events, mut silent) = (Vec::new(), 0);
    while !open.is_empty() {
        consumer.poll(MOST, WAIT, &mut events)?;
        silent = if events.is_empty() { silent + 1 } else { 0 };
        if silent == SILENT {
            return Err(BusError::Unavailable("the mirror of evidence does not come".to_owned()).into());
        }
        for event in events.drain(..) {
            let next = match &event {
                Event::Record(delivery) => (delivery.position.partition, delivery.position.offset + 1),
                Event::End { next, .. } => (next.partition, next.offset),
            };
            if open.get(&next.0).is_some_and(|end| next.1 >= *end) {
                open.remove(&next.0);
            }
            if let Event::Record(delivery) = event {
                newest = merged(newest, Newest::of(node, &delivery));
            }
        }
    }
    Ok(newest)
}

fn merged(before: Option<Newest>, found: Option<Newest>) -> Option<Newest> {
    match (before, found) {
        (Some(before), Some(found)) => Some(before.merge(found)),
        (before, found) => before.or(found),
    }
}
