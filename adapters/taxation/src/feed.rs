//! Plain facts of the department's interface.

use crate::clearance;
use adapter_sdk::{
    FileKind,
    formats::answers::Answers,
    transport::{RestCodes, RestFeed},
};
use std::time::Duration;

/// What an answer looks like.
const ANSWERS: Answers = Answers { code: "code", good: "00", data: "data", rows: "rows", next: "next", more: "more" };

/// The list of changes.
pub(crate) static FEED: RestFeed = RestFeed {
    path: "/dj/changes",
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
    live: &[clearance::FEED],
};

/// Saved answers of the list, for a trial.
pub(crate) fn saved() -> FileKind {
    FileKind {
        pattern: "saved answers of /dj/changes (JSON)",
        parse_name: |_| None,
        recognises: |head| ANSWERS.begins(head),
        framing: Box::new(ANSWERS),
    }
}
