//! The SOAP operation, and how its documents are saved for a trial.

use adapter_sdk::{
    FileKind, Row, Way,
    formats::{
        soap::SoapAnswers,
        xml::{ENTITY_UNKNOWN, Encoding, Entity, XmlEntities},
    },
    reading::{Fault, Fields},
    transport::{SoapFeed, SoapPages, Transport},
};
use std::time::Duration;

/// Encoding of entities as they are kept.
pub(crate) const ENCODING: &str = "UTF-8";
/// FILL IN the element of a record.
const RECORD: &str = "ZZ";
/// FILL IN its elements.
const ELEMENTS: &[&str] = &["zzbh", "czr", "czrlx", "czrdm", "fzjg", "fzrq", "yxqz", "zt", "gxsj"];

/// FILL IN what an answer and the document in it look like.
const ANSWERS: SoapAnswers = SoapAnswers {
    response: "queryChangesResponse",
    result: "return",
    document: XmlEntities {
        root: "response",
        list: "resultList",
        status: ("head", "code"),
        good: "00",
        stamp: "gxsj",
        encoding: Encoding::Utf8,
    },
};

/// FILL IN the operation, its limits, and how pages are told.
static FEED: SoapFeed = SoapFeed {
    operation: "queryChanges",
    namespace: "http://ws.example/",
    since: "1900-01-01 00:00:00",
    page: 1000,
    answers_within: Duration::from_secs(30),
    answers: ANSWERS,
    pages: SoapPages { page: "page", pages: "pages", total: "total", batch: "batch" },
};

/// The operation, or documents that were saved from it.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "saved documents of queryChanges, bare or in their envelope (XML)",
        parse_name: |_| None,
        recognises: |head| ANSWERS.begins(head),
        framing: Box::new(ANSWERS),
    };
    Way { transport: Transport::Soap(&FEED), files }
}

/// The row's values by element.
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    let entity = Entity::parse(row.bytes, Encoding::Utf8).map_err(|rule| Fault::new(rule, ""))?;
    if entity.name() != RECORD {
        return Err(Fault::new(&ENTITY_UNKNOWN, ""));
    }
    Ok(Fields::from_pairs(ELEMENTS.iter().filter_map(|name| Some((*name, entity.get(name)?)))))
}
