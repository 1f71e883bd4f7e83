//! Checked conversion between wire types and domain types. Wire types stop at the edge.

use crate::{ContractError, canonical::v1 as canonical, json, v1};
use chrono::DateTime;
use domain::{Identifier, IdentifierKind, Outcome, Timestamp, catalogue};
use prost::Name;
use prost_types::Timestamp as WireTimestamp;
use serde::Serialize;

/// First and last second of the years 1 to 9999, the range of `google.protobuf.Timestamp`.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Why an identifier in a question is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The kind is not on the list; the field is `kind`.
    #[error("unknown identifier kind")]
    Kind,
    /// The value fails its kind's check; the field is `value`.
    #[error(transparent)]
    Value(#[from] domain::identifier::IdentifierFault),
}

impl From<&Identifier> for canonical::Identifier {
    fn from(identifier: &Identifier) -> Self {
        Self { kind: identifier.kind().as_str().to_owned(), value: identifier.value().to_owned() }
    }
}

impl TryFrom<&canonical::Identifier> for Identifier {
    type Error = IdentifierError;

    /// Normalises and checks, as for identifiers in records.
    fn try_from(wire: &canonical::Identifier) -> Result<Self, IdentifierError> {
        let kind: IdentifierKind = wire.kind.parse().map_err(|_| IdentifierError::Kind)?;
        Ok(Self::parse(kind, &wire.value)?)
    }
}

impl From<Outcome> for v1::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Found => Self::Found,
            Outcome::NotFound => Self::NotFound,
            Outcome::Withdrawn => Self::Withdrawn,
            Outcome::NoCoverage => Self::NoCoverage,
            Outcome::Ambiguous => Self::Ambiguous,
            Outcome::Stale => Self::Stale,
            Outcome::Unavailable => Self::Unavailable,
            Outcome::Refused => Self::Refused,
            Outcome::Invalid => Self::Invalid,
        }
    }
}

/// An instant for the wire.
#[must_use]
pub fn to_wire(instant: Timestamp) -> WireTimestamp {
    // A leap second is 1,000,000,000 nanoseconds or more in chrono, which the wire does not allow.
    let nanos = instant.timestamp_subsec_nanos().min(999_999_999);
    WireTimestamp { seconds: instant.timestamp(), nanos: i32::try_from(nanos).unwrap_or_default() }
}

/// An instant from the wire.
///
/// # Errors
/// [`ContractError::Timestamp`] outside the years 1 to 9999, or with nanoseconds outside a second.
pub fn from_wire(wire: &WireTimestamp) -> Result<Timestamp, ContractError> {
    let nanos =
        u32::try_from(wire.nanos).ok().filter(|nanos| *nanos < 1_000_000_000).ok_or(ContractError::Timestamp)?;
    if !SECONDS.contains(&wire.seconds) {
        return Err(ContractError::Timestamp);
    }
    DateTime::from_timestamp(wire.seconds, nanos).ok_or(ContractError::Timestamp)
}

/// A catalogue resource for the wire. Names and values are those of its TOML file.
///
/// # Errors
/// [`ContractError::Entry`] when the entry has a key that the message lacks.
pub fn resource(entry: &catalogue::Resource) -> Result<v1::Resource, ContractError> {
    transcode(&entry.id, entry)
}

/// A grant for the wire. Names and values are those of its TOML file.
///
/// # Errors
/// [`ContractError::Entry`] when the entry has a key that the message lacks.
pub fn grant(entry: &catalogue::Grant) -> Result<v1::Grant, ContractError> {
    transcode(&entry.id, entry)
}

fn transcode<M: prost::Message + Name + Default>(id: &str, entry: &impl Serialize) -> Result<M, ContractError> {
    let fault = || ContractError::Entry { id: id.to_owned() };
    let value = serde_json::to_value(entry).map_err(|_| fault())?;
    let bytes = json::from_value(&M::full_name(), &value).map_err(|_| fault())?;
    M::decode(bytes.as_slice()).map_err(|_| fault())
}

#[cfg(test)]
mod tests;
