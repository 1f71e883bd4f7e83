//! One step's messages as one batch of the store.

use super::control::ControlChange;
use crate::{
    Progress,
    shape::{self, Unreadable},
    topics::Carries,
};
use bus::Delivery;
use domain::catalogue::Catalogue;
use std::collections::BTreeMap;
use store::{Batch, ControlWrite};
use tracing::warn;

/// Longest key of an entry, in bytes.
const MAX_KEY: usize = 256;

/// What a step has gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// For the store.
    pub(super) batch: Batch,
    /// For the catalogue in force.
    pub(super) changes: Vec<ControlChange>,
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
    pub(super) fn add(&mut self, delivery: &Delivery, catalogue: &Catalogue, progress: &Progress) {
        self.messages += 1;
        let place = (delivery.topic.to_string(), delivery.position.partition);
        self.batch.positions.insert(place, delivery.position.offset + 1);
        if self.read(delivery, catalogue).is_err() {
            let (topic, position) = (&delivery.topic, delivery.position);
            warn!(%topic, partition = position.partition, offset = position.offset, "message cannot be read and is passed over");
            progress.change(|lag| *lag.unreadable.entry(topic.to_string()).or_default() += 1);
        }
    }

    fn read(&mut self, delivery: &Delivery, catalogue: &Catalogue) -> Result<(), Unreadable> {
        match Carries::of(&delivery.topic).ok_or(Unreadable)? {
            Carries::Records(department) => self.record(department, delivery, catalogue),
            Carries::Rejects(department) => {
                self.batch.rejects.push(shape::reject(department, delivery)?);
                Ok(())
            }
            Carries::Control => self.control(delivery),
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

    /// A tombstone removes the entry of its key; commands to adapters are passed over. What cannot be read is
    /// stored all the same, for a build that can read it.
    fn control(&mut self, delivery: &Delivery) -> Result<(), Unreadable> {
        let key = std::str::from_utf8(&delivery.key).map_err(|_| Unreadable)?.to_owned();
        if key.starts_with("redrive/") {
            return Ok(());
        }
        if key.len() > MAX_KEY {
            return Err(Unreadable);
        }
        let change = ControlChange::read(&key, delivery.payload.as_deref());
        let is_readable = change.as_ref().is_some_and(ControlChange::is_readable);
        self.changes.extend(change);
        self.batch.control.push(ControlWrite { key, payload: delivery.payload.clone() });
        if is_readable { Ok(()) } else { Err(Unreadable) }
    }
}
