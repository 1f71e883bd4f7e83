//! How new a record is: the file's month, then the day on which it was handled.

use crate::{columns::AAE036, file};
use adapter_sdk::reading::{Fault, Fields};
use domain::{Timestamp, date};

/// Stands in the stamp for a day that is unknown: before every other.
const NO_DAY: &str = "00000000";

/// A record's version.
pub(super) struct Version {
    /// Month and day, fourteen digits.
    pub(super) stamp: String,
    /// The beginning of the day on which the record was handled, where that is unknown of the file's month.
    pub(super) at: Timestamp,
    /// `AAE036`, ISO; `""` where unknown.
    pub(super) handled_on: String,
}

impl Version {
    /// `AAE036`, and the month in the name of the file that the record came in.
    pub(super) fn read(fields: &Fields, origin: &str) -> Result<Self, Fault> {
        let handled_on = fields.day(AAE036)?;
        let month = file::month(origin);
        let day = handled_on.replace('-', "");
        let day = if day.is_empty() { NO_DAY } else { &day };
        let handled = date::parse_instant(&handled_on, date::local_offset()).ok().and_then(date::InstantValue::at);
        let at = handled.or_else(|| file::beginning(month)).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self { stamp: format!("{month}{day}"), at, handled_on })
    }
}
