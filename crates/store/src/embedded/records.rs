//! Records of a batch: newest versions and their index entries.

use super::{layout, layout::Header, tables::Step};
use crate::{Applied, RecordWrite, StoreError, engine::failure};
use fjall::Slice;
use std::collections::{BTreeMap, BTreeSet};

/// A key that the batch speaks of.
struct Touched {
    stored: Option<Slice>,
    /// The batch's newest version, when it is newer than the stored one.
    newest: Option<RecordWrite>,
}

impl Touched {
    fn newest_version(&self) -> Result<Option<&[u8]>, StoreError> {
        match (&self.newest, &self.stored) {
            (Some(newest), _) => Ok(Some(newest.version.as_bytes())),
            (None, Some(stored)) => Ok(Some(Header::unpack(stored)?.0.version)),
            (None, None) => Ok(None),
        }
    }

    fn take(&mut self, write: RecordWrite) -> Result<(), StoreError> {
        if self.newest_version()?.is_none_or(|newest| write.version.as_bytes() > newest) {
            self.newest = Some(write);
        }
        Ok(())
    }
}

pub(super) fn write(step: &mut Step<'_>, writes: Vec<RecordWrite>) -> Result<Applied, StoreError> {
    let count = writes.len();
    let touched = newest_per_key(step, writes)?;
    let mut applied = Applied::default();
    for (key, touched) in touched {
        if let Some(newest) = touched.newest {
            replace(step, key, touched.stored.as_deref(), &newest)?;
            applied.changed += 1;
        }
    }
    applied.ignored = count - applied.changed;
    Ok(applied)
}

fn newest_per_key(step: &Step<'_>, writes: Vec<RecordWrite>) -> Result<BTreeMap<Vec<u8>, Touched>, StoreError> {
    let mut touched: BTreeMap<Vec<u8>, Touched> = BTreeMap::new();
    for write in writes {
        let key = layout::record_key(&write.resource, &write.key)?;
        if let Some(touched) = touched.get_mut(&key) {
            touched.take(write)?;
        } else {
            let stored = step.tables.records.get(&key).map_err(failure)?;
            let mut first = Touched { stored, newest: None };
            first.take(write)?;
            touched.insert(key, first);
        }
    }
    Ok(touched)
}

fn replace(step: &mut Step<'_>, key: Vec<u8>, stored: Option<&[u8]>, newest: &RecordWrite) -> Result<(), StoreError> {
    let header = Header::of(newest);
    let entries = header.entries(&newest.resource, &newest.key)?;
    let known = match stored {
        Some(value) => Header::unpack(value)?.0.entries(&newest.resource, &newest.key)?,
        None => BTreeSet::new(),
    };
    for outdated in known.difference(&entries) {
        step.batch.remove(&step.tables.lookup, outdated.as_slice());
    }
    for missing in entries.difference(&known) {
        step.batch.insert(&step.tables.lookup, missing.as_slice(), []);
    }
    step.batch.insert(&step.tables.records, key, header.pack(&newest.envelope));
    Ok(())
}
