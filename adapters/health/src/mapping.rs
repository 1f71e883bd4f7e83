//! What a pushed record means.

#[cfg(test)]
mod tests;

use crate::rules;
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    reading::{Fault, Fields, Listed, Parties, number_lookups},
    rules::{
        CERTIFICATE_NUMBER, CODE_UNKNOWN, MESSAGE_JSON, MESSAGE_OP, NAME_PRIVATE_USE, NAME_REPLACEMENT_CHAR,
        NUMBER_INVALID, PARTY_IDENTIFIER,
    },
};
use contract::canonical::v1::{BirthCertificate, CertificateStatus, Party, PartyKind};
use domain::{Rule, Timestamp, code, identifier::detect, text};
use serde_json::{Map, Value};

const BIRTH_CERTIFICATE: &str = "birth-certificate";
const TYPE: &str = "出生医学证明";
/// The fields of the interface; a record may have others, which say nothing here.
const FIELDS: [&str; 17] = [
    "cszmbh", "xm", "xb", "cssj", "csd", "csyy", "yz", "tz", "mqxm", "mqzjlx", "mqzjhm", "fqxm", "fqzjlx", "fqzjhm",
    "qfrq", "zfbz", "xgsj",
];

static DEPARTMENT: Department = Department {
    id: "health",
    system: "birth-certificates",
    mapping_version: "1",
    encoding: "utf-8",
    resources: &[Resource { id: BIRTH_CERTIFICATE, message: "exchange.canonical.v1.BirthCertificate" }],
    rules: rules::ALL,
};

/// Birth certificates.
pub(crate) struct BirthCertificates;

impl Mapping for BirthCertificates {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    /// The row's kind is the resource that the caller named, if any.
    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let fields = match fields(row.bytes) {
            Ok(fields) => fields,
            Err(fault) => return fault.reject(BIRTH_CERTIFICATE, None),
        };
        let number = number(&fields);
        let key = number.as_ref().ok().cloned();
        let known = matches!(row.kind, "" | BIRTH_CERTIFICATE);
        let judged = if known { number } else { Err(Fault::new(&MESSAGE_OP, "resource")) };
        match judged.and_then(|number| certificate(&fields, number)) {
            Ok(draft) => Translated::records(vec![draft]),
            Err(fault) => fault.reject(BIRTH_CERTIFICATE, key),
        }
    }
}

fn fields(bytes: &[u8]) -> Result<Fields, Fault> {
    let mut members: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| Fault::new(&MESSAGE_JSON, ""))?;
    members.retain(|name, _| FIELDS.contains(&name.as_str()));
    Fields::from_members(&members)
}

/// `cszmbh`: one letter and nine digits.
fn number(fields: &Fields) -> Result<String, Fault> {
    let given = fields.number("cszmbh").to_ascii_uppercase();
    let is_sound = given.split_at_checked(1).is_some_and(|(letter, digits)| {
        let is_letter = letter.bytes().all(|byte| byte.is_ascii_uppercase());
        is_letter && digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_sound { Ok(given) } else { Err(Fault::new(&CERTIFICATE_NUMBER, "cszmbh")) }
}

/// Judges the fields in the order in which the interface names them.
fn certificate(fields: &Fields, number: String) -> Result<Draft, Fault> {
    let born_at = fields.instant("cssj")?;
    let (weeks, grams) = (whole(fields, "yz")?, whole(fields, "tz")?);
    let mut parties = Parties::default();
    let mother = parent(fields, &mut parties, ["mqxm", "mqzjlx", "mqzjhm"])?;
    let father = parent(fields, &mut parties, ["fqxm", "fqzjlx", "fqzjhm"])?;
    let Listed { subjects: found, flagged } = parties.finish()?;
    let issued_on = fields.day("qfrq")?;
    let stamp = fields.stamp_with_micros("xgsj")?;
    let (status, status_text) = status(fields);
    let body = BirthCertificate {
        number: number.clone(),
        certificate_type: TYPE.to_owned(),
        holders: mother.iter().chain(&father).cloned().collect(),
        issued_on,
        status: status.into(),
        status_text,
        child_name: fields.text("xm").to_owned(),
        sex: Some(fields.number("xb")).filter(|sex| sex != "0").unwrap_or_default(),
        born_at: born_at.map(on_the_wire),
        birth_place: fields.text("csd").to_owned(),
        hospital: fields.text("csyy").to_owned(),
        gestation_weeks: weeks,
        weight_grams: grams,
        mother,
        father,
        ..BirthCertificate::default()
    };
    let mut subjects = number_lookups(&number, "");
    subjects.extend(found);
    let mut draft = Draft {
        resource: BIRTH_CERTIFICATE,
        key: number,
        stamp: stamp.digits,
        source_time: stamp.at,
        subjects,
        flags: Vec::new(),
        effect: Effect::upsert(&body),
    };
    for (rule, applies) in warnings(fields, &body, flagged) {
        if applies {
            draft.flag(rule);
        }
    }
    Ok(draft)
}

/// A parent; none where neither name nor number is given.
fn parent(
    fields: &Fields,
    parties: &mut Parties,
    [name, kind, number]: [&'static str; 3],
) -> Result<Option<Party>, Fault> {
    let detected = detect::by_holder_code(&fields.number(kind), fields.text(number));
    parties.read(fields.text(name), detected, PartyKind::Person, number)
}

/// Whether it is void. What the interface does not say is not called valid.
fn status(fields: &Fields) -> (CertificateStatus, String) {
    match fields.number("zfbz").as_str() {
        "1" => (CertificateStatus::Void, String::new()),
        "" | "0" => (CertificateStatus::Valid, String::new()),
        other => (CertificateStatus::Other, other.to_owned()),
    }
}

/// What is worth a flag: each rule with whether it applies.
fn warnings(fields: &Fields, body: &BirthCertificate, flagged: bool) -> [(&'static Rule, bool); 4] {
    let names = ["xm", "mqxm", "fqxm"].map(|field| fields.text(field));
    let document = |field| fields.number(field);
    let is_strange = |kind: String| !kind.is_empty() && detect::kind_of_holder_code(&kind).is_none();
    let code_unknown = is_strange(document("mqzjlx"))
        || is_strange(document("fqzjlx"))
        || (!body.sex.is_empty() && code::sex(&body.sex).is_none())
        || body.status() == CertificateStatus::Other;
    [
        (&PARTY_IDENTIFIER, flagged),
        (&CODE_UNKNOWN, code_unknown),
        (&NAME_REPLACEMENT_CHAR, names.iter().any(|name| text::has_replacement_char(name))),
        (&NAME_PRIVATE_USE, names.iter().any(|name| text::has_private_use(name))),
    ]
}

/// Weeks or grams; 0 when unknown, which leaves the item out.
fn whole(fields: &Fields, field: &'static str) -> Result<u32, Fault> {
    let given = fields.whole(field)?.unwrap_or_default();
    u32::try_from(given).map_err(|_| Fault::new(&NUMBER_INVALID, field))
}

fn on_the_wire(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.timestamp(),
        nanos: i32::try_from(instant.timestamp_subsec_nanos().min(999_999_999)).unwrap_or_default(),
    }
}
