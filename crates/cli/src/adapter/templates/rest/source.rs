//! The department's list of changes, and how its answers are saved for a trial.

use adapter_sdk::{
    FileKind, Row, Way,
    formats::answers::Answers,
    reading::{Fault, Fields},
    transport::{RestCodes, RestFeed, Transport},
};
use std::time::Duration;

/// Encoding of rows.
pub(crate) const ENCODING: &str = "UTF-8";

/// FILL IN what an answer looks like: `{"code": "00", "data": {"next": …, "more": …, "rows": […]}}`.
const ANSWERS: Answers = Answers { code: "code", good: "00", data: "data", rows: "rows", next: "next", more: "more" };

/// FILL IN the path of the list, its limits, and what its codes mean.
static FEED: RestFeed = RestFeed {
    path: "/changes",
    page: 500,
    calls_per_hour: 1000,
    secret_lasts: Duration::from_hours(2),
    answers: ANSWERS,
    codes: RestCodes {
        unknown: "4100",
        expired: "4101",
        signature: "4102",
        clock: "4103",
        lost_cursor: &["4108", "4109"],
    },
    live: &[],
};

/// The list, or answers that were saved from it.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "saved answers of the list of changes (JSON)",
        parse_name: |_| None,
        recognises: |head| ANSWERS.begins(head),
        framing: Box::new(ANSWERS),
    };
    Way { transport: Transport::Rest(&FEED), files }
}

/// The row's values by member.
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    Fields::from_json(row.bytes)
}
