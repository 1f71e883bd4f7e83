//! What is remembered of an enterprise, under its `PRIPID`: which numbers it is published under, and the newest stamp.

use super::{LEGAL_PERSON, numbers::Numbers};
use crate::rules::LEGAL_REP_CONFLICT;
use contract::canonical::v1::{LegalPerson, Operation, Record};
use domain::{
    Version,
    identifier::{RegistrationNumber, Uscc},
};
use prost::Message;
use sha2::{Digest, Sha256};

/// What earlier rows of an enterprise left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memory {
    /// Newest stamp of the enterprise's rows.
    pub(super) stamp: String,
    /// Numbers that it is published under.
    pub(super) numbers: Numbers,
    /// Digest of the legal representative's number, as far as one was given.
    pub(super) representative: Option<String>,
    /// Whether rows of the newest stamp disagreed about it.
    pub(super) conflict: bool,
}

impl Memory {
    /// Reads what [`Memory::to_bytes`] wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let parts: Vec<&str> = text.split('|').collect();
        let [stamp, uscc, registration, representative, conflict] = parts.as_slice() else { return None };
        let (uscc, registration) = (Uscc::parse(uscc).ok(), RegistrationNumber::parse(registration).ok());
        (uscc.is_some() || registration.is_some()).then(|| Self {
            stamp: (*stamp).to_owned(),
            numbers: Numbers { uscc, registration },
            representative: Some((*representative).to_owned()).filter(|digest| !digest.is_empty()),
            conflict: *conflict == "conflict",
        })
    }

    /// One line of text; the representative's number is in it as a digest alone.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let uscc = self.numbers.uscc.as_ref().map_or("", Uscc::value);
        let registration = self.numbers.registration.as_ref().map_or("", RegistrationNumber::value);
        let representative = self.representative.as_deref().unwrap_or_default();
        let conflict = if self.conflict { "conflict" } else { "" };
        [&self.stamp, uscc, registration, representative, conflict].join("|").into_bytes()
    }
}

/// The name under which an enterprise is remembered.
pub(super) fn entity_of(source_id: &str) -> String {
    format!("ent/{source_id}")
}

/// A digest that tells two numbers of one enterprise's representative apart, and is not the same for another enterprise.
pub(super) fn digest(source_id: &str, number: &str) -> String {
    let hash = Sha256::digest(format!("{source_id}|{number}"));
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The memory that a published enterprise implies.
pub(super) fn recall(record: &Record) -> Option<(String, Vec<u8>)> {
    if record.resource != LEGAL_PERSON || record.operation() != Operation::Upsert {
        return None;
    }
    let enterprise = LegalPerson::decode(record.body.as_ref()?.value.as_slice()).ok()?;
    let numbers = Numbers {
        uscc: Uscc::parse(&enterprise.uscc).ok(),
        registration: RegistrationNumber::parse(&enterprise.registration_number).ok(),
    };
    let number = enterprise.legal_representative.and_then(|party| party.identifier).map(|number| number.value);
    let memory = Memory {
        stamp: Version::parse(&record.version)?.stamp().to_owned(),
        numbers,
        representative: number.map(|number| digest(&enterprise.source_id, &number)),
        conflict: record.flags.iter().any(|flag| flag == LEGAL_REP_CONFLICT.id),
    };
    Some((entity_of(&enterprise.source_id), memory.to_bytes()))
}

/// The numbers that an enterprise is on the bus under, where none are remembered: should they have changed by the time its
/// rows come again, what stands under them is taken back.
pub(super) fn note_on_bus(record: &Record, memory: Option<&[u8]>) -> Option<Vec<u8>> {
    let recalled = recall(record).filter(|_| memory.is_none())?.1;
    let numbers = Memory::from_bytes(&recalled)?.numbers;
    Some(Memory { stamp: String::new(), numbers, representative: None, conflict: false }.to_bytes())
}
