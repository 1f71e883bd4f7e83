//! The memory that a published title implies. It does not say under which `xh` a holder stands; rows that come again tell.

use super::{
    REAL_ESTATE_TITLE,
    memory::{Holder, Memory, Stranded, Title, Withdrawn, entity_of},
};
use contract::canonical::v1::{Operation, RealEstateTitle, Record};
use domain::Version;
use prost::Message;

/// The entity and memory behind a record.
pub(super) fn recall(record: &Record) -> Option<(String, Vec<u8>)> {
    if record.resource != REAL_ESTATE_TITLE {
        return None;
    }
    let serial = serial_of(record)?;
    let time = record.source_time.unwrap_or_default();
    let at = time.seconds * 1000 + i64::from(time.nanos) / 1_000_000;
    let memory = if record.operation() == Operation::Withdraw {
        withdrawn(record, serial, at)
    } else {
        published(record, serial, at)?
    };
    Some((entity_of(&record.key), memory.encode_to_vec()))
}

/// What stood before, and that a title's record is on the bus.
pub(super) fn note_on_bus(record: &Record, memory: Option<&[u8]>) -> Option<Vec<u8>> {
    let (mut memory, serial) = (Memory::read(memory), serial_of(record)?);
    memory.overtake(serial);
    if record.operation() == Operation::Upsert && memory.stranded.is_none() {
        let body = RealEstateTitle::decode(record.body.as_ref()?.value.as_slice()).ok()?;
        let (subjects, holders) = (record.subjects.clone(), body.holders.len() as u64);
        memory.stranded = Some(Stranded { serial, subjects, holders });
    }
    Some(memory.encode_to_vec())
}

fn serial_of(record: &Record) -> Option<u64> {
    Version::parse(&record.version)?.stamp().parse().ok()
}

fn published(record: &Record, serial: u64, at: i64) -> Option<Memory> {
    let mut body = RealEstateTitle::decode(record.body.as_ref()?.value.as_slice()).ok()?;
    let parties = std::mem::take(&mut body.holders);
    let holders = parties.into_iter().map(|party| Holder { place: None, serial: 0, party: Some(party) }).collect();
    let title = Title { serial, body, flags: record.flags.clone(), at };
    Some(Memory { title: Some(title), holders, is_published: true, ..Memory::default() })
}

fn withdrawn(record: &Record, serial: u64, at: i64) -> Memory {
    let is_invalidated = record.reason == super::title::INVALIDATED;
    let floor = if is_invalidated { serial } else { serial.saturating_sub(1) };
    let withdrawn = Withdrawn { serial, is_invalidated, subjects: record.subjects.clone(), at };
    Memory { floor, withdrawn: Some(withdrawn), ..Memory::default() }
}
