//! Control state, intake announcements and positions.

use super::{
    layout::{self, Announcement},
    tables::{Step, Tables},
};
use crate::{
    ControlWrite, IntakeWrite, Positions, StoreError,
    encoding::{Pack, Unpack},
    engine::failure,
};
use bytes::Bytes;
use fjall::{Readable, Snapshot};
use std::collections::BTreeMap;

pub(super) fn positions(tables: &Tables, snapshot: &Snapshot) -> Result<Positions, StoreError> {
    let mut positions = Positions::new();
    for entry in snapshot.prefix(&tables.meta, [layout::POSITION]) {
        let (key, value) = entry.into_inner().map_err(failure)?;
        let mut parts = Unpack::new("position", key.get(1..).unwrap_or_default());
        let topic = parts.text()?;
        let partition = parts.bytes(4)?.try_into().map_err(|_| parts.damaged())?;
        let offset = Unpack::new("position", &value).number()?;
        positions.insert((topic, u32::from_be_bytes(partition)), offset);
    }
    Ok(positions)
}

/// All entries under a tag, by name.
pub(super) fn named(tables: &Tables, snapshot: &Snapshot, tag: u8) -> Result<BTreeMap<String, Bytes>, StoreError> {
    let mut named = BTreeMap::new();
    for entry in snapshot.prefix(&tables.meta, [tag]) {
        let (key, value) = entry.into_inner().map_err(failure)?;
        let name = Unpack::new("name", key.get(1..).unwrap_or_default()).rest_text()?;
        named.insert(name, Bytes::copy_from_slice(&value));
    }
    Ok(named)
}

pub(super) fn write_positions(step: &mut Step<'_>, moved: &Positions, reached: &Positions) -> Result<(), StoreError> {
    for place in moved.keys() {
        let offset = reached.get(place).copied().unwrap_or_default();
        let key = layout::position_key(&place.0, place.1)?;
        step.batch.insert(&step.tables.meta, key, Pack::default().number(offset).into_value());
    }
    Ok(())
}

pub(super) fn write(step: &mut Step<'_>, writes: Vec<ControlWrite>) -> Result<(), StoreError> {
    let newest: BTreeMap<_, _> = writes.into_iter().map(|write| (write.key, write.payload)).collect();
    for (name, payload) in newest {
        let key = layout::named_key(layout::CONTROL, &name)?;
        match payload {
            Some(payload) => step.batch.insert(&step.tables.meta, key, payload.as_ref()),
            None => step.batch.remove(&step.tables.meta, key),
        }
    }
    Ok(())
}

/// Keeps announcements, and puts those in force that `reached` suffices for.
pub(super) fn write_intakes(
    step: &mut Step<'_>,
    writes: Vec<IntakeWrite>,
    reached: &Positions,
) -> Result<(), StoreError> {
    let mut departments = waiting(step.tables)?;
    for write in writes {
        let waiting = departments.entry(write.department).or_default();
        waiting.settle(reached);
        waiting.add(Announcement { requires: write.requires, payload: write.payload });
    }
    for (department, mut waiting) in departments {
        waiting.settle(reached);
        write_waiting(step, &department, waiting)?;
    }
    Ok(())
}

fn write_waiting(step: &mut Step<'_>, department: &str, waiting: Waiting) -> Result<(), StoreError> {
    let meta = &step.tables.meta;
    if waiting.changed {
        let key = layout::named_key(layout::ANNOUNCED, department)?;
        match waiting.announcements.as_slice() {
            [] => step.batch.remove(meta, key),
            announcements => step.batch.insert(meta, key, layout::pack_announcements(announcements)),
        }
    }
    if let Some(payload) = waiting.in_force {
        let key = layout::named_key(layout::IN_FORCE, department)?;
        step.batch.insert(meta, key, payload.as_ref());
    }
    Ok(())
}

fn waiting(tables: &Tables) -> Result<BTreeMap<String, Waiting>, StoreError> {
    let announced = named(tables, &tables.snapshot(), layout::ANNOUNCED)?;
    announced
        .into_iter()
        .map(|(department, value)| {
            let announcements = layout::unpack_announcements(&value)?;
            Ok((department, Waiting { announcements, ..Waiting::default() }))
        })
        .collect()
}

/// A department's announcements that the view has not reached, oldest first.
#[derive(Default)]
struct Waiting {
    announcements: Vec<Announcement>,
    /// Payload that came into force in this step.
    in_force: Option<Bytes>,
    changed: bool,
}

impl Waiting {
    /// Only the newest matters, and the oldest: were it replaced too, announcements that come faster than the
    /// view follows would never come into force.
    fn add(&mut self, announcement: Announcement) {
        self.announcements.truncate(1);
        self.announcements.push(announcement);
        self.changed = true;
    }

    fn settle(&mut self, reached: &Positions) {
        if let Some(newest_met) = self.announcements.iter().rposition(|announcement| announcement.is_met(reached)) {
            self.in_force = self.announcements.drain(..=newest_met).next_back().map(|met| met.payload);
            self.changed = true;
        }
    }
}

impl Announcement {
    fn is_met(&self, reached: &Positions) -> bool {
        self.requires.iter().all(|(topic, partition, offset)| {
            let there = reached.get(&(topic.clone(), *partition)).copied().unwrap_or_default();
            there >= *offset
        })
    }
}
