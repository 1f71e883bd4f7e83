//! What the department's rows mean.

mod parties;
mod permit;
mod sale;

use crate::{
    file::{self, FWHT, KINDS, SGXKZ, WORDS},
    rules,
};
use adapter_sdk::{
    Department, Mapping, Resource, Row, Translated,
    formats::csv::{Kind, Layout, RowFault, plain_number},
    reading::{Fault, Fields},
    rules::{ROW_COLUMNS, ROW_ENCODING},
};
use domain::text;

const HOUSING_CONTRACT: &str = "housing-contract";
const CONSTRUCTION_PERMIT: &str = "construction-permit";

static DEPARTMENT: Department = Department {
    id: "housing-construction",
    system: "housing-and-permits",
    mapping_version: "1",
    encoding: "GBK",
    resources: &[
        Resource { id: HOUSING_CONTRACT, message: "exchange.canonical.v1.HousingContract" },
        Resource { id: CONSTRUCTION_PERMIT, message: "exchange.canonical.v1.ConstructionPermit" },
    ],
    rules: rules::ALL,
};

/// Sale contracts and construction permits.
pub(crate) struct Housing;

impl Mapping for Housing {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let named = file::kind_by_name(row.origin);
        match Layout::parse(row.kind) {
            Some(layout) if named.is_none_or(|named| named == layout.kind()) => translate(&layout, row.bytes),
            // Columns of the one kind in a file named after the other: nothing says which of the two is meant.
            _ => Fault::new(&ROW_COLUMNS, "").reject(resource_of(named.unwrap_or_default()), None),
        }
    }
}

fn translate(layout: &Layout, bytes: &[u8]) -> Translated {
    let resource = resource_of(layout.kind());
    let fields = match fields(layout, bytes) {
        Ok(fields) => fields,
        Err(fault) => return fault.reject(resource, None),
    };
    let (key, translated) = match layout.kind() {
        FWHT => (sale::key(&fields), sale::translate(&fields)),
        SGXKZ => (permit::key(&fields), permit::translate(&fields)),
        _ => return Fault::new(&ROW_COLUMNS, "").reject(resource, None),
    };
    translated.map_or_else(|fault| fault.reject(resource, key.ok()), |draft| Translated::records(vec![draft]))
}

/// The values of the columns that the kind knows, without what Excel puts around numbers.
fn fields(layout: &Layout, bytes: &[u8]) -> Result<Fields, Fault> {
    let kind = KINDS.iter().find(|kind| kind.name == layout.kind());
    let names: Vec<&'static str> = kind.into_iter().flat_map(Kind::columns).collect();
    let values = layout.split(bytes, &names).map_err(|fault| match fault {
        RowFault::Columns => Fault::new(&ROW_COLUMNS, ""),
        RowFault::Encoding(column) => Fault::new(&ROW_ENCODING, column),
    })?;
    Ok(Fields::from_pairs(values.iter().map(|(name, value)| (*name, plain(name, value)))))
}

/// In words a leading `'` goes only where it makes a number a text, `="…"` goes everywhere.
fn plain<'a>(column: &str, value: &'a str) -> &'a str {
    let value = text::trim(value);
    let number = plain_number(value);
    let is_word = WORDS.contains(&column) && value.starts_with('\'') && !number.bytes().all(|b| b.is_ascii_digit());
    if is_word { value } else { number }
}

/// A code of `width` digits, whose leading zeros Excel takes away.
fn code(fields: &Fields, column: &str, width: usize) -> String {
    let given = fields.number(column);
    if given.is_empty() { given } else { format!("{given:0>width$}") }
}

fn resource_of(kind: &str) -> &'static str {
    match kind {
        FWHT => HOUSING_CONTRACT,
        SGXKZ => CONSTRUCTION_PERMIT,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
