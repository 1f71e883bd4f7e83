//! Puts together from the department's own topic what the adapter's state does not hold: all of it when the state is
//! lost, the rest when it was restored from an older copy.
//!
//! An unchanged row is not on the topic: how far it moved the newest seen of its key is known to the state alone.

use super::{
    announce,
    config::{Stop, unless_stopped},
    desk::Setup,
    lease,
    outage::Outage,
};
use crate::{
    error::IntakeError,
    hash,
    judge::Memory,
    state::{Offsets, State},
    translate,
    uncounted::{OnBus, Uncounted},
};
use bus::{Delivery, Event, Position, Start};
use contract::{
    canonical::v1::{Operation, Record},
    topics,
    v1::DepartmentIntake,
};
use domain::Version;
use prost::Message;
use std::{collections::HashMap, time::Duration};
use store::{Commit, Seen};

/// Events taken at once, and records written down at once.
const BATCH: usize = 4096;
/// How long to wait for the bus before looking whether to stop.
const WAIT: Duration = Duration::from_millis(200);

/// The state to go on from, and what of an unfinished unit of a source that is asked is on the bus without being counted:
/// such a unit is not made again under its own number, as a file is. Commands before `control` are none any more.
///
/// # Errors
/// [`IntakeError::BusBehind`] when the bus does not hold what was published; whatever reading bus and ledger can meet.
pub(crate) fn catch_up(setup: &Setup, control: &Offsets, stop: &dyn Stop) -> Result<(State, Uncounted), IntakeError> {
    let succeeds = setup.ledger.blob(lease::SUCCESSION)?.is_some();
    let stored = setup.ledger.blob(State::BLOB)?;
    let is_lost = stored.is_none();
    let mut state = stored.map(|blob| State::read(&blob)).transpose()?.unwrap_or_default();
    let end = ends(setup, &setup.topics.records, stop)?;
    if state.records.iter().any(|(partition, next)| end.get(partition).is_none_or(|end| end < next)) {
        return Err(IntakeError::BusBehind);
    }
    // Its rows, made again with what another adapter published since in mind, could say something else under the same version.
    let is_given_up = succeeds && state.unit.take().is_some();
    let is_unfinished = setup.is_asked && state.unit.is_some();
    let floor = state.intake - u64::from((is_unfinished || is_given_up) && state.intake > 0);
    let mut recalled = Recalled::above(setup, floor, is_unfinished.then_some(state.intake));
    read(setup, &setup.topics.records, &state.records, stop, |delivery| recalled.take(delivery))?;
    recalled.write()?;
    let highest = recalled.highest.max(state.intake);
    if is_lost || succeeds {
        let own = (!is_lost).then_some(state.intake);
        restore(setup, &mut state, own, stop)?;
    }
    if is_lost {
        state.restored = highest > 0;
        // What was commanded before is not commanded anew.
        state.control.clone_from(control);
    }
    if highest > state.intake || is_lost {
        tracing::info!(department = setup.adapter.id(), intake = highest, "adapter state put together from the bus");
    }
    // The one before may still send rows of a unit that it has begun, and of which nothing is on the bus yet.
    state.intake = state.intake.max(highest) + u64::from(succeeds);
    state.records = end;
    let (uncounted, old) = Uncounted::load(&setup.ledger, setup.clock.now().timestamp_millis())?;
    let mut blobs: Vec<_> = old.into_iter().map(|name| (name, None)).collect();
    blobs.push((lease::SUCCESSION.to_owned(), None));
    blobs.push((State::BLOB.to_owned(), Some(state.to_blob()?)));
    setup.ledger.commit(Commit { blobs, durable: true, ..Commit::default() })?;
    Ok((state, uncounted))
}

/// What has been read of the topic and is not in the ledger yet.
struct Recalled<'a> {
    setup: &'a Setup,
    /// Records of intakes up to this are known, or are about to be made again by a unit that was begun.
    floor: u64,
    highest: u64,
    seen: HashMap<(String, String), Seen>,
    memories: HashMap<String, Vec<u8>>,
    /// The unit that is not made again.
    unfinished: Option<u64>,
    uncounted: Vec<OnBus>,
}

impl<'a> Recalled<'a> {
    fn above(setup: &'a Setup, floor: u64, unfinished: Option<u64>) -> Self {
        let (seen, memories, uncounted) = (HashMap::new(), HashMap::new(), Vec::new());
        Self { setup, floor, highest: floor, seen, memories, unfinished, uncounted }
    }

    fn take(&mut self, delivery: &Delivery) -> Result<(), IntakeError> {
        let Some(payload) = &delivery.payload else { return Ok(()) };
        let record = Record::decode(payload.as_ref()).ok();
        let versioned = record.and_then(|record| Version::parse(&record.version).map(|version| (record, version)));
        let Some((record, version)) = versioned else {
            let (partition, offset) = (delivery.position.partition, delivery.position.offset);
            tracing::warn!(partition, offset, "message on the department's topic is no record and is passed over");
            return Ok(());
        };
        if version.intake() <= self.floor {
            return Ok(());
        }
        self.highest = self.highest.max(version.intake());
        let comes_again = self.unfinished == Some(version.intake());
        let is_uncounted = comes_again && self.is_uncounted(&record, &version)?;
        if !comes_again {
            self.remember(&record)?;
        } else if is_uncounted {
            self.note_on_bus(&record)?;
        }
        self.see(record, &version, is_uncounted.then_some(&delivery.position))?;
        if self.seen.len() + self.memories.len() >= BATCH { self.write() } else { Ok(()) }
    }

    /// Takes a record's version over; one whose row is not counted is kept with its `uncounted` place.
    fn see(&mut self, record: Record, version: &Version, uncounted: Option<&Position>) -> Result<(), IntakeError> {
        let digest = hash::of_record(&record);
        let scope = record.source.as_ref().map(|source| self.setup.scope_of(&source.file)).unwrap_or_default();
        let current = record.operation() == Operation::Upsert;
        let name = (record.resource, record.key);
        let before = match self.seen.get(&name) {
            Some(before) => Some(before.clone()),
            None => self.setup.ledger.seen(&name.0, &name.1)?,
        };
        if let Some(position) = uncounted {
            let at = self.setup.clock.now().timestamp_millis();
            let stated = (version.as_str(), version.stamp());
            self.uncounted.push(OnBus::found((&name.0, &name.1), stated, digest, position, at));
        }
        if before.is_none_or(|before| before.version.as_str() < version.as_str()) {
            let seen = Seen {
                stamp: version.stamp().to_owned(),
                digest,
                current,
                scope,
                mentioned: version.intake(),
                version: record.version,
            };
            self.seen.insert(name, seen);
        }
        Ok(())
    }

    /// Whether no row of an earlier run was written down for a version, or for a later one. The ledger is asked: what was
    /// read of the topic just now is not written down by a row.
    fn is_uncounted(&self, record: &Record, version: &Version) -> Result<bool, IntakeError> {
        let counted = self.setup.ledger.seen(&record.resource, &record.key)?;
        Ok(counted.is_none_or(|counted| counted.version.as_str() < version.as_str()))
    }

    /// What a record says of its entity.
    fn remember(&mut self, record: &Record) -> Result<(), IntakeError> {
        let mapping = self.setup.adapter.mapping.as_ref();
        let Some((entity, content)) = translate::recall(mapping, record) else { return Ok(()) };
        let before = self.memory(&entity)?;
        let version = record.version.as_str();
        if before.is_none_or(|before| Memory::read(&before).version <= version) {
            self.memories.insert(entity, Memory { version, content: &content }.write());
        }
        Ok(())
    }

    /// That a record is on the bus whose rows come again: they are to be translated as they were the first time.
    fn note_on_bus(&mut self, record: &Record) -> Result<(), IntakeError> {
        let mapping = self.setup.adapter.mapping.as_ref();
        let Some((entity, _)) = translate::recall(mapping, record) else { return Ok(()) };
        let stored = self.memory(&entity)?;
        let before = stored.as_deref().map(Memory::read);
        let noted = translate::note_on_bus(mapping, record, before.as_ref().map(|before| before.content));
        let version = before.map_or("", |before| before.version);
        let noted = noted.map(|content| Memory { version, content: &content }.write());
        self.memories.extend(noted.map(|noted| (entity, noted)));
        Ok(())
    }

    fn memory(&self, entity: &str) -> Result<Option<Vec<u8>>, IntakeError> {
        match self.memories.get(entity) {
            Some(memory) => Ok(Some(memory.clone())),
            None => Ok(self.setup.ledger.memory(entity)?),
        }
    }

    fn write(&mut self) -> Result<(), IntakeError> {
        let seen = self.seen.drain().map(|((resource, key), seen)| (resource, key, seen)).collect();
        let memories = self.memories.drain().collect();
        // In one step with what makes them seen: a crash here leaves both or neither.
        let blobs = self.uncounted.drain(..).map(|found| (found.name(), found.blob())).collect();
        Ok(self.setup.ledger.commit(Commit { seen, memories, blobs, ..Commit::default() })?)
    }
}

/// Takes over the counts that were announced last; where the adapter has an `own` intake number, only those of a later one.
fn restore(setup: &Setup, state: &mut State, own: Option<u64>, stop: &dyn Stop) -> Result<(), IntakeError> {
    let department = setup.adapter.id();
    let mut newest = None;
    read(setup, topics::STATUS, &Offsets::new(), stop, |delivery| {
        let payload = delivery.payload.as_ref().filter(|_| delivery.key == department.as_bytes());
        newest = payload.and_then(|payload| DepartmentIntake::decode(payload.as_ref()).ok()).or(newest.take());
        Ok(())
    })?;
    if let Some(intake) = newest.filter(|intake| own.is_none_or(|own| intake.intake > own)) {
        announce::restore(state, intake);
    }
    Ok(())
}

/// Reads a topic from `next` until the bus says that nothing lies beyond; an end that was asked for beforehand may be
/// outdated, so it is only the least to be read.
pub(crate) fn read(
    setup: &Setup,
    topic: &str,
    next: &Offsets,
    stop: &dyn Stop,
    mut take: impl FnMut(&Delivery) -> Result<(), IntakeError>,
) -> Result<(), IntakeError> {
    let mut open = ends(setup, topic, stop)?;
    open.retain(|partition, end| next.get(partition).copied().unwrap_or_default() < *end);
    unless_stopped(stop)?;
    let mut outage = Outage::new(setup.adapter.id());
    let mut consumer = setup.bus.consumer(&[Start { topic: topic.to_owned(), next: next.clone() }])?;
    while !open.is_empty() {
        unless_stopped(stop)?;
        let mut events = Vec::new();
        outage.let_pass(consumer.poll(BATCH, WAIT, &mut events))?;
        if !events.is_empty() {
            outage.ended();
        }
        for event in events {
            match event {
                Event::Record(delivery) => take(&delivery)?,
                Event::End { next, .. } => {
                    open.retain(|partition, end| *partition != next.partition || next.offset < *end);
                }
            }
        }
    }
    Ok(())
}

fn ends(setup: &Setup, topic: &str, stop: &dyn Stop) -> Result<Offsets, IntakeError> {
    unless_stopped(stop)?;
    Ok(setup.bus.end(topic)?.iter().map(|end| (end.partition, end.offset)).collect())
}
