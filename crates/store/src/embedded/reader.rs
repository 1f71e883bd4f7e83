//! The reading end. A read takes some 10 µs, so it is done in place.

use super::{
    control,
    layout::{self, Header, RejectEntry, RejectSummary},
    tables::Tables,
};
use crate::{
    Lookup, Page, Positions, RecordState, RejectFilter, StoreError, StoredRecord, StoredReject, ViewReader,
    encoding::{Pack, Unpack},
    engine::failure,
};
use bytes::Bytes;
use domain::Timestamp;
use fjall::{Iter, Readable, Snapshot};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, ops::Bound};

/// The reading end of an [`EmbeddedView`](crate::EmbeddedView); every answer is of one moment between batches.
#[derive(Clone)]
pub struct EmbeddedViewReader {
    tables: Tables,
}

impl EmbeddedViewReader {
    pub(super) fn new(tables: Tables) -> Self {
        Self { tables }
    }
}

impl ViewReader for EmbeddedViewReader {
    async fn record(&self, resource: &str, key: &str) -> Result<Option<StoredRecord>, StoreError> {
        let stored = self.stored(&self.tables.snapshot(), resource, key)?;
        Ok(stored.filter(|record| record.state != RecordState::Moved))
    }

    async fn lookup(&self, lookup: Lookup<'_>) -> Result<Page, StoreError> {
        let snapshot = self.tables.snapshot();
        let prefix = layout::lookup_prefix(&lookup)?;
        let after = lookup.after.map(|cursor| [prefix.as_slice(), &layout::lookup_place(cursor)].concat());
        let start = after.map_or(Bound::Included(prefix.clone()), Bound::Excluded);
        let mut page = Page::default();
        for entry in snapshot.range(&self.tables.lookup, (start, end_of(&prefix))) {
            if page.records.len() == lookup.limit {
                page.more = true;
                break;
            }
            let entry = entry.key().map_err(failure)?;
            page.records.push(self.found(&snapshot, lookup.resource, &entry[prefix.len()..])?);
        }
        Ok(page)
    }

    async fn rejects(&self, filter: &RejectFilter) -> Result<Vec<StoredReject>, StoreError> {
        let snapshot = self.tables.snapshot();
        let mut found = Vec::new();
        let range = (start_of_rejects(filter)?, end_of(&[layout::BY_TIME]));
        for entry in snapshot.range(&self.tables.rejects, range) {
            if found.len() == filter.limit {
                break;
            }
            let (key, value) = entry.into_inner().map_err(failure)?;
            let mut parts = Unpack::new("index of rejects", key.get(1..).unwrap_or_default());
            let rejected_at = parts.time()?;
            if filter.from.is_some_and(|from| rejected_at < to_the_microsecond(from)) {
                break;
            }
            if is_wanted(filter, rejected_at, &RejectSummary::unpack(&value)?) {
                found.extend(self.stored_reject(&snapshot, &parts.rest_text()?)?);
            }
        }
        Ok(found)
    }

    async fn reject(&self, id: &str) -> Result<Option<StoredReject>, StoreError> {
        self.stored_reject(&self.tables.snapshot(), id)
    }

    async fn open_rejects(&self) -> Result<BTreeMap<(String, String), u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for entry in self.tables.snapshot().prefix(&self.tables.meta, [layout::OPEN_COUNT]) {
            let (key, value) = entry.into_inner().map_err(failure)?;
            let mut parts = Unpack::new("count of open rejects", key.get(1..).unwrap_or_default());
            let of = (parts.text()?, parts.rest_text()?);
            counts.insert(of, Unpack::new("count of open rejects", &value).number()?);
        }
        Ok(counts)
    }

    async fn control(&self) -> Result<BTreeMap<String, Bytes>, StoreError> {
        control::named(&self.tables, &self.tables.snapshot(), layout::CONTROL)
    }

    async fn intakes(&self) -> Result<BTreeMap<String, Bytes>, StoreError> {
        control::named(&self.tables, &self.tables.snapshot(), layout::IN_FORCE)
    }

    async fn positions(&self) -> Result<Positions, StoreError> {
        control::positions(&self.tables, &self.tables.snapshot())
    }

    async fn digest(&self) -> Result<[u8; 32], StoreError> {
        let Tables { records, lookup, rejects, meta, .. } = &self.tables;
        let snapshot = self.tables.snapshot();
        let mut digest = Sha256::new();
        for keyspace in [records, lookup, rejects] {
            add_entries(&mut digest, snapshot.iter(keyspace))?;
        }
        // Positions are the one thing that may differ; the mark is the same in all views of this version.
        for tag in [layout::ANNOUNCED, layout::CONTROL, layout::IN_FORCE, layout::OPEN_COUNT] {
            add_entries(&mut digest, snapshot.prefix(meta, [tag]))?;
        }
        Ok(digest.finalize().into())
    }
}

impl EmbeddedViewReader {
    fn stored(&self, snapshot: &Snapshot, resource: &str, key: &str) -> Result<Option<StoredRecord>, StoreError> {
        let Some(value) = snapshot.get(&self.tables.records, layout::record_key(resource, key)?).map_err(failure)?
        else {
            return Ok(None);
        };
        let (header, envelope) = Header::unpack(&value)?;
        Ok(Some(StoredRecord {
            state: header.state,
            source_time: header.source_time,
            key: key.to_owned(),
            envelope: Bytes::copy_from_slice(envelope),
        }))
    }

    /// The record that an index entry speaks of; `place` is time and key.
    fn found(&self, snapshot: &Snapshot, resource: &str, place: &[u8]) -> Result<StoredRecord, StoreError> {
        let mut parts = Unpack::new("index", place);
        parts.time()?;
        let record = self.stored(snapshot, resource, &parts.rest_text()?)?;
        record.ok_or_else(|| StoreError::Corrupt { what: "index speaks of a record that is not there".to_owned() })
    }

    fn stored_reject(&self, snapshot: &Snapshot, id: &str) -> Result<Option<StoredReject>, StoreError> {
        let Some(value) = snapshot.get(&self.tables.rejects, layout::reject_key(id)?).map_err(failure)? else {
            return Ok(None);
        };
        let entry = RejectEntry::unpack(&value)?;
        Ok(Some(StoredReject {
            id: id.to_owned(),
            department: entry.department,
            rule: entry.rule,
            state: entry.state,
            rejected_at: entry.rejected_at,
            partition: entry.first.0,
            offset: entry.first.1,
            payload: entry.payload,
        }))
    }
}

/// Adds a keyspace, or part of one, and how many entries it has.
fn add_entries(digest: &mut Sha256, entries: Iter) -> Result<(), StoreError> {
    let mut count = 0;
    for entry in entries {
        let (key, value) = entry.into_inner().map_err(failure)?;
        digest.update(Pack::default().sized(&key).sized(&value).into_value());
        count += 1;
    }
    digest.update(Pack::default().number(count).into_value());
    Ok(())
}

fn start_of_rejects(filter: &RejectFilter) -> Result<Bound<Vec<u8>>, StoreError> {
    let newest = filter.to.unwrap_or(Timestamp::MAX_UTC);
    let start = layout::reject_time_key(newest, "")?;
    let Some((rejected_at, id)) = &filter.after else { return Ok(Bound::Included(start)) };
    let after = layout::reject_time_key(*rejected_at, id)?;
    Ok(if after < start { Bound::Included(start) } else { Bound::Excluded(after) })
}

fn is_wanted(filter: &RejectFilter, rejected_at: Timestamp, reject: &RejectSummary) -> bool {
    filter.to.is_none_or(|to| rejected_at < to_the_microsecond(to))
        && filter.state.is_none_or(|state| reject.state == state)
        && filter.department.as_ref().is_none_or(|department| reject.department == *department)
        && filter.rule.as_ref().is_none_or(|rule| reject.rule == *rule)
}

fn to_the_microsecond(time: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

/// The first key behind all that begin with `prefix`.
fn end_of(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}
