//! What the department's entities mean.

mod enterprise;
mod investor;
mod licence;
mod memory;
mod numbers;
mod party;
mod status;

use self::memory::Memory;
use crate::{
    fields::{Fault, Fields, Stamp},
    rules,
};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Rejection, Resource, Row, Translated,
    formats::xml::{ENTITY_UNKNOWN, Encoding, Entity},
};
use contract::canonical::v1 as canonical;
use domain::Identifier;

const LEGAL_PERSON: &str = "legal-person";
const BUSINESS_LICENCE: &str = "business-licence";
const SHAREHOLDING: &str = "shareholding";
const FOOD_OPERATION_LICENCE: &str = "food-operation-licence";

static DEPARTMENT: Department = Department {
    id: "market-supervision",
    system: "enterprise-register",
    mapping_version: "1",
    encoding: "GB18030",
    resources: &[
        Resource { id: LEGAL_PERSON, message: "exchange.canonical.v1.LegalPerson" },
        Resource { id: BUSINESS_LICENCE, message: "exchange.canonical.v1.BusinessLicence" },
        Resource { id: SHAREHOLDING, message: "exchange.canonical.v1.Shareholding" },
        Resource { id: FOOD_OPERATION_LICENCE, message: "exchange.canonical.v1.FoodOperationLicence" },
    ],
    rules: rules::ALL,
};

/// The register of enterprises.
pub(crate) struct EnterpriseRegister;

impl Mapping for EnterpriseRegister {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    /// An enterprise is followed under its `PRIPID`, as its key can change.
    fn entity(&self, row: &Row<'_>) -> Option<String> {
        let entity = Entity::parse_up_to(row.bytes, Encoding::Gb18030, "ENT", "PRIPID")?;
        let source_id = Fields(&entity).required("PRIPID").ok()?;
        Some(memory::entity_of(&source_id))
    }

    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
        match Entity::parse(row.bytes, Encoding::Gb18030) {
            // The name in the bytes decides, not the row's kind: a redriven row has its bytes alone.
            Ok(entity) => translate(&entity, memory),
            Err(rule) => rejected(Fault { rule, field: "" }, resource_of(row.kind), None),
        }
    }

    fn recall(&self, record: &canonical::Record) -> Option<(String, Vec<u8>)> {
        memory::recall(record)
    }

    fn note_on_bus(&self, record: &canonical::Record, memory: Option<&[u8]>) -> Option<Vec<u8>> {
        memory::note_on_bus(record, memory)
    }
}

fn translate(entity: &Entity, memory: Option<&[u8]>) -> Translated {
    let fields = Fields(entity);
    let kind = entity.name();
    let (key, translated) = match kind {
        "ENT" => {
            (enterprise::key(&fields), enterprise::translate(&fields, memory.and_then(Memory::from_bytes).as_ref()))
        }
        "INV" => (investor::key(&fields), investor::translate(&fields)),
        "LIC" => (licence::key(&fields), licence::translate(&fields)),
        _ => (None, Err(Fault { rule: &ENTITY_UNKNOWN, field: "" })),
    };
    translated.unwrap_or_else(|fault| rejected(fault, resource_of(kind), key))
}

fn rejected(Fault { rule, field }: Fault, resource: &'static str, key: Option<String>) -> Translated {
    Translated::Rejected(Rejection { rule, field, resource, key })
}

fn resource_of(kind: &str) -> &'static str {
    match kind {
        "ENT" => LEGAL_PERSON,
        "INV" => SHAREHOLDING,
        "LIC" => FOOD_OPERATION_LICENCE,
        _ => "",
    }
}

fn draft(resource: &'static str, key: &str, stamp: &Stamp, subjects: Vec<Identifier>, effect: Effect) -> Draft {
    Draft {
        resource,
        key: key.to_owned(),
        stamp: stamp.digits.clone(),
        source_time: stamp.at,
        subjects,
        flags: Vec::new(),
        effect,
    }
}

#[cfg(test)]
mod tests;
