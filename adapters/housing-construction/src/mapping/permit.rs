//! `SGXKZ`: a construction permit.

use super::{CONSTRUCTION_PERMIT, code, parties};
use crate::rules::REPLACES_MISSING;
use adapter_sdk::{
    Draft, Effect,
    reading::{Fault, Fields, Listed, Parties, number_lookups},
    rules::{
        CERTIFICATE_ID_CHECKSUM, CERTIFICATE_ID_LEGACY, CERTIFICATE_NUMBER, CERTIFICATE_STATUS_TEXT, CODE_UNKNOWN,
        FIELD_REQUIRED, PARTY_IDENTIFIER, USCC_INNER_CHECK,
    },
};
use contract::canonical::v1::{CertificateStatus, ConstructionPermit, Party, PartyKind};
use domain::{
    Identifier, IdentifierKind, Rule,
    identifier::{CertificateGrade, Uscc, grade_certificate_id},
};

const NUMBER: &str = "证照编号";
const DEVELOPER: &str = "建设单位";
const DEVELOPER_CODE: &str = "建设单位代码";
const PERMIT: &str = "建筑工程施工许可证";
/// The kinds of business that the page knows.
const OPERATIONS: [&str; 10] = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"];

/// `证照编号`.
pub(super) fn key(fields: &Fields) -> Result<String, Fault> {
    let number = fields.key(NUMBER)?;
    let lookup = Identifier::parse(IdentifierKind::CertificateNumber, &number);
    lookup.map(|_| number).map_err(|_| Fault::new(&CERTIFICATE_NUMBER, NUMBER))
}

/// The permit, found by its number, its electronic identifier and its developer.
pub(super) fn translate(fields: &Fields) -> Result<Draft, Fault> {
    let number = key(fields)?;
    let certificate_id = fields.number("电子证照标识");
    let (holders, listed) = holders(fields)?;
    let price = price(fields)?;
    let issuer = fields.required("发证机关")?.to_owned();
    let issued_on = fields.required_day("发证日期")?;
    let status = Status::read(fields)?;
    let business = Business::read(fields)?;
    let stamp = fields.stamp("更新时间")?;
    let flags = [
        (&CERTIFICATE_ID_LEGACY, is_graded(&certificate_id, CertificateGrade::LegacyVariant)),
        (&CERTIFICATE_ID_CHECKSUM, is_graded(&certificate_id, CertificateGrade::Wrong)),
        (&PARTY_IDENTIFIER, listed.flagged),
        (&USCC_INNER_CHECK, listed.subjects.iter().any(fails_inside)),
        (&CODE_UNKNOWN, status.unknown_code || business.unknown_code),
    ];
    let mut subjects = number_lookups(&number, &certificate_id);
    subjects.extend(listed.subjects);
    let body = ConstructionPermit {
        number: number.clone(),
        certificate_id,
        certificate_type: PERMIT.to_owned(),
        holders,
        issuer,
        issued_on,
        status: status.value.into(),
        status_text: status.text,
        replaces: business.replaces,
        project_name: fields.text("工程名称").to_owned(),
        address: fields.text("建设地址").to_owned(),
        scale: fields.text("建设规模").to_owned(),
        currency: if price.is_empty() { String::new() } else { "CNY".to_owned() },
        contract_price: price,
        operation: business.code,
        ..ConstructionPermit::default()
    };
    let (resource, source_time) = (CONSTRUCTION_PERMIT, stamp.at);
    let effect = Effect::upsert(&body);
    let mut draft =
        Draft { resource, key: number, stamp: stamp.digits, source_time, subjects, flags: Vec::new(), effect };
    set(&mut draft, &flags);
    Ok(draft)
}

fn set(draft: &mut Draft, flags: &[(&'static Rule, bool)]) {
    for (flag, _) in flags.iter().filter(|(_, is_set)| *is_set) {
        draft.flag(flag);
    }
}

/// The developer; several stand in one field like buyers do, where names and codes are equally many.
fn holders(fields: &Fields) -> Result<(Vec<Party>, Listed), Fault> {
    let names = fields.required(DEVELOPER)?;
    let codes = fields.text(DEVELOPER_CODE);
    let one = || vec![parties::Listed { name: names, number: codes }];
    let listed = parties::listed(names, codes, DEVELOPER_CODE).unwrap_or_else(|_| one());
    let mut found = Parties::default();
    let mut holders = Vec::new();
    for holder in listed {
        let detected = parties::organisation(holder.number);
        holders.extend(found.read(holder.name, detected, PartyKind::Organisation, DEVELOPER_CODE)?);
    }
    Ok((holders, found.finish()?))
}

/// In yuan, whichever unit the header names.
fn price(fields: &Fields) -> Result<String, Fault> {
    let yuan = fields.wan("合同价格(万元)")?;
    if yuan.is_empty() { fields.decimal("合同价格(元)") } else { Ok(yuan) }
}

fn is_graded(certificate_id: &str, grade: CertificateGrade) -> bool {
    !certificate_id.is_empty() && grade_certificate_id(certificate_id) == grade
}

fn fails_inside(identifier: &Identifier) -> bool {
    identifier.kind() == IdentifierKind::Uscc
        && Uscc::parse(identifier.value()).is_ok_and(|code| !code.inner_check_ok())
}

/// `证照状态` and `状态描述`.
struct Status {
    value: CertificateStatus,
    text: String,
    unknown_code: bool,
}

impl Status {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        fields.required("证照状态")?;
        let code = code(fields, "证照状态", 2);
        let text = fields.text("状态描述").to_owned();
        let value = match code.as_str() {
            "01" => CertificateStatus::Valid,
            "02" => CertificateStatus::Suspended,
            "03" => CertificateStatus::Revoked,
            "04" => CertificateStatus::Cancelled,
            "05" => CertificateStatus::Expired,
            "06" => CertificateStatus::Transferred,
            "07" => CertificateStatus::WithdrawnAsSanction,
            "99" if text.is_empty() => return Err(Fault::new(&CERTIFICATE_STATUS_TEXT, "状态描述")),
            "99" => CertificateStatus::Other,
            // Kept as text, so that it can be read what was meant.
            _ => {
                let text = if text.is_empty() { code } else { text };
                return Ok(Self { value: CertificateStatus::Other, text, unknown_code: true });
            }
        };
        Ok(Self { value, text, unknown_code: false })
    }
}

/// `业务类型` and `关联证照标识`.
struct Business {
    code: String,
    replaces: String,
    unknown_code: bool,
}

impl Business {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let code = code(fields, "业务类型", 2);
        if code.is_empty() {
            return Err(Fault::new(&FIELD_REQUIRED, "业务类型"));
        }
        let replaces = fields.text("关联证照标识").to_owned();
        if matches!(code.as_str(), "02" | "08" | "09") && replaces.is_empty() {
            return Err(Fault::new(&REPLACES_MISSING, "关联证照标识"));
        }
        let unknown_code = !OPERATIONS.contains(&code.as_str());
        Ok(Self { code, replaces, unknown_code })
    }
}
