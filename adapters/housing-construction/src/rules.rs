//! The rules that are this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules::{
    CERTIFICATE_ID_CHECKSUM, CERTIFICATE_ID_LEGACY, CERTIFICATE_NUMBER, CERTIFICATE_STATUS_TEXT, CITIZEN_ID_CHECKSUM,
    CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, NUMBER_INVALID, PARTY_IDENTIFIER,
    PARTY_MASKED, PARTY_MISSING, ROW_COLUMNS, ROW_ENCODING, USCC_CHECKSUM, USCC_INNER_CHECK,
};
use domain::{Rule, Severity};

/// Names and numbers of parties cannot be told to belong together.
pub(crate) const PARTIES_COUNT: Rule = Rule {
    id: "parties.count",
    severity: Severity::Reject,
    en: "the field lists another number of names than of identity numbers; have the department correct the row",
    zh: "姓名与证件号码的个数不一致；请部门更正该行",
};
/// A renewed, transferred or changed permit does not say which one it replaces.
pub(crate) const REPLACES_MISSING: Rule = Rule {
    id: "certificate.replaces-missing",
    severity: Severity::Reject,
    en: "the kind of business demands the identifier of the certificate that is replaced, which is blank; have the department fill it in",
    zh: "该业务类型要求填写关联证照标识，但该字段为空；请部门补填",
};

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &ROW_COLUMNS,
    &ROW_ENCODING,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &CERTIFICATE_NUMBER,
    &PARTIES_COUNT,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &USCC_CHECKSUM,
    &NUMBER_INVALID,
    &DATE_INVALID,
    &CERTIFICATE_STATUS_TEXT,
    &REPLACES_MISSING,
    &CODE_UNKNOWN,
    &PARTY_IDENTIFIER,
    &USCC_INNER_CHECK,
    &CERTIFICATE_ID_LEGACY,
    &CERTIFICATE_ID_CHECKSUM,
];
