//! One step's messages as one batch of the store.

use super::{
    belief::{believe, leave_out},
    control::ControlChange,
};
use crate::{
    Progress,
    shape::{self, Unreadable},
    topics::Carries,
};
use bus::Delivery;
use domain::{Timestamp, catalogue::Catalogue};
use security::control::{Disbelief, Identity};
use std::collections::BTreeMap;
use store::{Batch, ControlWrite};
use tracing::warn;

/// Longest key of an entry, in bytes.
const MAX_KEY: usize = 256;

/// Keys of what is not for the view: commands to adapters, and which adapter is at work.
const NOT_OURS: [&str; 2] = ["redrive/", "lease/"];

/// When the entry that stands under a key was written, as far as it says so; an entry that was removed stands, too.
pub(super) type Written = BTreeMap<String, Option<Timestamp>>;

/// By what messages are judged.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// Whose resource is whose.
    pub(super) catalogue: &'a Catalogue,
    /// Where it is said what was left out.
    pub(super) progress: &'a Progress,
    /// Whose entries are believed; without it everybody's are.
    pub(super) identity: Option<&'a dyn Identity>,
    /// When the entries that stand were written.
    pub(super) written: &'a Written,
}

/// What a step has gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// For the store.
    pub(super) batch: Batch,
    /// For the catalogue in force.
    pub(super) changes: Vec<ControlChange>,
    /// When these were written.
    pub(super) written: Written,
    /// Partitions that were read to their end.
    pub(super) ends: Vec<(String, u32)>,
    /// Records by department, resource and operation.
    pub(super) counts: BTreeMap<(String, String, &'static str), u64>,
    /// Messages in it, unreadable ones too.
    pub(super) messages: usize,
}

impl Gathered {
    /// Adds a message. One that cannot be read moves the position all the same: it must not stop the
    /// exchange, and it stays on the bus.
    pub(super) fn add(&mut self, delivery: &Delivery, reading: Reading<'_>) {
        self.messages += 1;
        let place = (delivery.topic.to_string(), delivery.position.partition);
        self.batch.positions.insert(place, delivery.position.offset + 1);
        if self.read(delivery, reading).is_err() {
            let (topic, position) = (&delivery.topic, delivery.position);
            warn!(%topic, partition = position.partition, offset = position.offset, "message cannot be read and is passed over");
            reading.progress.change(|lag| *lag.unreadable.entry(topic.to_string()).or_default() += 1);
        }
    }

    fn read(&mut self, delivery: &Delivery, reading: Reading<'_>) -> Result<(), Unreadable> {
        match Carries::of(&delivery.topic).ok_or(Unreadable)? {
            Carries::Records(department) => self.record(department, delivery, reading.catalogue),
            Carries::Rejects(department) => {
                self.batch.rejects.push(shape::reject(department, delivery)?);
                Ok(())
            }
            Carries::Control => self.control(delivery, reading),
            Carries::Status => {
                self.batch.intakes.push(shape::intake(delivery)?);
                Ok(())
            }
        }
    }

    fn record(&mut self, department: &str, delivery: &Delivery, catalogue: &Catalogue) -> Result<(), Unreadable> {
        let (write, operation) = shape::record(department, delivery)?;
        let owner = catalogue.resources.get(&write.resource).map(|resource| resource.department.as_str());
        if owner.is_some_and(|owner| owner != department) {
            return Err(Unreadable);
        }
        *self.counts.entry((department.to_owned(), write.resource.clone(), operation)).or_default() += 1;
        self.batch.records.push(write);
        Ok(())
    }

    /// A tombstone removes the entry of its key. What no node signed is left out, and what a node signed before the entry
    /// that stands; what cannot be read is stored all the same, for a build that can read it.
    fn control(&mut self, delivery: &Delivery, reading: Reading<'_>) -> Result<(), Unreadable> {
        let key = std::str::from_utf8(&delivery.key).map_err(|_| Unreadable)?.to_owned();
        if NOT_OURS.iter().any(|prefix| key.starts_with(prefix)) {
            return Ok(());
        }
        if key.len() > MAX_KEY {
            return Err(Unreadable);
        }
        let change = ControlChange::read(&key, delivery.payload.as_deref());
        let written = change.as_ref().and_then(ControlChange::written);
        let known = self.written.get(&key).or_else(|| reading.written.get(&key)).copied().flatten();
        // What cannot be read says nothing of its age.
        let can_tell = written.is_some() || change.as_ref().is_some_and(ControlChange::is_readable);
        let is_older = can_tell && delivery.payload.is_some() && written < known;
        let fresh = if is_older { Err(Disbelief::Older) } else { Ok(()) };
        if let Err(why) = believe(reading.identity, delivery).and(fresh) {
            leave_out(&key, why, reading.progress);
            return Ok(());
        }
        reading.progress.change(|lag| {
            lag.ignored_entries.remove(&key);
        });
        self.written.insert(key.clone(), written);
        let is_readable = change.as_ref().is_some_and(ControlChange::is_readable);
        self.changes.extend(change);
        self.batch.control.push(ControlWrite { key, payload: delivery.payload.clone() });
        if is_readable { Ok(()) } else { Err(Unreadable) }
    }
}
