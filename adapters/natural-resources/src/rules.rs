//! The rules that are this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules::{
    CERTIFICATE_ID_CHECKSUM, CERTIFICATE_ID_LEGACY, CERTIFICATE_NUMBER, CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE,
    CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_JSON, MESSAGE_OP, NUMBER_INVALID, PARTY_MASKED,
    PARTY_MISSING, USCC_CHECKSUM,
};
use domain::{Rule, Severity};

/// A title of which no holder is there yet.
pub(crate) const HOLDER_AWAITED: Rule = Rule {
    id: "holder.awaited",
    severity: Severity::Reject,
    en: "no holder of the title is there yet; it is published once the department delivers one",
    zh: "该产权证尚无权利人数据；待部门提供权利人后发布",
};
/// A holder whose title is not there yet.
pub(crate) const TITLE_AWAITED: Rule = Rule {
    id: "title.awaited",
    severity: Severity::Reject,
    en: "the holder's title is not there yet; both are published once the department delivers it",
    zh: "该权利人对应的产权证数据尚未提供；待部门提供后一并发布",
};

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &MESSAGE_OP,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &DATE_INVALID,
    &NUMBER_INVALID,
    &CERTIFICATE_NUMBER,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &USCC_CHECKSUM,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &CODE_UNKNOWN,
    &CERTIFICATE_ID_LEGACY,
    &CERTIFICATE_ID_CHECKSUM,
    &HOLDER_AWAITED,
    &TITLE_AWAITED,
];
