//! Records of a batch: newest versions and their index entries.

use super::{layout, layout::Header, tables::Step};
use crate::{Applied, Fresh, RecordWrite, StoreError, engine::failure};
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

/// An index entry that comes, or goes.
struct Change {
    entry: Vec<u8>,
    comes: bool,
}

/// `fresh` is every key that the view can hold, where that is known.
pub(super) fn write(
    step: &mut Step<'_>,
    fresh: Option<&mut Fresh>,
    writes: Vec<RecordWrite>,
) -> Result<Applied, StoreError> {
    let count = writes.len();
    let touched = newest_per_key(step, fresh, writes)?;
    let mut applied = Applied::default();
    let mut changes = Vec::with_capacity(2 * touched.len());
    for (key, touched) in touched {
        if let Some(newest) = touched.newest {
            replace(step, key, touched.stored.as_deref(), &newest, &mut changes)?;
            applied.changed += 1;
        }
    }
    // The engine is fastest with keys in order. No entry is there twice: it ends with the key of its record, and of one record
    // it comes or goes.
    changes.sort_unstable_by(|one, other| one.entry.cmp(&other.entry));
    for Change { entry, comes } in changes {
        if comes {
            step.batch.insert(&step.tables.lookup, entry, []);
        } else {
            step.batch.remove(&step.tables.lookup, entry);
        }
    }
    applied.ignored = count - applied.changed;
    Ok(applied)
}

fn newest_per_key(
    step: &Step<'_>,
    mut fresh: Option<&mut Fresh>,
    writes: Vec<RecordWrite>,
) -> Result<BTreeMap<Vec<u8>, Touched>, StoreError> {
    let mut touched: BTreeMap<Vec<u8>, Touched> = BTreeMap::new();
    for write in writes {
        let key = layout::record_key(&write.resource, &write.key)?;
        if let Some(touched) = touched.get_mut(&key) {
            touched.take(write)?;
        } else {
            let is_new = fresh.as_mut().is_some_and(|fresh| !fresh.add(key.as_slice()));
            let stored = if is_new { None } else { step.tables.records.get(&key).map_err(failure)? };
            let mut first = Touched { stored, newest: None };
            first.take(write)?;
            touched.insert(key, first);
        }
    }
    Ok(touched)
}

fn replace(
    step: &mut Step<'_>,
    key: Vec<u8>,
    stored: Option<&[u8]>,
    newest: &RecordWrite,
    changes: &mut Vec<Change>,
) -> Result<(), StoreError> {
    let header = Header::of(newest);
    let entries = header.entries(&newest.resource, &newest.key)?;
    let known = match stored {
        Some(value) => Header::unpack(value)?.0.entries(&newest.resource, &newest.key)?,
        None => BTreeSet::new(),
    };
    changes.extend(known.difference(&entries).map(|outdated| Change { entry: outdated.clone(), comes: false }));
    changes
        .extend(entries.into_iter().filter(|entry| !known.contains(entry)).map(|entry| Change { entry, comes: true }));
    step.batch.insert(&step.tables.records, key, header.pack(&newest.envelope));
    Ok(())
}
