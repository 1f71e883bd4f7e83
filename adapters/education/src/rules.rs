//! The rule that is this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules::{
    CERTIFICATE_NUMBER, CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID,
    FIELD_REQUIRED, MESSAGE_JSON, PARTY_MASKED, PARTY_MISSING, USCC_CHECKSUM,
};
use domain::{Rule, Severity};

/// A number of many digits that stood in a numeric cell, which keeps fifteen.
pub(crate) const NUMBER_PRECISION: Rule = Rule {
    id: "number.precision",
    severity: Severity::Reject,
    en: "the number stands in a numeric cell, which keeps fifteen digits and no zeros in front; have the department enter it as text",
    zh: "该号码存放在数值单元格中，仅保留15位有效数字且丢失前导零；请部门改为文本格式重新填写",
};

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &USCC_CHECKSUM,
    &NUMBER_PRECISION,
    &CERTIFICATE_NUMBER,
    &DATE_INVALID,
    &CODE_UNKNOWN,
];
