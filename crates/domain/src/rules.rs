//! Rules that departments share (the departments' interface documents name their ids), each declared once.
//!
//! An adapter lists those its rows can meet in its description.

use crate::{Rule, Severity};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $severity:ident $id:literal, $en:literal, $zh:literal;)*) => {
        $($(#[$doc])* pub const $name: Rule = Rule { id: $id, severity: Severity::$severity, en: $en, zh: $zh };)*

        /// Every shared rule.
        pub const ALL: &[&Rule] = &[$(&$name,)*];
    };
}

rules! {
    /// Rows counted differ from the trailer or the flag file.
    FILE_TRAILER = Refuse "file.trailer",
        "the number of rows differs from what the file's end or its flag file states; have the department export the file again",
        "文件行数与文件尾或标志文件声明的行数不一致；请部门重新导出该文件";
    /// The flag file's SM3 is not that of the bytes.
    FILE_HASH = Refuse "file.hash",
        "the SM3 digest in the flag file is missing or is not that of the file; have the department send the file and its flag again",
        "标志文件中的 SM3 摘要缺失或与文件不符；请部门重新传送文件及其标志文件";
    /// The file's beginning is not what the format demands.
    FILE_HEADER = Refuse "file.header",
        "the file's header is missing or malformed; check the interface version with the department and have the file exported again",
        "文件头缺失或格式不正确；请与部门核对接口版本并重新导出该文件";
    /// The file ends inside a row or element.
    FILE_TORN = Refuse "file.torn",
        "the file is cut off or its structure is broken; have the department send it again in full",
        "文件被截断或结构损坏；请部门完整重传";
    /// Nothing in the file.
    FILE_EMPTY = Refuse "file.empty",
        "the file holds no bytes; have the department send it again",
        "文件为空；请部门重新传送";
    /// The provider reports an error instead of data.
    PROVIDER_ERROR = Refuse "provider.error",
        "the provider reported an error instead of data; nothing was taken in, and the intake is tried again",
        "数据提供方返回错误而不是数据；未接收任何内容，系统将重试";
    /// Another number of columns than the format has.
    ROW_COLUMNS = Reject "row.columns",
        "the row has another number of columns than the interface defines; have the department correct the row",
        "行的列数与接口约定不符；请部门更正该行";
    /// Bytes that are not of the agreed encoding.
    ROW_ENCODING = Reject "row.encoding",
        "the row holds bytes that are not of the agreed encoding; have the department correct the encoding",
        "该行含有不符合约定编码的字节；请部门更正编码";
    /// The row does not say what it does.
    MESSAGE_OP = Reject "message.op",
        "the kind of record or operation is missing or is none of the agreed ones; have the department correct it",
        "记录类型或操作标识缺失或不在约定范围内；请部门更正";
    /// No JSON object.
    MESSAGE_JSON = Reject "message.json",
        "the record is no JSON object of simple values; have the department correct what it sends",
        "记录不是由简单值组成的 JSON 对象；请部门更正";
    /// Nothing says how new the row is.
    MESSAGE_VERSION = Reject "message.version",
        "nothing in the message says how new it is; have the department send it with its version",
        "消息中没有可用的版本信息；请部门补充后重新发送";
    /// A starred field is blank.
    FIELD_REQUIRED = Reject "field.required",
        "a required field is blank; have the department fill it in",
        "必填字段为空；请部门补填";
    /// A key of the source that no key of a record can be made of.
    FIELD_INVALID = Reject "field.invalid",
        "the field is longer than 128 characters or holds characters that the interface does not allow in it; have the department correct it",
        "字段超过128个字符或含有接口不允许的字符；请部门更正";
    /// No date of the calendar in any agreed form.
    DATE_INVALID = Reject "date.invalid",
        "the date is not a day of the calendar in one of the agreed forms; have the department correct it",
        "日期不是约定格式的有效日期；请部门更正";
    /// No number.
    NUMBER_INVALID = Reject "number.invalid",
        "the number cannot be read or is out of range; have the department correct it",
        "数值无法识别或超出范围；请部门更正";
    /// A code outside its national table.
    CODE_UNKNOWN = Flag "code.unknown",
        "the code is not in the code table named for the field; the record was published with it left out or kept as text",
        "代码不在该字段规定的代码表内；记录已发布，该代码未采用或按原文保留";
    /// The record's own citizen number is blank.
    CITIZEN_ID_MISSING = Reject "citizen-id.missing",
        "the citizen number is blank; have the department fill it in",
        "公民身份号码为空；请部门补填";
    /// The record's own citizen number is masked.
    CITIZEN_ID_MASKED = Reject "citizen-id.masked",
        "the citizen number is masked with asterisks; ask the department for unmasked data",
        "公民身份号码被星号脱敏；请部门提供未脱敏数据";
    /// Wrong check character or shape, GB 11643-1999.
    CITIZEN_ID_CHECKSUM = Reject "citizen-id.checksum",
        "the citizen number's check character does not fit, or it is no citizen number; have the department verify the number",
        "公民身份号码校验码不符或号码格式不正确；请部门核实号码";
    /// Impossible birth date inside the citizen number.
    CITIZEN_ID_DATE = Reject "citizen-id.date",
        "the citizen number contains an impossible birth date; have the department verify the number",
        "公民身份号码中的出生日期不存在；请部门核实号码";
    /// No usable identifier of the organisation.
    USCC_ABSENT = Reject "uscc.absent",
        "there is neither a unified social credit code nor another valid number of the organisation; have the department fill it in",
        "没有统一社会信用代码，也没有其他有效的机构号码；请部门补填";
    /// The record's own USCC is masked.
    USCC_MASKED = Reject "uscc.masked",
        "the unified social credit code is masked with asterisks; ask the department for unmasked data",
        "统一社会信用代码被星号脱敏；请部门提供未脱敏数据";
    /// Wrong outer check character, GB 32100-2015.
    USCC_CHECKSUM = Reject "uscc.checksum",
        "the unified social credit code's check character does not fit; have the department verify the code",
        "统一社会信用代码校验码不符；请部门核实代码";
    /// The organisation code inside the USCC fails its own check, GB 11714-1997.
    USCC_INNER_CHECK = Flag "uscc.inner-check",
        "the organisation code inside the unified social credit code fails its own check; the record was published, have the department verify the code",
        "统一社会信用代码中的组织机构代码校验不符；记录已发布，请部门核实";
    /// No identifier of any party was given.
    PARTY_MISSING = Reject "party.missing",
        "no identifier of any party is given; have the department fill in at least one",
        "所有当事人均无证件号码；请部门至少补填一个";
    /// A party's identifier is masked.
    PARTY_MASKED = Reject "party.masked",
        "a party's identifier is masked with asterisks; ask the department for unmasked data",
        "当事人证件号码被星号脱敏；请部门提供未脱敏数据";
    /// A party's identifier fails its check.
    PARTY_IDENTIFIER = Flag "party.identifier",
        "a party's identifier fails its check; it was kept as another number, have the department verify it",
        "当事人证件号码校验不符；已按其他号码保留，请部门核实";
    /// A certificate identifier of the older calculation, GB/T 36904 annex as some issuers read it.
    CERTIFICATE_ID_LEGACY = Flag "certificate-id.legacy-variant",
        "the certificate identifier's check character follows an older calculation; the record was published",
        "电子证照标识的校验位采用旧算法；记录已发布";
    /// A certificate identifier with a wrong check character.
    CERTIFICATE_ID_CHECKSUM = Flag "certificate-id.checksum",
        "the certificate identifier's check character does not fit; the record was published, have the department verify it",
        "电子证照标识校验位不符；记录已发布，请部门核实";
    /// A division code outside GB/T 2260.
    DIVISION_UNKNOWN = Flag "division.unknown",
        "the division code is not in the table of divisions; the record was published, have the department verify the code",
        "行政区划代码不在区划代码表内；记录已发布，请部门核实";
    /// The number of a certificate cannot be used.
    CERTIFICATE_NUMBER = Reject "certificate.number",
        "the certificate's number is blank or malformed; have the department correct it",
        "证照编号为空或格式不正确；请部门更正";
    /// The status code demands a text, and none is there.
    CERTIFICATE_STATUS_TEXT = Reject "certificate.status-text",
        "the certificate's status code demands a description, which is blank; have the department fill it in",
        "证照状态代码要求填写状态描述，但描述为空；请部门补填";
    /// The mapping itself failed.
    MAPPING_FAILED = Reject "mapping.failed",
        "the adapter could not translate the row, which is a fault of the adapter; report it, and redrive the row once the adapter is mended",
        "适配器无法转换该行，属适配器缺陷；请上报，修复后重新处理该行";
    /// A record too large for the bus.
    RECORD_TOO_LARGE = Reject "record.too-large",
        "the record is larger than the bus takes; have the department check the row for misplaced content",
        "记录超过总线允许的大小；请部门检查该行内容是否错位";
    /// A `?` in a name.
    NAME_REPLACEMENT_CHAR = Flag "name.replacement-char",
        "a name holds a question mark where the source could not write a character; it was kept",
        "姓名中含有来源系统无法编码而写成问号的字；已按原文保留";
    /// A private-use code point in a name.
    NAME_PRIVATE_USE = Flag "name.private-use",
        "a name holds a private-use character that only the source's font can show; it was kept",
        "姓名中含有自造字；已按原文保留";
}

/// The rules that the runner itself can reject a row with, whatever the department.
pub const OF_THE_RUNNER: &[&Rule] = &[&MAPPING_FAILED, &RECORD_TOO_LARGE];

/// Whether a rule can stand in front of people: `<subject>.<fault>` in lower case, a whole sentence in each language, and no
/// place left for a value.
#[must_use]
pub fn is_well_formed(rule: &Rule) -> bool {
    let words: Vec<&str> = rule.id.split('.').collect();
    let word = |text: &&str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let sentence = |text: &str| !text.trim().is_empty() && !text.contains(['{', '}', '%']);
    words.len() == 2 && words.iter().all(word) && sentence(rule.en) && sentence(rule.zh) && !rule.zh.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_sentences_are_there_in_both_languages() {
        let ids: BTreeSet<&str> = ALL.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for rule in ALL {
            assert!(is_well_formed(rule), "{}", rule.id);
        }
    }
}
