//! What a row of the register means.

use crate::{
    layout::{
        CSDSSXQ, CSRQ, CYM, CZBS, FWCS, GMSFHM, GXSJ, HH, HYZK, JGSSXQ, JLBZ, KIND, MLXZ, MZ, QFJG, ROW, RYID, RYZT,
        SSXQ, WHCD, XB, XM, YHZGX, YXQXJZRQ, YXQXQSRQ,
    },
    rules,
};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Rejection, Resource, Row, Translated,
    formats::fixed::{Field, FixedRow, RowFault},
    rules::{
        CITIZEN_ID_CHECKSUM, CITIZEN_ID_DATE, CITIZEN_ID_MASKED, CITIZEN_ID_MISSING, CODE_UNKNOWN, DATE_INVALID,
        DIVISION_UNKNOWN, FIELD_INVALID, FIELD_REQUIRED, MESSAGE_OP, ROW_ENCODING,
    },
};
use contract::canonical::v1::{LifeStatus, NaturalPerson};
use domain::{
    CitizenFault, CitizenNumber, DateFault, DayValue, Identifier, IdentifierKind, Rule, code, date, division, text,
};

const NATURAL_PERSON: &str = "natural-person";

static DEPARTMENT: Department = Department {
    id: "public-security",
    system: "resident-register",
    mapping_version: "1",
    encoding: "GB18030",
    resources: &[Resource { id: NATURAL_PERSON, message: "exchange.canonical.v1.NaturalPerson" }],
    rules: rules::ALL,
};

/// The resident register.
pub(crate) struct ResidentRegister;

impl Mapping for ResidentRegister {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        match judge(row.bytes) {
            Ok(Some(draft)) => Translated::records(vec![draft]),
            Ok(None) => Translated::Superseded { about: key_in(row.bytes).map(|key| (NATURAL_PERSON, key)) },
            Err(Fault { rule, field }) => {
                Translated::Rejected(Rejection { rule, field, resource: NATURAL_PERSON, key: key_in(row.bytes) })
            }
        }
    }
}

/// The rule that a row breaks, and in which field.
struct Fault {
    rule: &'static Rule,
    field: &'static str,
}

impl Fault {
    fn in_field(rule: &'static Rule, field: &Field) -> Self {
        Self { rule, field: field.name }
    }

    fn of_row(fault: RowFault) -> Self {
        match fault {
            RowFault::Length => Self { rule: &rules::ROW_LENGTH, field: "" },
            RowFault::TornCharacter(field) => Self { rule: &rules::ROW_TORN_CHARACTER, field },
            RowFault::Encoding(field) => Self { rule: &ROW_ENCODING, field },
        }
    }

    fn of_number(fault: CitizenFault) -> Self {
        let rule = match fault {
            CitizenFault::Missing => &CITIZEN_ID_MISSING,
            CitizenFault::Masked => &CITIZEN_ID_MASKED,
            CitizenFault::Shape | CitizenFault::Checksum => &CITIZEN_ID_CHECKSUM,
            CitizenFault::Date => &CITIZEN_ID_DATE,
        };
        Self::in_field(rule, &GMSFHM)
    }

    fn of_date(fault: DateFault, field: &Field) -> Self {
        let rule = match fault {
            DateFault::Missing => &FIELD_REQUIRED,
            DateFault::Invalid => &DATE_INVALID,
        };
        Self::in_field(rule, field)
    }
}

/// The row's record; nothing for a history row, whose fields are not judged.
fn judge(bytes: &[u8]) -> Result<Option<Draft>, Fault> {
    let row = ROW.row(bytes).map_err(Fault::of_row)?;
    one_of(&row, &KIND, &["D"])?;
    if row.text(&JLBZ) == "2" {
        return Ok(None);
    }
    record(&row).map(Some)
}

/// Judges the fields in the order in which they stand in the row.
fn record(row: &FixedRow<'_>) -> Result<Draft, Fault> {
    one_of(row, &CZBS, &["I", "U", "D"])?;
    let key = key_of(&plain(row, &RYID))?.to_owned();
    let number = CitizenNumber::parse(row.text(&GMSFHM)).map_err(Fault::of_number)?;
    let subject = number.identifier();
    if subject.kind() != IdentifierKind::CitizenNumber {
        return Err(Fault::in_field(&CITIZEN_ID_CHECKSUM, &GMSFHM));
    }
    let person = person(row, &key, &number)?;
    one_of(row, &JLBZ, &["1"])?;
    draft(row, &person, &number, subject)
}

fn draft(
    row: &FixedRow<'_>,
    person: &NaturalPerson,
    number: &CitizenNumber,
    subject: Identifier,
) -> Result<Draft, Fault> {
    let invalid = |fault| Fault::of_date(fault, &GXSJ);
    let stamp = date::stamp14(row.text(&GXSJ)).map_err(invalid)?;
    let source_time = date::stamp_instant(&stamp, date::local_offset()).ok_or(DateFault::Invalid).map_err(invalid)?;
    let state = row.text(&RYZT);
    let mut draft = Draft {
        resource: NATURAL_PERSON,
        key: person.source_person_id.clone(),
        stamp,
        source_time,
        subjects: vec![subject],
        flags: Vec::new(),
        effect: withdrawal(row.text(&CZBS), state).unwrap_or_else(|| Effect::upsert(person)),
    };
    for (rule, applies) in warnings(person, number, state) {
        if applies {
            draft.flag(rule);
        }
    }
    Ok(draft)
}

fn person(row: &FixedRow<'_>, key: &str, number: &CitizenNumber) -> Result<NaturalPerson, Fault> {
    let birth_date = birth_date(row, number)?;
    let valid_from = known_day(row, &YXQXQSRQ)?;
    let valid_to =
        date::parse_day_with_empty_as_no_end(row.text(&YXQXJZRQ)).map_err(|fault| Fault::of_date(fault, &YXQXJZRQ))?;
    Ok(NaturalPerson {
        source_person_id: key.to_owned(),
        citizen_number: number.value().to_owned(),
        former_citizen_number: number.former().unwrap_or_default().to_owned(),
        name: written(row, &XM),
        former_name: written(row, &CYM),
        sex: Some(plain(row, &XB)).filter(|sex| sex != "0").unwrap_or_default(),
        ethnicity: plain(row, &MZ),
        birth_date,
        birth_division: plain(row, &CSDSSXQ),
        native_division: plain(row, &JGSSXQ),
        household_number: plain(row, &HH),
        relation_to_head: plain(row, &YHZGX),
        division: plain(row, &SSXQ),
        address: written(row, &MLXZ),
        education: plain(row, &WHCD),
        marital_status: marital_status(row),
        employer: written(row, &FWCS),
        id_card_issuer: written(row, &QFJG),
        id_card_valid_from: valid_from.iso().unwrap_or_default(),
        id_card_valid_to: valid_to.iso().unwrap_or_default(),
        id_card_valid_indefinitely: valid_to.is_no_end(),
        life_status: life_status(row.text(&RYZT)).into(),
    })
}

/// What is worth a flag: each rule with whether it applies.
fn warnings(person: &NaturalPerson, number: &CitizenNumber, state: &str) -> [(&'static Rule, bool); 6] {
    let names = [&person.name, &person.former_name];
    let divisions = [&person.birth_division, &person.native_division, &person.division];
    let codes = [
        (person.sex.as_str(), code::sex(&person.sex)),
        (&person.ethnicity, code::ethnicity(&person.ethnicity)),
        (&person.relation_to_head, code::relation(&person.relation_to_head)),
        (&person.education, code::education(&person.education)),
        (&person.marital_status, code::marital(&person.marital_status)),
        (state, code::person_status(state)),
    ];
    let contradicts = matches!(person.sex.as_str(), "1" | "2") && person.sex != number.sex_digit();
    [
        (&rules::CITIZEN_ID_UPGRADED, number.former().is_some()),
        (&rules::CITIZEN_ID_SEX_MISMATCH, contradicts),
        (&DIVISION_UNKNOWN, divisions.iter().any(|code| !code.is_empty() && !division::is_known(code))),
        (&CODE_UNKNOWN, codes.iter().any(|(code, title)| !code.is_empty() && title.is_none())),
        (&rules::NAME_REPLACEMENT_CHAR, names.iter().any(|name| text::has_replacement_char(name))),
        (&rules::NAME_PRIVATE_USE, names.iter().any(|name| text::has_private_use(name))),
    ]
}

fn withdrawal(operation: &str, state: &str) -> Option<Effect> {
    let reason = match (operation, state) {
        ("D", _) => "source.cancelled",
        (_, "7") => "source.deleted",
        (_, "8") => "source.deregistered",
        _ => return None,
    };
    Some(Effect::Withdraw { reason })
}

fn life_status(state: &str) -> LifeStatus {
    match state {
        "" => LifeStatus::Unspecified,
        "0" => LifeStatus::Normal,
        "1" => LifeStatus::Dead,
        "2" => LifeStatus::MovedOut,
        "3" => LifeStatus::InService,
        "4" => LifeStatus::SettledAbroad,
        "6" => LifeStatus::Missing,
        _ => LifeStatus::Other,
    }
}

/// The birth date, ISO; unknown stays absent although the number holds one: nothing is invented.
fn birth_date(row: &FixedRow<'_>, number: &CitizenNumber) -> Result<String, Fault> {
    let given = known_day(row, &CSRQ)?;
    if given.day().is_some_and(|day| day != number.birth_date()) {
        return Err(Fault::in_field(&rules::CITIZEN_ID_BIRTH_MISMATCH, &CSRQ));
    }
    Ok(given.iso().unwrap_or_default())
}

/// A day where "no end" means nothing.
fn known_day(row: &FixedRow<'_>, field: &Field) -> Result<DayValue, Fault> {
    match date::parse_day(row.text(field)) {
        Ok(DayValue::NoEnd) => Err(Fault::of_date(DateFault::Invalid, field)),
        Ok(day) => Ok(day),
        Err(fault) => Err(Fault::of_date(fault, field)),
    }
}

/// Two digits where the table knows the code, else as written.
fn marital_status(row: &FixedRow<'_>) -> String {
    let given = plain(row, &HYZK);
    code::marital_code(&given).map_or(given, str::to_owned)
}

fn one_of(row: &FixedRow<'_>, field: &Field, known: &[&str]) -> Result<(), Fault> {
    if known.contains(&row.text(field)) { Ok(()) } else { Err(Fault::in_field(&MESSAGE_OP, field)) }
}

/// A name or address: nothing inside is folded.
fn written(row: &FixedRow<'_>, field: &Field) -> String {
    row.text(field).to_owned()
}

/// An identifier or code: full-width digits and letters become half-width.
fn plain(row: &FixedRow<'_>, field: &Field) -> String {
    text::trim(&text::narrow(row.text(field))).to_owned()
}

/// The person id: ASCII, as the page says, and nothing that cannot be seen.
fn key_of(ryid: &str) -> Result<&str, Fault> {
    match text::trim(ryid) {
        "" => Err(Fault::in_field(&FIELD_REQUIRED, &RYID)),
        key if key.bytes().all(|byte| matches!(byte, b' '..=b'~')) => Ok(key),
        _ => Err(Fault::in_field(&FIELD_INVALID, &RYID)),
    }
}

/// The person id of a row that may be broken elsewhere: then a full export still mentions the person.
fn key_in(bytes: &[u8]) -> Option<String> {
    key_of(std::str::from_utf8(RYID.of(bytes)).ok()?).ok().map(str::to_owned)
}
