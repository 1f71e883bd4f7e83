//! Rejects of a batch: newest state per id, index by time, count of the open ones.

use super::{layout, layout::RejectEntry, tables::Step};
use crate::{
    RejectState, RejectWrite, StoreError,
    encoding::{Pack, Unpack},
    engine::failure,
};
use std::collections::{BTreeMap, btree_map::Entry};

/// Change of the number of open rejects, by department and rule.
type Counts = BTreeMap<(String, String), i64>;

struct Touched {
    stored: Option<RejectEntry>,
    newest: Option<RejectEntry>,
}

impl Touched {
    /// The newest write says how the reject stands; the first holds the original bytes. What comes
    /// again from a position that was passed says nothing new.
    fn take(&mut self, write: RejectWrite) {
        let at = (write.partition, write.offset);
        let known = self.newest.as_ref().or(self.stored.as_ref());
        let Some(known) = known else {
            self.newest = Some(entry(write, at));
            return;
        };
        let first = if is_before(at, known.first) { at } else { known.first };
        if at != known.last && !is_before(at, known.last) {
            self.newest = Some(entry(write, first));
        } else if first != known.first {
            self.newest = Some(RejectEntry { first, ..known.clone() });
        }
    }
}

pub(super) fn write(step: &mut Step<'_>, writes: Vec<RejectWrite>) -> Result<(), StoreError> {
    let mut touched = BTreeMap::new();
    for write in writes {
        let touched = match touched.entry(write.id.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let stored = stored(step, new.key())?;
                new.insert(Touched { stored, newest: None })
            }
        };
        touched.take(write);
    }
    let mut counts = Counts::new();
    for (id, touched) in touched {
        if let Some(newest) = touched.newest {
            replace(step, &id, touched.stored.as_ref(), &newest)?;
            count(&mut counts, touched.stored, -1);
            count(&mut counts, Some(newest), 1);
        }
    }
    counts.into_iter().try_for_each(|(of, change)| write_count(step, of, change))
}

fn entry(write: RejectWrite, first: (u32, u64)) -> RejectEntry {
    RejectEntry {
        state: write.state,
        rejected_at: write.rejected_at,
        first,
        last: (write.partition, write.offset),
        department: write.department,
        rule: write.rule,
        payload: write.payload,
    }
}

fn is_before(at: (u32, u64), other: (u32, u64)) -> bool {
    at.0 == other.0 && at.1 < other.1
}

fn stored(step: &Step<'_>, id: &str) -> Result<Option<RejectEntry>, StoreError> {
    let value = step.tables.rejects.get(layout::reject_key(id)?).map_err(failure)?;
    value.map(|value| RejectEntry::unpack(&value)).transpose()
}

fn replace(
    step: &mut Step<'_>,
    id: &str,
    stored: Option<&RejectEntry>,
    newest: &RejectEntry,
) -> Result<(), StoreError> {
    let rejects = &step.tables.rejects;
    let by_time = layout::reject_time_key(newest.rejected_at, id)?;
    if let Some(stored) = stored {
        let outdated = layout::reject_time_key(stored.rejected_at, id)?;
        if outdated != by_time {
            step.batch.remove(rejects, outdated);
        }
    }
    step.batch.insert(rejects, by_time, newest.pack_summary());
    step.batch.insert(rejects, layout::reject_key(id)?, newest.pack());
    Ok(())
}

fn count(counts: &mut Counts, reject: Option<RejectEntry>, change: i64) {
    if let Some(reject) = reject
        && reject.state == RejectState::Open
    {
        *counts.entry((reject.department, reject.rule)).or_default() += change;
    }
}

fn write_count(step: &mut Step<'_>, (department, rule): (String, String), change: i64) -> Result<(), StoreError> {
    let meta = &step.tables.meta;
    let key = layout::count_key(&department, &rule)?;
    let before = meta.get(&key).map_err(failure)?;
    let before = before.map_or(Ok(0), |value| Unpack::new("count of open rejects", &value).number())?;
    match before.saturating_add_signed(change) {
        0 => step.batch.remove(meta, key),
        after => step.batch.insert(meta, key, Pack::default().number(after).into_value()),
    }
    Ok(())
}
