//! From messages on the bus to writes of the store.

use bus::Delivery;
use contract::{
    canonical::v1::{NaturalPerson, Operation, Record},
    v1::{DepartmentIntake, Reject, RejectState},
};
use domain::{Identifier, IdentifierKind, Timestamp};
use prost::{Message, Name};
use std::{collections::HashMap, sync::LazyLock};
use store::{IntakeWrite, RecordState, RecordWrite, RejectWrite};

/// Longest text that a store's key is made of, in bytes; adapters keep far below it.
const MAX_TEXT: usize = 1_024;

/// The message cannot be read as what its topic carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Reads a record of `department`.
pub(crate) fn record(department: &str, delivery: &Delivery) -> Result<(RecordWrite, &'static str), Unreadable> {
    let envelope = delivery.payload.clone().ok_or(Unreadable)?;
    let record = Record::decode(envelope.clone()).map_err(|_| Unreadable)?;
    if record.department != department
        || [&record.resource, &record.key, &record.version].into_iter().any(|text| !fits(text))
    {
        return Err(Unreadable);
    }
    let (state, operation) = match record.operation() {
        Operation::Upsert => (RecordState::Current, "upsert"),
        Operation::Withdraw if record.reason == "key.changed" => (RecordState::Moved, "withdraw"),
        Operation::Withdraw => (RecordState::Withdrawn, "withdraw"),
        Operation::Unspecified => return Err(Unreadable),
    };
    let joins = joins(&record);
    let write = RecordWrite {
        source_time: instant(record.source_time.as_ref())?,
        subjects: record.subjects.iter().map(subject).collect::<Result<_, _>>()?,
        resource: record.resource,
        key: record.key,
        version: record.version,
        state,
        joins,
        envelope,
    };
    Ok((write, operation))
}

/// Identifiers that join the record to others and are no lookup of its own.
fn joins(record: &Record) -> Vec<Identifier> {
    let Some(body) = &record.body else { return Vec::new() };
    let Some(join) = JOINS.get(contract::full_name_of(&body.type_url)) else { return Vec::new() };
    let text = contract::wire::string_field(&body.value, join.field).filter(|text| fits(text));
    let mut identifiers = text.map(join.read).unwrap_or_default();
    identifiers.retain(|identifier| fits(identifier.value()));
    identifiers
}

/// A field that joins records of a message to others.
struct Join {
    /// Its number, from the descriptor: one truth.
    field: u32,
    read: fn(&str) -> Vec<Identifier>,
}

/// By full name of the message.
static JOINS: LazyLock<HashMap<String, Join>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for message in contract::pool().all_messages() {
        let number = |field: &str| message.get_field_by_name(field).map(|field| field.number());
        let household = number("household_number").filter(|_| message.full_name() == NaturalPerson::full_name());
        let household = household.map(|field| Join { field, read: household_of });
        let join = household.or_else(|| number("replaces").map(|field| Join { field, read: replaced }));
        found.extend(join.map(|join| (message.full_name().to_owned(), join)));
    }
    found
});

fn household_of(number: &str) -> Vec<Identifier> {
    vec![Identifier::from_trusted(IdentifierKind::HouseholdNumber, number)]
}

/// The certificate that another one replaces. Which of its two identifiers that is given by is not said, so the other
/// is found by either.
fn replaced(text: &str) -> Vec<Identifier> {
    let kinds = [IdentifierKind::CertificateNumber, IdentifierKind::CertificateId];
    kinds.into_iter().filter_map(|kind| Identifier::parse(kind, text).ok()).collect()
}

/// Reads a reject of `department`.
pub(crate) fn reject(department: &str, delivery: &Delivery) -> Result<RejectWrite, Unreadable> {
    let payload = delivery.payload.clone().ok_or(Unreadable)?;
    let reject = Reject::decode(payload.clone()).map_err(|_| Unreadable)?;
    if reject.department != department || !fits(&reject.reject_id) || !fits(&reject.rule) {
        return Err(Unreadable);
    }
    let state = match reject.state() {
        RejectState::Open => store::RejectState::Open,
        RejectState::Redriven => store::RejectState::Redriven,
        RejectState::Dismissed => store::RejectState::Dismissed,
        RejectState::Unspecified => return Err(Unreadable),
    };
    Ok(RejectWrite {
        rejected_at: instant(reject.rejected_at.as_ref())?,
        id: reject.reject_id,
        department: reject.department,
        rule: reject.rule,
        state,
        partition: delivery.position.partition,
        offset: delivery.position.offset,
        payload,
    })
}

/// Reads an announcement of intake.
pub(crate) fn intake(delivery: &Delivery) -> Result<IntakeWrite, Unreadable> {
    let payload = delivery.payload.clone().ok_or(Unreadable)?;
    let intake = DepartmentIntake::decode(payload.clone()).map_err(|_| Unreadable)?;
    if !fits(&intake.department) {
        return Err(Unreadable);
    }
    let topic = contract::topics::records(&intake.department);
    let mut requires = Vec::with_capacity(intake.positions.len());
    for position in &intake.positions {
        let partition = u32::try_from(position.partition).map_err(|_| Unreadable)?;
        let offset = u64::try_from(position.offset).map_err(|_| Unreadable)?;
        requires.push((topic.clone(), partition, offset));
    }
    Ok(IntakeWrite { department: intake.department, requires, payload })
}

/// One foreign message must not stop the view: what a key cannot hold is unreadable, as what cannot be parsed.
fn fits(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.len())
}

fn subject(identifier: &contract::canonical::v1::Identifier) -> Result<Identifier, Unreadable> {
    let kind = identifier.kind.parse().map_err(|_| Unreadable)?;
    if !fits(&identifier.value) {
        return Err(Unreadable);
    }
    Ok(Identifier::from_trusted(kind, identifier.value.clone()))
}

/// A version whose own time the source does not tell is older than any other.
fn instant(timestamp: Option<&prost_types::Timestamp>) -> Result<Timestamp, Unreadable> {
    let Some(timestamp) = timestamp else { return Ok(Timestamp::UNIX_EPOCH) };
    contract::convert::from_wire(timestamp).map_err(|_| Unreadable)
}
