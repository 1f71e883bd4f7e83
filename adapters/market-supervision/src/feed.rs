//! The SOAP interface: plain facts, and documents that were saved from it.

use crate::file;
use adapter_sdk::{
    FileKind,
    formats::soap::SoapAnswers,
    transport::{SoapFeed, SoapPages},
};
use std::time::Duration;

/// What an answer looks like. Its entities are given out as those of a file are, in GB18030: the mapping is one.
const ANSWERS: SoapAnswers =
    SoapAnswers { response: "queryChangesResponse", result: "return", document: file::DOCUMENT };

/// `queryChanges`.
pub(crate) static FEED: SoapFeed = SoapFeed {
    operation: "queryChanges",
    namespace: "http://ws.entinfo.example/",
    since: "1900-01-01 00:00:00",
    page: 1000,
    answers_within: Duration::from_secs(30),
    answers: ANSWERS,
    pages: SoapPages { page: "page", pages: "pages", total: "total", batch: "batch" },
};

/// Saved documents, for a trial.
pub(crate) fn saved() -> FileKind {
    FileKind {
        pattern: "saved documents of queryChanges, bare or in their envelope (XML)",
        parse_name: |_| None,
        recognises: |head| ANSWERS.begins(head),
        framing: Box::new(ANSWERS),
    }
}
