//! Which adapter takes in a department's data: of two, one.
//!
//! Leases lie on the control topic under one key a department. The highest epoch holds, and of one epoch the lease that
//! lies later; whoever reads one above its own stops. Nothing expires: who starts takes over at once.

use super::{
    config::{Stop, unless_stopped},
    control,
    desk::Setup,
    recall,
};
use crate::{
    belief::Belief,
    envelope::{self, Outgoing},
    error::IntakeError,
    publisher::Publisher,
    state::Offsets,
};
use bus::{BusError, Delivery, Position};
use contract::{topics, v1::AdapterLease};
use std::cmp::Ordering;
use store::{Commit, Ledger};
use uuid::Uuid;

/// How often a lease is written that does not come back, for one attempt.
const WRITES: usize = 2;
/// Name of the blob that tells this state folder from others.
const FOLDER: &str = "folder";
/// Name of the blob that says that the adapter of another state folder held the lease before, and that what follows from
/// it is not yet written down.
pub(crate) const SUCCESSION: &str = "succession";

/// A lease as it lies on the control topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) epoch: u64,
    pub(crate) holder: String,
    place: Position,
}

/// A lease that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) lease: Lease,
    /// Where the control topic goes on behind what was read of it.
    pub(crate) next: Offsets,
}

impl Lease {
    /// The lease of `department` in a message of the control topic, where a node wrote it.
    pub(crate) fn read(delivery: &Delivery, department: &str, belief: &Belief) -> Option<Self> {
        let lease: AdapterLease = control::entry(delivery)?;
        let AdapterLease { epoch, holder, .. } = lease;
        let is_ours = lease.department == department && belief.takes(delivery);
        is_ours.then_some(Self { epoch, holder, place: delivery.position })
    }

    /// Whether this one holds and `other`, somebody else's, does not.
    pub(crate) fn is_above(&self, other: &Self) -> bool {
        self.holder != other.holder && self.order(other).is_gt()
    }

    /// Whether it is somebody's who came too late with an epoch that has passed. Compaction would leave it alone there.
    pub(crate) fn hides(&self, other: &Self) -> bool {
        self.place > other.place && (self.epoch, &self.holder) != (other.epoch, &other.holder)
    }

    /// Whether it is the same lease, written again.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.place > other.place && (self.epoch, &self.holder) == (other.epoch, &other.holder)
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.epoch, self.place).cmp(&(other.epoch, other.place))
    }

    fn is_of_folder(&self, folder: &str) -> bool {
        self.holder.rsplit('/').nth(1) == Some(folder)
    }
}

/// Who holds the leases of one run: node, state folder and run.
pub(crate) fn holder(node: &str, ledger: &Ledger) -> Result<String, IntakeError> {
    let known = ledger.blob(FOLDER)?.map(String::from_utf8).transpose();
    let known = known.map_err(|_| IntakeError::State { what: "name of the folder" })?;
    let folder = known.map_or_else(|| name_folder(ledger), Ok)?;
    Ok(format!("{node}/{folder}/{}", random()))
}

fn name_folder(ledger: &Ledger) -> Result<String, IntakeError> {
    let name = random();
    let blobs = vec![(FOLDER.to_owned(), Some(name.clone().into_bytes()))];
    ledger.commit(Commit { blobs, durable: true, ..Commit::default() })?;
    Ok(name)
}

fn random() -> String {
    format!("{:016x}", Uuid::new_v4().as_u64_pair().1)
}

/// Takes the lease, or goes on with the one that was taken under `epoch` by this run.
///
/// # Errors
/// [`IntakeError::Fenced`] when another adapter has taken over; [`IntakeError::NoLease`] when the adapter may not write one;
/// whatever reading and writing the bus can meet.
pub(crate) fn take(setup: &Setup, epoch: Option<u64>, stop: &dyn Stop) -> Result<Taken, IntakeError> {
    let mut written = epoch;
    let mut topic = Topic::default();
    for _ in 0..=WRITES {
        topic.read_on(setup, stop)?;
        if let Some(newest) = &topic.newest {
            if newest.holder == setup.holder {
                return Ok(Taken { lease: newest.clone(), next: topic.next });
            }
            if written.is_some_and(|epoch| newest.epoch >= epoch) {
                return Err(fenced(setup.adapter.id(), newest));
            }
        }
        if written.is_none() {
            note_succession(setup, topic.newest.as_ref())?;
        }
        let newest = topic.newest.as_ref().map_or(0, |newest| newest.epoch);
        let epoch = written.unwrap_or(newest.saturating_add(1));
        write(setup, epoch, stop)?;
        written = Some(epoch);
    }
    Err(BusError::Unavailable("the lease does not come back from exchange.control".to_owned()).into())
}

/// Another adapter has taken over.
pub(crate) fn fenced(department: &'static str, by: &Lease) -> IntakeError {
    IntakeError::Fenced { department, holder: by.holder.clone(), epoch: by.epoch }
}

/// The message that takes a lease, or says again that it is held.
pub(crate) fn message(setup: &Setup, epoch: u64) -> Outgoing {
    let lease = AdapterLease {
        department: setup.adapter.id().to_owned(),
        epoch,
        holder: setup.holder.clone(),
        taken_at: Some(envelope::timestamp(setup.clock.now())),
    };
    Outgoing::lease(setup.department(), &lease)
}

/// The control topic as far as it was read.
#[derive(Debug, Default)]
struct Topic {
    newest: Option<Lease>,
    next: Offsets,
}

impl Topic {
    /// Reads to the end.
    fn read_on(&mut self, setup: &Setup, stop: &dyn Stop) -> Result<(), IntakeError> {
        let (newest, next) = (&mut self.newest, &mut self.next);
        let from = next.clone();
        recall::read(setup, topics::CONTROL, &from, stop, |delivery| {
            next.insert(delivery.position.partition, delivery.position.offset + 1);
            let found = Lease::read(delivery, setup.adapter.id(), &setup.belief);
            *newest = newest.take().into_iter().chain(found).max_by(Lease::order);
            Ok(())
        })
    }
}

/// Writes down, before the lease makes it hard to tell, that the adapter of another state folder came before.
fn note_succession(setup: &Setup, before: Option<&Lease>) -> Result<(), IntakeError> {
    let Some(before) = before.filter(|before| !before.is_of_folder(setup.folder())) else { return Ok(()) };
    tracing::info!(department = setup.adapter.id(), holder = before.holder, epoch = before.epoch, "taking over");
    let blobs = vec![(SUCCESSION.to_owned(), Some(Vec::new()))];
    Ok(setup.ledger.commit(Commit { blobs, durable: true, ..Commit::default() })?)
}

/// Writes a lease, and waits until it is on the bus.
fn write(setup: &Setup, epoch: u64, stop: &dyn Stop) -> Result<(), IntakeError> {
    unless_stopped(stop)?;
    let mut publisher = Publisher::new(setup.bus.as_ref(), setup.topics.clone(), setup.belief.clone())?;
    unless_stopped(stop)?;
    let mut written = publisher.send(0, message(setup, epoch), stop);
    while written.is_ok() && !publisher.is_idle() {
        written = publisher.wait(stop);
    }
    written.map_err(|error| match error {
        IntakeError::Bus(error @ BusError::NotAllowed(_)) => IntakeError::NoLease(error),
        error => error,
    })
}
