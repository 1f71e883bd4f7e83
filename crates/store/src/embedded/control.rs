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
use std::collections::{BTreeMap, BTreeSet};

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
    let mut waiting = waiting(step.tables)?;
    let mut in_force = BTreeMap::new();
    let mut changed = BTreeSet::new();
    for write in writes {
        let announcement = Announcement { requires: write.requires, payload: write.payload };
        let earlier = waiting.insert(write.department.clone(), announcement);
        // A later announcement that must wait does not take away what an earlier one already may say.
        if let Some(earlier) = earlier.filter(|earlier| earlier.is_met(reached)) {
            in_force.insert(write.department.clone(), earlier.payload);
        }
        changed.insert(write.department);
    }
    for (department, announcement) in waiting {
        let key = layout::named_key(layout::ANNOUNCED, &department)?;
        if announcement.is_met(reached) {
            step.batch.remove(&step.tables.meta, key);
            in_force.insert(department, announcement.payload);
        } else if changed.contains(&department) {
            step.batch.insert(&step.tables.meta, key, announcement.pack());
        }
    }
    for (department, payload) in in_force {
        let key = layout::named_key(layout::IN_FORCE, &department)?;
        step.batch.insert(&step.tables.meta, key, payload.as_ref());
    }
    Ok(())
}

fn waiting(tables: &Tables) -> Result<BTreeMap<String, Announcement>, StoreError> {
    let announced = named(tables, &tables.snapshot(), layout::ANNOUNCED)?;
    announced.into_iter().map(|(department, value)| Ok((department, Announcement::unpack(&value)?))).collect()
}

impl Announcement {
    fn is_met(&self, reached: &Positions) -> bool {
        self.requires.iter().all(|(topic, partition, offset)| {
            let there = reached.get(&(topic.clone(), *partition)).copied().unwrap_or_default();
            there >= *offset
        })
    }
}
