//! Synthetic writes.

use crate::{Batch, IntakeWrite, Positions, RecordState, RecordWrite, RejectState, RejectWrite};
use bytes::Bytes;
use domain::{Identifier, IdentifierKind, Timestamp};

pub(super) const RESOURCE: &str = "sample";
pub(super) const RECORDS: &str = "records";

pub(super) fn id(value: &str) -> Identifier {
    Identifier::from_trusted(IdentifierKind::SourceKey, value)
}

pub(super) fn at(second: u32) -> Timestamp {
    Timestamp::from_timestamp_micros(1_700_000_000_000_000 + i64::from(second) * 1_000_000).unwrap_or_default()
}

/// A current record whose time and envelope follow its version.
pub(super) fn record(key: &str, version: u32, subjects: &[&str]) -> RecordWrite {
    RecordWrite {
        resource: RESOURCE.to_owned(),
        key: key.to_owned(),
        version: format!("{version:03}"),
        state: RecordState::Current,
        source_time: at(version),
        subjects: subjects.iter().copied().map(id).collect(),
        joins: Vec::new(),
        envelope: Bytes::from(format!("{key} in version {version}")),
    }
}

pub(super) fn records(writes: impl IntoIterator<Item = RecordWrite>) -> Batch {
    Batch { records: writes.into_iter().collect(), ..Batch::default() }
}

/// An open reject refused at its own second.
pub(super) fn reject(id: &str, second: u32, offset: u64) -> RejectWrite {
    RejectWrite {
        id: id.to_owned(),
        department: "north".to_owned(),
        rule: "sample.rule".to_owned(),
        state: RejectState::Open,
        rejected_at: at(second),
        partition: 0,
        offset,
        payload: Bytes::from(format!("{id} from {offset}")),
    }
}

pub(super) fn rejects(writes: impl IntoIterator<Item = RejectWrite>) -> Batch {
    Batch { rejects: writes.into_iter().collect(), ..Batch::default() }
}

/// An announcement that waits for `offset`.
pub(super) fn intake(name: &'static str, offset: u64) -> IntakeWrite {
    IntakeWrite {
        department: "north".to_owned(),
        requires: vec![(RECORDS.to_owned(), 0, offset)],
        payload: Bytes::from_static(name.as_bytes()),
    }
}

pub(super) fn reached(offset: u64) -> Positions {
    Positions::from([((RECORDS.to_owned(), 0), offset)])
}
