//! All rules and flags that a row can meet; the department has none of its own.

use adapter_sdk::rules::{
    CERTIFICATE_NUMBER, CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID,
    FIELD_REQUIRED, MESSAGE_JSON, MESSAGE_OP, NAME_PRIVATE_USE, NAME_REPLACEMENT_CHAR, PARTY_IDENTIFIER, PARTY_MASKED,
    PARTY_MISSING,
};
use domain::Rule;

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &MESSAGE_OP,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &CERTIFICATE_NUMBER,
    &DATE_INVALID,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &PARTY_IDENTIFIER,
    &CODE_UNKNOWN,
    &NAME_REPLACEMENT_CHAR,
    &NAME_PRIVATE_USE,
];
