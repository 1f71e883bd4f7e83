//! What the department's rows mean.

use crate::{rules, source};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    reading::{Fault, Fields, Listed, Parties, Stamp, number_lookups},
    rules::{CODE_UNKNOWN, PARTY_IDENTIFIER},
};
use contract::canonical::v1::{Certificate, CertificateStatus, PartyKind};
use domain::{Identifier, identifier::detect};

/// The catalogue id of what is published.
pub(crate) const RESOURCE: &str = "sample-department-record";
/// FILL IN what the certificates are called (证照类型名称).
const TYPE: &str = "许可证";
/// FILL IN the status by which the department takes a row back that it should not have sent.
const TAKEN_BACK: &str = "9";
/// Why a record is taken back.
const CANCELLED: &str = "source.cancelled";

static DEPARTMENT: Department = Department {
    id: "sample-department",
    // FILL IN the name of the legacy system.
    system: "sample-department-register",
    mapping_version: "1",
    encoding: source::ENCODING,
    // FILL IN the message, if it is not the one that all certificates have in common.
    resources: &[Resource { id: RESOURCE, message: "exchange.canonical.v1.Certificate" }],
    rules: rules::ALL,
};

/// The department's register.
pub(crate) struct Register;

impl Mapping for Register {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let fields = match source::fields(row) {
            Ok(fields) => fields,
            Err(fault) => return fault.reject(RESOURCE, None),
        };
        match draft(&fields) {
            Ok(draft) => Translated::records(vec![draft]),
            Err(fault) => fault.reject(RESOURCE, key(&fields).ok()),
        }
    }
}

/// FILL IN the field that tells one record from all others; the same row must always have the same key.
fn key(fields: &Fields) -> Result<String, Fault> {
    fields.key("zzbh")
}

/// FILL IN the field by which a newer row is told from an older one.
fn stamp(fields: &Fields) -> Result<Stamp, Fault> {
    fields.stamp("gxsj")
}

/// FILL IN the fields, in the order in which the interface document names them: the first that is wrong is the one the
/// department is told of.
fn draft(fields: &Fields) -> Result<Draft, Fault> {
    let number = key(fields)?;
    let (status, status_is_known) = status(&fields.number("zt"));
    if fields.number("zt") == TAKEN_BACK {
        let subjects = number_lookups(&number, "");
        return Ok(record(number, stamp(fields)?, subjects, Effect::Withdraw { reason: CANCELLED }));
    }
    let mut parties = Parties::default();
    let holder_code = fields.number("czrlx");
    let detected = detect::by_holder_code(&holder_code, fields.text("czrdm"));
    let holder = parties.read(fields.text("czr"), detected, PartyKind::Organisation, "czrdm")?;
    let Listed { subjects: found, flagged } = parties.finish()?;
    let issued_on = fields.required_day("fzrq")?;
    let end = fields.end("yxqz")?;
    let valid_to = end.iso().unwrap_or_default();
    if !valid_to.is_empty() && valid_to < issued_on {
        return Err(Fault::new(&rules::PERIOD, "yxqz"));
    }
    let stamp = stamp(fields)?;
    let body = Certificate {
        number: number.clone(),
        certificate_type: TYPE.to_owned(),
        holders: holder.into_iter().collect(),
        issuer: fields.required("fzjg")?.to_owned(),
        issued_on,
        valid_to,
        valid_indefinitely: end.is_no_end(),
        status: status.into(),
        status_text: if status_is_known { String::new() } else { fields.number("zt") },
        ..Certificate::default()
    };
    let mut subjects = number_lookups(&number, "");
    subjects.extend(found);
    let mut draft = record(number, stamp, subjects, Effect::upsert(&body));
    if flagged {
        draft.flag(&PARTY_IDENTIFIER);
    }
    let code_is_known = holder_code.is_empty() || detect::kind_of_holder_code(&holder_code).is_some();
    if !code_is_known || !status_is_known {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(draft)
}

/// FILL IN the codes; what is in none of them is not called valid.
fn status(code: &str) -> (CertificateStatus, bool) {
    match code {
        "1" => (CertificateStatus::Valid, true),
        "2" => (CertificateStatus::Cancelled, true),
        "3" => (CertificateStatus::Revoked, true),
        _ => (CertificateStatus::Other, false),
    }
}

fn record(key: String, stamp: Stamp, subjects: Vec<Identifier>, effect: Effect) -> Draft {
    Draft {
        resource: RESOURCE,
        key,
        stamp: stamp.digits,
        source_time: stamp.at,
        subjects,
        flags: Vec::new(),
        effect,
    }
}
