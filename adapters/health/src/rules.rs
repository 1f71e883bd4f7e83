//! The list of all rules and flags that a pushed record can meet; every one is shared with other departments.

use adapter_sdk::rules::{
    CERTIFICATE_NUMBER, CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID,
    FIELD_REQUIRED, MESSAGE_JSON, MESSAGE_OP, NAME_PRIVATE_USE, NAME_REPLACEMENT_CHAR, NUMBER_INVALID,
    PARTY_IDENTIFIER, PARTY_MASKED, PARTY_MISSING, USCC_CHECKSUM,
};
use domain::Rule;

/// Every rule and flag that a record can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &MESSAGE_OP,
    &CERTIFICATE_NUMBER,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &DATE_INVALID,
    &NUMBER_INVALID,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &PARTY_IDENTIFIER,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &USCC_CHECKSUM,
    &CODE_UNKNOWN,
    &NAME_REPLACEMENT_CHAR,
    &NAME_PRIVATE_USE,
];
