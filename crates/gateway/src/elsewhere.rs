//! Quotas across nodes: what other nodes answered under a grant counts here, too, once its evidence is on the bus.
//!
//! So a grant can be overdrawn by what the other nodes answer while their evidence is on its way, as a rule less than a
//! second, and by no more. An answer given again to the same question, which its own node does not count, does count here: of
//! what is on the bus, never too little is counted. Limits per subject are each node's own: evidence does not tell subjects
//! apart.

use bus::{Bus, BusError, Delivery, Event, Start};
use chrono::FixedOffset;
use contract::{
    convert::from_wire,
    topics::EVIDENCE,
    v1::{EvidenceSegment, Outcome, Statement},
};
use domain::{Clock, Timestamp};
use policy::{Counted, Gate};
use prost::Message as _;
use runtime::Stop;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

/// How many messages before the end the day is looked for, one width after the other.
const WIDTHS: [u64; 4] = [1_024, 16_384, 262_144, u64::MAX];
const MOST: usize = 64;
const WAIT: Duration = Duration::from_millis(200);
/// How many looks in a row may find nothing while the beginning of the day is looked for.
const SILENT: u32 = 50;
const BACK_OFF: Duration = Duration::from_secs(2);

/// Follows the evidence of the other nodes.
pub(crate) struct Elsewhere {
    /// Where it is.
    pub(crate) bus: Arc<dyn Bus>,
    /// This node, which has counted its own.
    pub(crate) node: String,
    /// Counts.
    pub(crate) gate: Arc<Gate>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Days are in this offset.
    pub(crate) offset: FixedOffset,
}

/// By the origin of a log, the first leaf that is not counted yet: what is mirrored twice counts once.
type Counting = HashMap<String, u64>;

impl Elsewhere {
    /// Counts until the process is to end. Blocks a thread of its own.
    pub(crate) fn run(&self, stop: &Stop) {
        let mut counting = Counting::new();
        let mut in_trouble = false;
        while let Err(error) = self.follow(&mut counting, stop) {
            if !std::mem::replace(&mut in_trouble, true) {
                tracing::warn!(%error, "evidence of other nodes cannot be read, their answers do not count here");
            }
            if stop.wait(BACK_OFF) {
                break;
            }
        }
    }

    fn follow(&self, counting: &mut Counting, stop: &Stop) -> Result<(), BusError> {
        let mut consumer = self.bus.consumer(&[self.start()?])?;
        let mut events = Vec::new();
        while !stop.is_stopped() {
            consumer.poll(MOST, WAIT, &mut events)?;
            events.drain(..).filter_map(record).for_each(|delivery| self.take(&delivery, counting));
        }
        Ok(())
    }

    /// Not later than where the evidence of today begins.
    fn start(&self) -> Result<Start, BusError> {
        let ends: BTreeMap<u32, u64> = self.bus.end(EVIDENCE)?.iter().map(|end| (end.partition, end.offset)).collect();
        for width in WIDTHS {
            let next = ends.iter().map(|(partition, end)| (*partition, end.saturating_sub(width))).collect();
            let from = Start { topic: EVIDENCE.to_owned(), next };
            match self.is_before_today(&from, &ends) {
                Ok(true) => return Ok(from),
                Ok(false) => {}
                // What stood there is gone: all that is left is not much more.
                Err(BusError::Lost { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Start::beginning(EVIDENCE))
    }

    /// Whether every partition, read from there on, begins with evidence of before today, or is read from its beginning.
    fn is_before_today(&self, from: &Start, ends: &BTreeMap<u32, u64>) -> Result<bool, BusError> {
        let mut open: BTreeMap<u32, u64> = from.next.clone();
        open.retain(|partition, start| *start > 0 && ends.get(partition).is_some_and(|end| *start < *end));
        let mut consumer = self.bus.consumer(std::slice::from_ref(from))?;
        let (mut events, mut silent) = (Vec::new(), 0);
        while !open.is_empty() {
            consumer.poll(MOST, WAIT, &mut events)?;
            silent = if events.is_empty() { silent + 1 } else { 0 };
            if silent == SILENT {
                return Err(BusError::Unavailable("the evidence of other nodes does not come".to_owned()));
            }
            let firsts = events.drain(..).filter_map(record);
            let mut firsts = firsts.filter(|delivery| open.remove(&delivery.position.partition).is_some());
            if firsts.any(|first| !self.is_of_before(&first)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_of_before(&self, delivery: &Delivery) -> bool {
        let today = domain::clock::local_day(self.clock.now(), self.offset);
        let segment = delivery.payload.as_deref().and_then(|payload| EvidenceSegment::decode(payload).ok());
        let first = segment.and_then(|segment| Statement::decode(segment.leaves.first()?.as_slice()).ok());
        first.and_then(|first| time(&first)).is_some_and(|at| domain::clock::local_day(at, self.offset) < today)
    }

    fn take(&self, delivery: &Delivery, counting: &mut Counting) {
        if *delivery.key == *self.node.as_bytes() {
            return;
        }
        let segment = delivery.payload.as_deref().and_then(|payload| EvidenceSegment::decode(payload).ok());
        let Some(segment) = segment else { return };
        let next = counting.entry(segment.origin).or_default();
        for (leaf, index) in segment.leaves.iter().zip(segment.first_index..) {
            if index >= *next {
                *next = index + 1;
                self.count(leaf);
            }
        }
    }

    fn count(&self, leaf: &[u8]) {
        let Ok(statement) = Statement::decode(leaf) else { return };
        if matches!(statement.outcome(), Outcome::Unspecified | Outcome::Refused | Outcome::Invalid) {
            return;
        }
        let Some(at) = time(&statement) else { return };
        for grant in statement.grant.split(',').filter(|grant| !grant.is_empty()) {
            self.gate.recount(&Counted { grant, subject: None, weight: 0, at }, self.clock.now());
        }
    }
}

fn record(event: Event) -> Option<Delivery> {
    match event {
        Event::Record(delivery) => Some(delivery),
        Event::End { .. } => None,
    }
}

fn time(statement: &Statement) -> Option<Timestamp> {
    statement.time.as_ref().and_then(|time| from_wire(time).ok())
}
