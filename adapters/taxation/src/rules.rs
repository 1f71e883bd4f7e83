//! The rules that are this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules::{
    CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_JSON, MESSAGE_OP, PARTY_IDENTIFIER,
    PARTY_MASKED, USCC_ABSENT, USCC_CHECKSUM, USCC_INNER_CHECK, USCC_MASKED,
};
use domain::{Rule, Severity};

/// A taxpayer without credit code, published with the old taxpayer number.
pub(crate) const USCC_MISSING: Rule = Rule {
    id: "uscc.missing",
    severity: Severity::Flag,
    en: "the taxpayer has no unified social credit code; it was published with its old taxpayer number",
    zh: "纳税人没有统一社会信用代码；已按原纳税人识别号发布",
};

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &USCC_ABSENT,
    &USCC_MASKED,
    &USCC_CHECKSUM,
    &DATE_INVALID,
    &PARTY_MASKED,
    &MESSAGE_OP,
    &USCC_MISSING,
    &USCC_INNER_CHECK,
    &PARTY_IDENTIFIER,
    &CODE_UNKNOWN,
];
