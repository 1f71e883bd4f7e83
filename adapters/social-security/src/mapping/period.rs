//! From which month to which month was paid.

use crate::{
    columns::{AAE041, AAE042},
    rules::{NUMBER_OVERFLOW, PERIOD_REVERSED},
};
use adapter_sdk::{
    reading::{Fault, Fields},
    rules::NUMBER_INVALID,
};

/// Months of the days that stand for "unknown" and "no end": no month that anybody paid for.
const NO_MONTHS: [&str; 3] = ["1900-01", "2099-12", "9999-12"];

/// Months, ISO; `""` where unknown.
pub(super) struct Period {
    pub(super) first: String,
    pub(super) last: String,
}

impl Period {
    /// `AAE041` and `AAE042`.
    pub(super) fn read(fields: &Fields) -> Result<Self, Fault> {
        let (first, last) = (month(fields, AAE041)?, month(fields, AAE042)?);
        if !first.is_empty() && !last.is_empty() && last < first {
            return Err(Fault::new(&PERIOD_REVERSED, AAE042));
        }
        Ok(Self { first, last })
    }
}

/// A numeric column: blank is unknown, asterisks say that the number was too long for it.
fn month(fields: &Fields, column: &'static str) -> Result<String, Fault> {
    let digits = fields.number(column);
    if digits.contains('*') {
        return Err(Fault::new(&NUMBER_OVERFLOW, column));
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::new(&NUMBER_INVALID, column));
    }
    let month = fields.month(column)?;
    Ok(if NO_MONTHS.contains(&month.as_str()) { String::new() } else { month })
}
