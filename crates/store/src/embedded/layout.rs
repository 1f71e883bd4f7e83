//! Keys and values on disk.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | records | resource, key | state, time, version, subjects, joins, envelope |
//! | lookup | resource, index, kind, value, state, time (newest first), key | nothing |
//! | rejects | `i`, id | state, time, first and last position, department, rule, payload |
//! | rejects | `t`, time (newest first), id | state, department, rule |
//! | meta | `p`, topic, partition | next offset |
//! | meta | `c`, control key | payload |
//! | meta | `a`, department | announced, not yet in force, oldest first: requirements, payload |
//! | meta | `f`, department | payload of the announcement in force |
//! | meta | `o`, department, rule | open rejects |

use crate::{
    Cursor, Index, Lookup, RecordState, RecordWrite, RejectState, StoreError,
    encoding::{Pack, Unpack},
};
use bytes::Bytes;
use domain::{Identifier, Timestamp};
use std::collections::BTreeSet;

pub(super) const POSITION: u8 = b'p';
pub(super) const CONTROL: u8 = b'c';
pub(super) const ANNOUNCED: u8 = b'a';
pub(super) const IN_FORCE: u8 = b'f';
pub(super) const OPEN_COUNT: u8 = b'o';
pub(super) const BY_ID: u8 = b'i';
pub(super) const BY_TIME: u8 = b't';

/// Bytes that ordinary headers and keys fit in.
const ORDINARY: usize = 96;

/// Kind code and value.
type Indexed<'a> = (u8, &'a [u8]);

/// What is kept of a record beside its envelope.
#[derive(Debug, Clone)]
pub(super) struct Header<'a> {
    pub(super) state: RecordState,
    pub(super) source_time: Timestamp,
    pub(super) version: &'a [u8],
    subjects: Vec<Indexed<'a>>,
    joins: Vec<Indexed<'a>>,
}

impl<'a> Header<'a> {
    pub(super) fn of(write: &'a RecordWrite) -> Self {
        Self {
            state: write.state,
            source_time: write.source_time,
            version: write.version.as_bytes(),
            subjects: write.subjects.iter().map(indexed).collect(),
            joins: write.joins.iter().map(indexed).collect(),
        }
    }

    pub(super) fn pack(&self, envelope: &[u8]) -> Vec<u8> {
        let pack = Pack::with_room(envelope.len() + ORDINARY).byte(record_state_code(self.state));
        let pack = pack.time(self.source_time).sized(self.version);
        pack_indexed(pack_indexed(pack, &self.subjects), &self.joins).rest(envelope).into_value()
    }

    /// The header, and the envelope behind it.
    pub(super) fn unpack(value: &'a [u8]) -> Result<(Self, &'a [u8]), StoreError> {
        let mut parts = Unpack::new("record", value);
        let header = Self {
            state: record_state(parts.byte()?).ok_or_else(|| parts.damaged())?,
            source_time: parts.time()?,
            version: parts.sized()?,
            subjects: unpack_indexed(&mut parts)?,
            joins: unpack_indexed(&mut parts)?,
        };
        Ok((header, parts.rest()))
    }

    /// The keys of its entries in the index.
    pub(super) fn entries(&self, resource: &str, key: &str) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        if self.state == RecordState::Moved {
            return Ok(BTreeSet::new());
        }
        let subjects = self.subjects.iter().map(|by| (Index::Subject, by));
        let joins = self.joins.iter().map(|by| (Index::Join, by));
        subjects
            .chain(joins)
            .map(|(index, &by)| {
                let entry = lookup_beginning(resource, index, by, self.state).time(self.source_time);
                entry.rest(key.as_bytes()).into_key("an identifier with its record's key")
            })
            .collect()
    }
}

/// What is kept of a reject.
#[derive(Debug, Clone)]
pub(super) struct RejectEntry {
    pub(super) state: RejectState,
    pub(super) rejected_at: Timestamp,
    /// Position of the write that holds the original bytes.
    pub(super) first: (u32, u64),
    /// Position of the write that the state comes from.
    pub(super) last: (u32, u64),
    pub(super) department: String,
    pub(super) rule: String,
    pub(super) payload: Bytes,
}

impl RejectEntry {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut pack = Pack::default().byte(reject_state_code(self.state)).time(self.rejected_at);
        for (partition, offset) in [self.first, self.last] {
            pack = pack.number(u64::from(partition)).number(offset);
        }
        pack.sized(self.department.as_bytes()).sized(self.rule.as_bytes()).rest(&self.payload).into_value()
    }

    pub(super) fn unpack(value: &[u8]) -> Result<Self, StoreError> {
        let mut parts = Unpack::new("reject", value);
        Ok(Self {
            state: reject_state(parts.byte()?).ok_or_else(|| parts.damaged())?,
            rejected_at: parts.time()?,
            first: (parts.small()?, parts.number()?),
            last: (parts.small()?, parts.number()?),
            department: parts.sized_text()?,
            rule: parts.sized_text()?,
            payload: Bytes::copy_from_slice(parts.rest()),
        })
    }

    /// What the index by time says of it, so that a listing reads only what it shows.
    pub(super) fn pack_summary(&self) -> Vec<u8> {
        let pack = Pack::default().byte(reject_state_code(self.state));
        pack.sized(self.department.as_bytes()).rest(self.rule.as_bytes()).into_value()
    }
}

/// State, department and rule of a reject.
#[derive(Debug)]
pub(super) struct RejectSummary {
    pub(super) state: RejectState,
    pub(super) department: String,
    pub(super) rule: String,
}

impl RejectSummary {
    pub(super) fn unpack(value: &[u8]) -> Result<Self, StoreError> {
        let mut parts = Unpack::new("reject in the index by time", value);
        Ok(Self {
            state: reject_state(parts.byte()?).ok_or_else(|| parts.damaged())?,
            department: parts.sized_text()?,
            rule: parts.rest_text()?,
        })
    }
}

/// An announcement that waits for the view to reach what it speaks of.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    pub(super) requires: Vec<(String, u32, u64)>,
    pub(super) payload: Bytes,
}

impl Announcement {
    fn pack(&self) -> Vec<u8> {
        let mut pack = Pack::default().number(self.requires.len() as u64);
        for (topic, partition, offset) in &self.requires {
            pack = pack.sized(topic.as_bytes()).number(u64::from(*partition)).number(*offset);
        }
        pack.rest(&self.payload).into_value()
    }

    fn unpack(value: &[u8]) -> Result<Self, StoreError> {
        let mut parts = Unpack::new("intake announcement", value);
        let count = parts.number()?;
        let requires = (0..count).map(|_| Ok((parts.sized_text()?, parts.small()?, parts.number()?)));
        let requires = requires.collect::<Result<_, StoreError>>()?;
        Ok(Self { requires, payload: Bytes::copy_from_slice(parts.rest()) })
    }
}

pub(super) fn pack_announcements(announcements: &[Announcement]) -> Vec<u8> {
    let packs = announcements.iter().map(Announcement::pack);
    packs.fold(Pack::default(), |all, pack| all.sized(&pack)).into_value()
}

pub(super) fn unpack_announcements(value: &[u8]) -> Result<Vec<Announcement>, StoreError> {
    let mut parts = Unpack::new("intake announcements", value);
    let mut announcements = Vec::new();
    while !parts.rest().is_empty() {
        announcements.push(Announcement::unpack(parts.sized()?)?);
    }
    Ok(announcements)
}

pub(super) fn record_key(resource: &str, key: &str) -> Result<Vec<u8>, StoreError> {
    let pack = Pack::with_room(resource.len() + 1 + key.len()).text(resource.as_bytes());
    pack.rest(key.as_bytes()).into_key("a record's key")
}

/// What the keys of all answers to a question begin with.
pub(super) fn lookup_prefix(lookup: &Lookup<'_>) -> Result<Vec<u8>, StoreError> {
    lookup_beginning(lookup.resource, lookup.index, indexed(lookup.by), lookup.state).into_key("an identifier")
}

/// The part of an index key that follows the prefix.
pub(super) fn lookup_place(cursor: &Cursor) -> Vec<u8> {
    Pack::default().time(cursor.source_time).rest(cursor.key.as_bytes()).into_value()
}

pub(super) fn reject_key(id: &str) -> Result<Vec<u8>, StoreError> {
    Pack::tagged(BY_ID).rest(id.as_bytes()).into_key("a reject's id")
}

pub(super) fn reject_time_key(rejected_at: Timestamp, id: &str) -> Result<Vec<u8>, StoreError> {
    Pack::tagged(BY_TIME).time(rejected_at).rest(id.as_bytes()).into_key("a reject's id")
}

/// A key of the meta keyspace that ends with a name.
pub(super) fn named_key(tag: u8, name: &str) -> Result<Vec<u8>, StoreError> {
    Pack::tagged(tag).rest(name.as_bytes()).into_key("a name")
}

pub(super) fn position_key(topic: &str, partition: u32) -> Result<Vec<u8>, StoreError> {
    let key = Pack::tagged(POSITION).text(topic.as_bytes()).rest(&partition.to_be_bytes());
    key.into_key("a topic's name")
}

pub(super) fn count_key(department: &str, rule: &str) -> Result<Vec<u8>, StoreError> {
    let key = Pack::tagged(OPEN_COUNT).text(department.as_bytes()).rest(rule.as_bytes());
    key.into_key("a rule's id")
}

fn lookup_beginning(resource: &str, index: Index, by: Indexed<'_>, state: RecordState) -> Pack {
    let index = match index {
        Index::Subject => 1,
        Index::Join => 2,
    };
    let pack = Pack::with_room(ORDINARY).text(resource.as_bytes());
    pack.byte(index).byte(by.0).text(by.1).byte(record_state_code(state))
}

fn indexed(identifier: &Identifier) -> Indexed<'_> {
    (identifier.kind().code(), identifier.value().as_bytes())
}

fn pack_indexed(pack: Pack, identifiers: &[Indexed<'_>]) -> Pack {
    let pack = pack.number(identifiers.len() as u64);
    identifiers.iter().fold(pack, |pack, (code, value)| pack.byte(*code).sized(value))
}

fn unpack_indexed<'a>(parts: &mut Unpack<'a>) -> Result<Vec<Indexed<'a>>, StoreError> {
    let count = parts.number()?;
    (0..count).map(|_| Ok((parts.byte()?, parts.sized()?))).collect()
}

fn record_state_code(state: RecordState) -> u8 {
    match state {
        RecordState::Current => 1,
        RecordState::Withdrawn => 2,
        RecordState::Moved => 3,
    }
}

fn record_state(code: u8) -> Option<RecordState> {
    [RecordState::Current, RecordState::Withdrawn, RecordState::Moved]
        .into_iter()
        .find(|&state| record_state_code(state) == code)
}

fn reject_state_code(state: RejectState) -> u8 {
    match state {
        RejectState::Open => 1,
        RejectState::Redriven => 2,
        RejectState::Dismissed => 3,
    }
}

fn reject_state(code: u8) -> Option<RejectState> {
    [RejectState::Open, RejectState::Redriven, RejectState::Dismissed]
        .into_iter()
        .find(|&state| reject_state_code(state) == code)
}
