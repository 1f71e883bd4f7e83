//! The rules that are this department's own, and the list of all that its records can meet.

use adapter_sdk::rules::{
    CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CODE_UNKNOWN, DATE_INVALID, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_OP,
    NUMBER_INVALID, PARTY_IDENTIFIER, PARTY_MASKED, PARTY_MISSING, ROW_COLUMNS, ROW_ENCODING, USCC_CHECKSUM,
};
use domain::{Rule, Severity};

/// A record with the deletion mark: passed over.
pub(crate) const RECORD_DELETED: Rule = Rule {
    id: "record.deleted",
    severity: Severity::Reject,
    en: "the record bears the table's deletion mark; it was passed over and counted",
    zh: "该记录带有删除标记；已跳过并计数",
};
/// `AAE042` lies before `AAE041`.
pub(crate) const PERIOD_REVERSED: Rule = Rule {
    id: "period.reversed",
    severity: Severity::Reject,
    en: "the last month paid lies before the first month; have the department verify both",
    zh: "最后缴费年月早于首次参保年月；请部门核实",
};
/// Asterisks in a numeric column.
pub(crate) const NUMBER_OVERFLOW: Rule = Rule {
    id: "number.overflow",
    severity: Severity::Reject,
    en: "a number was too long for its column and was written as asterisks; have the department export it again",
    zh: "数值超出列宽而被写成星号；请部门更正后重新导出",
};
/// A name that the width of its column cut inside a character.
pub(crate) const NAME_TRUNCATED: Rule = Rule {
    id: "name.truncated",
    severity: Severity::Flag,
    en: "the width of its column cut a name inside a character; it was published without the cut character",
    zh: "姓名或名称因列宽被截断于汉字中间；已去掉残缺字节后发布",
};

/// Every rule and flag that a record can meet.
pub(crate) const ALL: &[&Rule] = &[
    &RECORD_DELETED,
    &ROW_COLUMNS,
    &MESSAGE_OP,
    &ROW_ENCODING,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &PARTY_MISSING,
    &PARTY_MASKED,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &USCC_CHECKSUM,
    &NUMBER_OVERFLOW,
    &NUMBER_INVALID,
    &DATE_INVALID,
    &PERIOD_REVERSED,
    &PARTY_IDENTIFIER,
    &CODE_UNKNOWN,
    &NAME_TRUNCATED,
];
