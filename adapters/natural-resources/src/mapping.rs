//! What the department's rows mean.

mod area;
mod holder;
mod memory;
mod permit;
mod recall;
mod row;
mod title;

use self::row::TableRow;
use crate::{
    rules,
    tables::{HOLDERS, PERMITS, TITLES},
};
use adapter_sdk::{Department, Draft, Effect, Mapping, Resource, Row, Translated, reading::Fault, rules::MESSAGE_OP};
use contract::canonical::v1::Record;
use domain::{Identifier, Timestamp};

const REAL_ESTATE_TITLE: &str = "real-estate-title";
const PLANNING_PERMIT: &str = "planning-permit";

static DEPARTMENT: Department = Department {
    id: "natural-resources",
    system: "land-register",
    mapping_version: "1",
    encoding: "UTF-8",
    resources: &[
        Resource { id: REAL_ESTATE_TITLE, message: "exchange.canonical.v1.RealEstateTitle" },
        Resource { id: PLANNING_PERMIT, message: "exchange.canonical.v1.PlanningPermit" },
    ],
    rules: rules::ALL,
};

/// The register of land and buildings.
pub(crate) struct LandRegister;

impl Mapping for LandRegister {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    /// A title's rows know of each other under its `dfsjzj`, a permit's as well.
    fn entity(&self, row: &Row<'_>) -> Option<String> {
        let table = table_of(row.kind)?;
        let row = TableRow::read(row.bytes).ok()?;
        let key = row.department_key().ok()?;
        Some(if table == PERMITS { format!("permit/{key}") } else { memory::entity_of(&key) })
    }

    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
        let Some(table) = table_of(row.kind) else {
            let fault = TableRow::read(row.bytes).err().unwrap_or(Fault::new(&MESSAGE_OP, "table"));
            return fault.reject("", None);
        };
        let resource = if table == PERMITS { PLANNING_PERMIT } else { REAL_ESTATE_TITLE };
        match TableRow::read(row.bytes) {
            Ok(read) => {
                let translated = match table {
                    TITLES => title::translate(&read, memory),
                    HOLDERS => holder::translate(&read, memory),
                    _ => permit::translate(&read, memory),
                };
                translated.unwrap_or_else(|fault| fault.reject(resource, key_of(&read, table)))
            }
            Err(fault) => fault.reject(resource, None),
        }
    }

    fn recall(&self, record: &Record) -> Option<(String, Vec<u8>)> {
        recall::recall(record)
    }

    fn note_on_bus(&self, record: &Record, memory: Option<&[u8]>) -> Option<Vec<u8>> {
        recall::note_on_bus(record, memory)
    }
}

/// The key that the record of a rejected row would have had.
fn key_of(row: &TableRow, table: &str) -> Option<String> {
    if table == PERMITS { row.key("xkzbh").ok() } else { row.department_key().ok() }
}

/// The table, whatever the case of its name.
fn table_of(kind: &str) -> Option<&'static str> {
    [TITLES, HOLDERS, PERMITS].into_iter().find(|table| table.eq_ignore_ascii_case(kind))
}

/// The stamp of a serial number; the smallest there are stand for rows before it.
fn stamp(serial: u64) -> String {
    format!("{serial:020}")
}

fn draft(
    resource: &'static str,
    key: &str,
    (serial, at): (u64, Timestamp),
    subjects: Vec<Identifier>,
    effect: Effect,
) -> Draft {
    let (key, stamp) = (key.to_owned(), stamp(serial));
    Draft { resource, key, stamp, source_time: at, subjects, flags: Vec::new(), effect }
}

#[cfg(test)]
mod tests;
