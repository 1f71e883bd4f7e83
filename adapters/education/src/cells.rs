//! A row's cells as this department's clerks fill them.

use crate::{
    file::{BIRTH_DATE, ISSUED_ON},
    rules::NUMBER_PRECISION,
};
use adapter_sdk::{
    Row,
    formats::workbook::{FROM_1904, moment_of_serial},
    reading::{Fault, Fields},
    rules::MESSAGE_JSON,
};
use serde_json::{Map, Value};

/// The largest number that a numeric cell keeps to its last digit.
const LARGEST_EXACT: f64 = 999_999_999_999_999.0;
/// Numbers that are years when they stand in a column of days: as serial days they would be of 1905.
const YEARS: std::ops::RangeInclusive<f64> = 1900.0..=2100.0;
/// What a cell shows whose formula failed.
const ERRORS: &[&str] = &["#N/A", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#DIV/0!", "#GETTING_DATA"];

/// The cells of a row.
pub(crate) struct Cells {
    /// Their values as text.
    pub(crate) fields: Fields,
    members: Map<String, Value>,
}

impl Cells {
    /// # Errors
    /// `message.json`.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, Fault> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(row.bytes).map_err(|_| Fault::new(&MESSAGE_JSON, ""))?;
        members.retain(|_, value| !value.as_str().is_some_and(|text| ERRORS.contains(&text.trim())));
        for name in [BIRTH_DATE, ISSUED_ON] {
            let serial = members.get(name).and_then(Value::as_f64).filter(|serial| !YEARS.contains(serial));
            if let Some(moment) = serial.and_then(|serial| moment_of_serial(serial, row.kind == FROM_1904)) {
                members.insert(name.to_owned(), moment.format("%Y-%m-%d").to_string().into());
            }
        }
        Ok(Self { fields: Fields::from_members(&members)?, members })
    }

    /// Whether a value stands in a numeric cell.
    pub(crate) fn is_numeric(&self, field: &str) -> bool {
        self.members.get(field).is_some_and(Value::is_number)
    }

    /// A number of a document: as text, or from a numeric cell that can hold all of it.
    ///
    /// # Errors
    /// `number.precision` where digits were lost, also when only the short form of such a number was pasted as text.
    pub(crate) fn document_number(&self, field: &'static str) -> Result<String, Fault> {
        let number = self.fields.number(field);
        let is_lost = match self.members.get(field).and_then(Value::as_f64) {
            Some(value) => value.fract() != 0.0 || !(0.0..=LARGEST_EXACT).contains(&value),
            None => is_short_form(&number),
        };
        if is_lost { Err(Fault::new(&NUMBER_PRECISION, field)) } else { Ok(number) }
    }
}

/// `1.10101E+17`.
fn is_short_form(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    whole.len() == 1 && digits(whole) && digits(part) && exponent.strip_prefix('+').is_some_and(digits)
}
