//! The pushed records, and how they are saved for a trial.

use crate::mapping::RESOURCE;
use adapter_sdk::{
    FileKind, Row, Way,
    formats::lines::PushedLines,
    reading::{Fault, Fields},
    rules::MESSAGE_OP,
    transport::Transport,
};

/// Encoding of records.
pub(crate) const ENCODING: &str = "UTF-8";

/// The department calls the exchange's publish interface, or its records are saved as lines.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "one pushed record a line (NDJSON)",
        parse_name: |_| None,
        recognises: |_| true,
        framing: Box::new(PushedLines),
    };
    Way { transport: Transport::Push, files }
}

/// The record's values by member. The row's kind is the resource that the caller named, if any.
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    if matches!(row.kind, "" | RESOURCE) { Fields::from_json(row.bytes) } else { Err(Fault::new(&MESSAGE_OP, "resource")) }
}
