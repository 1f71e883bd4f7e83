//! The rules that are this department's own, and the list of all that its rows can meet.

use adapter_sdk::rules::{
    CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CITIZEN_ID_MASKED, CITIZEN_ID_MISSING, CODE_UNKNOWN, DATE_INVALID,
    DIVISION_UNKNOWN, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_OP, ROW_ENCODING,
};
use domain::{Rule, Severity};

/// Not 515 bytes.
pub(crate) const ROW_LENGTH: Rule = reject(
    "row.length",
    "the row is not 515 bytes long; have the department correct the export of this row",
    "该行长度不是515字节；请部门更正该行的导出",
);
/// A field's bytes end inside a character.
pub(crate) const ROW_TORN_CHARACTER: Rule = reject(
    "row.torn-character",
    "a field ends in the middle of a character; have the department shorten the text by whole characters",
    "字段边界截断了汉字；请部门按整字截取后重新导出",
);
/// `csrq` differs from the number.
pub(crate) const CITIZEN_ID_BIRTH_MISMATCH: Rule = reject(
    "citizen-id.birth-mismatch",
    "the birth date differs from the one in the citizen number; have the department verify both",
    "出生日期与公民身份号码不一致；请部门核实",
);
/// A 15-digit number.
pub(crate) const CITIZEN_ID_UPGRADED: Rule = flag(
    "citizen-id.upgraded",
    "the source gave a citizen number of 15 digits; it was upgraded to 18 and both forms are kept",
    "来源为15位身份证号码；已升为18位，两种形式均保留",
);
/// `xb` contradicts the number.
pub(crate) const CITIZEN_ID_SEX_MISMATCH: Rule = flag(
    "citizen-id.sex-mismatch",
    "the sex contradicts the citizen number; the record was published, have the department verify it",
    "性别与公民身份号码不一致；记录已发布，请部门核实",
);
/// A `?` in a name.
pub(crate) const NAME_REPLACEMENT_CHAR: Rule = flag(
    "name.replacement-char",
    "a name holds a question mark where the source could not write a character; it was kept",
    "姓名中含有来源系统无法编码而写成问号的字；已按原文保留",
);
/// A private-use code point in a name.
pub(crate) const NAME_PRIVATE_USE: Rule = flag(
    "name.private-use",
    "a name holds a private-use character that only the source's font can show; it was kept",
    "姓名中含有自造字；已按原文保留",
);

/// Every rule and flag that a row can meet.
pub(crate) const ALL: &[&Rule] = &[
    &ROW_LENGTH,
    &ROW_TORN_CHARACTER,
    &ROW_ENCODING,
    &MESSAGE_OP,
    &FIELD_REQUIRED,
    &FIELD_INVALID,
    &DATE_INVALID,
    &CITIZEN_ID_MISSING,
    &CITIZEN_ID_MASKED,
    &CITIZEN_ID_CHECKSUM,
    &CITIZEN_ID_DATE,
    &CITIZEN_ID_BIRTH_MISMATCH,
    &CITIZEN_ID_UPGRADED,
    &CITIZEN_ID_SEX_MISMATCH,
    &CODE_UNKNOWN,
    &DIVISION_UNKNOWN,
    &NAME_REPLACEMENT_CHAR,
    &NAME_PRIVATE_USE,
];

const fn reject(id: &'static str, en: &'static str, zh: &'static str) -> Rule {
    Rule { id, severity: Severity::Reject, en, zh }
}

const fn flag(id: &'static str, en: &'static str, zh: &'static str) -> Rule {
    Rule { id, severity: Severity::Flag, en, zh }
}
