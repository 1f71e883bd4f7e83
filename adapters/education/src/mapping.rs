//! What a row of a workbook means.

use crate::{
    cells::Cells,
    file::{BIRTH_DATE, DOCUMENT, ETHNICITY, HOLDER, ISSUED_ON, ISSUER, KIND, NAME, NUMBER, SEX, STATUS, SUBJECT},
    rules::{self, NUMBER_PRECISION},
};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    reading::{Fault, Parties, number_lookups},
    rules::{CERTIFICATE_NUMBER, CODE_UNKNOWN, MAPPING_FAILED},
};
use chrono::DateTime;
use contract::canonical::v1::{CertificateStatus, Party, PartyKind, TeacherQualification};
use domain::{
    IdentifierKind, Timestamp, code,
    identifier::{DetectFault, Detected, detect},
};

const RESOURCE: &str = "teacher-qualification";
const CERTIFICATE: &str = "教师资格证书";
const DIGITS_OF_NUMBER: usize = 17;
/// Digits of the time of change of a file.
const DIGITS_OF_STAMP: usize = 14;

static DEPARTMENT: Department = Department {
    id: "education",
    system: "teacher-qualification-workbooks",
    mapping_version: "1",
    encoding: "json",
    resources: &[Resource { id: RESOURCE, message: "exchange.canonical.v1.TeacherQualification" }],
    rules: rules::ALL,
};

/// Teachers' qualifications (教师资格).
pub(crate) struct Qualifications;

impl Mapping for Qualifications {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let cells = match Cells::read(row) {
            Ok(cells) => cells,
            Err(fault) => return fault.reject(RESOURCE, None),
        };
        match draft(row, &cells) {
            Ok(draft) => Translated::records(vec![draft]),
            Err(fault) => fault.reject(RESOURCE, number(&cells).ok()),
        }
    }
}

/// The qualification, found by its number and its holder; what is wrong is told in the order of the columns.
fn draft(row: &Row<'_>, cells: &Cells) -> Result<Draft, Fault> {
    let fields = &cells.fields;
    let name = fields.required(NAME)?;
    let mut parties = Parties::default();
    let holder = parties.read(name, detected(cells)?, PartyKind::Person, HOLDER)?;
    let holders = parties.finish()?;
    let (qualification, are_codes_known) = qualification(cells, holder)?;
    let (stamp, source_time) = stamp(row.stamp)?;
    let mut subjects = number_lookups(&qualification.number, "");
    subjects.extend(holders.subjects);
    let mut draft = Draft {
        resource: RESOURCE,
        key: qualification.number.clone(),
        stamp,
        source_time,
        subjects,
        flags: Vec::new(),
        effect: Effect::upsert(&qualification),
    };
    if !are_codes_known || document(fields.text(DOCUMENT)).is_err() {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(draft)
}

/// The certificate, and whether every word in it is of its table. A word that is not stays as it is written.
fn qualification(cells: &Cells, holder: Option<Party>) -> Result<(TeacherQualification, bool), Fault> {
    let fields = &cells.fields;
    let birth_date = fields.day(BIRTH_DATE)?;
    let number = number(cells)?;
    let kind = fields.required(KIND)?;
    let issuer = fields.required(ISSUER)?;
    let issued_on = fields.required_day(ISSUED_ON)?;
    let status = status(fields.text(STATUS));
    let (sex, ethnicity) = (sex(fields.text(SEX)), ethnicity(fields.text(ETHNICITY)));
    let are_known = is_kind(kind) && status.is_some() && sex.is_ok() && ethnicity.is_ok();
    let qualification = TeacherQualification {
        number,
        certificate_type: CERTIFICATE.to_owned(),
        holders: holder.into_iter().collect(),
        issuer: issuer.to_owned(),
        issued_on,
        status: status.unwrap_or(CertificateStatus::Other).into(),
        status_text: fields.text(STATUS).to_owned(),
        kind: kind.to_owned(),
        subject: fields.text(SUBJECT).to_owned(),
        sex: sex.unwrap_or_else(|given| given).to_owned(),
        ethnicity: ethnicity.unwrap_or_else(|given| given).to_owned(),
        birth_date,
        ..TeacherQualification::default()
    };
    Ok((qualification, are_known))
}

/// Seventeen digits that never were a number.
fn number(cells: &Cells) -> Result<String, Fault> {
    if cells.is_numeric(NUMBER) {
        return Err(Fault::new(&NUMBER_PRECISION, NUMBER));
    }
    let number = cells.fields.key(NUMBER)?;
    let is_whole = number.len() == DIGITS_OF_NUMBER && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole { Ok(number) } else { Err(Fault::new(&CERTIFICATE_NUMBER, NUMBER)) }
}

/// The holder's number, of the kind that the row says, else of the kind that the number itself says.
fn detected(cells: &Cells) -> Result<Result<Detected, DetectFault>, Fault> {
    let number = cells.document_number(HOLDER)?;
    Ok(match document(cells.fields.text(DOCUMENT)) {
        Ok(Some(kind)) => detect::declared(kind, &number),
        Ok(None) | Err(UnknownDocument) => detect::person(&number),
    })
}

/// No kind of document that the page has.
struct UnknownDocument;

/// The kind of a document; none where nothing is said.
fn document(text: &str) -> Result<Option<IdentifierKind>, UnknownDocument> {
    match text {
        "" => Ok(None),
        "居民身份证" => Ok(Some(IdentifierKind::CitizenNumber)),
        "护照" => Ok(Some(IdentifierKind::Passport)),
        "港澳居民来往内地通行证" => Ok(Some(IdentifierKind::HkMacaoPermit)),
        "台湾居民来往大陆通行证" => Ok(Some(IdentifierKind::TaiwanPermit)),
        "其他" => Ok(Some(IdentifierKind::OtherPersonId)),
        _ => Err(UnknownDocument),
    }
}

fn is_kind(text: &str) -> bool {
    let schools = ["幼儿园", "小学", "初级中学", "高级中学", "中等职业学校", "中等职业学校实习指导", "高等学校"];
    text.strip_suffix("教师资格").is_some_and(|school| schools.contains(&school))
}

fn status(text: &str) -> Option<CertificateStatus> {
    match text {
        "" | "有效" => Some(CertificateStatus::Valid),
        "撤销" => Some(CertificateStatus::Revoked),
        "丧失" => Some(CertificateStatus::Forfeited),
        "注销" => Some(CertificateStatus::Cancelled),
        _ => None,
    }
}

/// The code of a sex written as word or code (GB/T 2261.1), empty when unknown; what is neither, as given.
fn sex(given: &str) -> Result<&str, &str> {
    match given {
        "" | "0" | "未知" | "未知的性别" => Ok(""),
        "1" | "男" | "男性" => Ok("1"),
        "2" | "女" | "女性" => Ok("2"),
        "9" | "未说明" | "未说明的性别" => Ok("9"),
        other => Err(other),
    }
}

/// The code of an ethnicity written as word or code (GB/T 3304); what is neither, as given.
fn ethnicity(given: &str) -> Result<&str, &str> {
    if given.is_empty() { Ok(given) } else { code::ethnicity_code(given).ok_or(given) }
}

/// The time of change of the workbook.
fn stamp(stamp: &str) -> Result<(String, Timestamp), Fault> {
    let millis = Some(stamp).filter(|stamp| stamp.len() == DIGITS_OF_STAMP).and_then(|stamp| stamp.parse().ok());
    let time = millis.and_then(DateTime::from_timestamp_millis).ok_or(Fault::new(&MAPPING_FAILED, ""))?;
    Ok((stamp.to_owned(), time))
}

#[cfg(test)]
mod tests;
