//! The rules that are this department's own, and the list of all that its messages can meet.

use adapter_sdk::rules::{
    CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_JSON,
    MESSAGE_OP, MESSAGE_VERSION, NUMBER_INVALID, PARTY_IDENTIFIER, PARTY_MASKED, PARTY_MISSING, USCC_CHECKSUM,
};
use domain::{Rule, Severity};

/// A tombstone: it follows a delete, for the sake of the topic's compaction.
pub(crate) const TOMBSTONE: Rule = Rule {
    id: "message.tombstone",
    severity: Severity::Reject,
    en: "the message is a tombstone, which follows a delete and says nothing of its own",
    zh: "该消息为删除后的墓碑消息，本身不含内容，按约定跳过",
};
/// The whole table was emptied, which is not taken over.
pub(crate) const TRUNCATE: Rule = Rule {
    id: "message.truncate",
    severity: Severity::Reject,
    en: "the department emptied its table; records stay as they are, ask the department what is meant",
    zh: "部门清空了源表；已发布记录保持不变，请与部门核实",
};

/// Every rule and flag that a message can meet.
pub(crate) const ALL: &[&Rule] = &[
    &MESSAGE_JSON,
    &MESSAGE_OP,
    &MESSAGE_VERSION,
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
    &TOMBSTONE,
    &TRUNCATE,
];
