//! The rules that are this department's own, and the list of all that its entities can meet.

use adapter_sdk::{
    formats::xml::{ENTITY_MALFORMED, ENTITY_SIZE, ENTITY_UNKNOWN},
    rules::{
        CERTIFICATE_NUMBER, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, NUMBER_INVALID,
        PARTY_IDENTIFIER, PARTY_MASKED, PARTY_MISSING, ROW_ENCODING, USCC_ABSENT, USCC_CHECKSUM, USCC_INNER_CHECK,
        USCC_MASKED,
    },
};
use domain::{Rule, Severity};

/// An enterprise without credit code, published under its registration number.
pub(crate) const USCC_MISSING: Rule = Rule {
    id: "uscc.missing",
    severity: Severity::Flag,
    en: "the enterprise has no unified social credit code; it was published under its registration number",
    zh: "企业没有统一社会信用代码；已按注册号发布",
};
/// Two rows of one enterprise and one time name different legal representatives.
pub(crate) const LEGAL_REP_CONFLICT: Rule = Rule {
    id: "legal-rep.conflict",
    severity: Severity::Flag,
    en: "rows of the same time give the legal representative different numbers; the later row was published, have the department verify it",
    zh: "同一时间的数据中法定代表人证件号码不一致；已按后一条发布，请部门核实",
};

/// Every rule and flag that an entity can meet.
pub(crate) const ALL: &[&Rule] = &[
    &ENTITY_UNKNOWN,
    &ENTITY_SIZE,
    &ROW_ENCODING,
    &ENTITY_MALFORMED,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &DATE_INVALID,
    &NUMBER_INVALID,
    &CERTIFICATE_NUMBER,
    &USCC_ABSENT,
    &USCC_MASKED,
    &USCC_CHECKSUM,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &CODE_UNKNOWN,
    &USCC_INNER_CHECK,
    &USCC_MISSING,
    &PARTY_IDENTIFIER,
    &LEGAL_REP_CONFLICT,
];
