//! The rules that are this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules as shared;
use domain::{Rule, Severity};

/// The period of validity ends before it begins.
pub(crate) const PERIOD: Rule = Rule {
    id: "certificate.period",
    severity: Severity::Reject,
    en: "the last day of validity lies before the day of issue; have the department correct one of them",
    zh: "有效期截止日期早于发证日期；请部门更正",
};

/// Every rule and flag that a row can meet. What you add goes in here; a flag also needs its `[[flag]]` in the catalogue.
pub(crate) const ALL: &[&Rule] = &[
    SOURCE_RULES
    &shared::FIELD_REQUIRED,
    &shared::FIELD_INVALID,
    &shared::PARTY_MISSING,
    &shared::PARTY_MASKED,
    &shared::PARTY_IDENTIFIER,
    &shared::CITIZEN_ID_CHECKSUM,
    &shared::CITIZEN_ID_DATE,
    &shared::USCC_CHECKSUM,
    &shared::DATE_INVALID,
    &shared::CODE_UNKNOWN,
    &PERIOD,
];
