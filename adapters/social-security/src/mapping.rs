//! What a record of the table means.

mod parties;
mod period;
mod version;

use crate::{
    columns::{AAB001, AAC001, AAC008, AAE100, AAE140, Values},
    rules,
};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    formats::dbf::{Mark, Record},
    reading::{Fault, Fields},
    rules::{CODE_UNKNOWN, MESSAGE_OP, PARTY_IDENTIFIER, ROW_COLUMNS},
};
use contract::canonical::v1::{InsuranceState, SocialInsurance};
use parties::Insured;
use period::Period;
use version::Version;

const SOCIAL_INSURANCE: &str = "social-insurance";

/// Kinds of insurance (险种类型): enterprise pension, public-service pension, unemployment, medical, work injury, maternity.
const INSURANCES: [&str; 6] = ["110", "120", "210", "310", "410", "510"];

static DEPARTMENT: Department = Department {
    id: "social-security",
    system: "social-insurance-register",
    mapping_version: "1",
    encoding: "GBK",
    resources: &[Resource { id: SOCIAL_INSURANCE, message: "exchange.canonical.v1.SocialInsurance" }],
    rules: rules::ALL,
};

/// Who takes part in which insurance, with which employer.
pub(crate) struct Participation;

impl Mapping for Participation {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let Some(record) = Record::new(row.kind, row.bytes) else {
            return Fault::new(&ROW_COLUMNS, "").reject(SOCIAL_INSURANCE, None);
        };
        if record.mark() == Mark::Deleted {
            return Translated::Skipped { rule: &rules::RECORD_DELETED };
        }
        let values = Values::of(&record);
        let marked = if record.mark() == Mark::Kept { Ok(()) } else { Err(Fault::new(&MESSAGE_OP, "")) };
        match marked.and_then(|()| draft(&values, row.origin)) {
            Ok(draft) => Translated::records(vec![draft]),
            Err(fault) => fault.reject(SOCIAL_INSURANCE, Key::of(&values.fields).ok().map(|key| key.text())),
        }
    }
}

/// What the record is known by.
struct Key {
    person: String,
    insurance: String,
    employer: String,
}

impl Key {
    fn of(fields: &Fields) -> Result<Self, Fault> {
        let (person, employer) = (fields.key(AAC001)?, fields.key(AAB001)?);
        Ok(Self { person, insurance: fields.key(AAE140)?, employer })
    }

    fn text(&self) -> String {
        format!("{}/{}/{}", self.person, self.insurance, self.employer)
    }
}

/// Judges the key, then the parties, then months and day.
fn draft(values: &Values, origin: &str) -> Result<Draft, Fault> {
    if let Some(fault) = values.encoding {
        return Err(fault);
    }
    let fields = &values.fields;
    let key = Key::of(fields)?;
    let insured = Insured::read(fields)?;
    let period = Period::read(fields)?;
    let version = Version::read(fields, origin)?;
    let state = Code::read(&fields.number(AAC008), state);
    let valid = Code::read(&fields.number(AAE100), valid);
    let is_known = INSURANCES.contains(&key.insurance.as_str());
    let mut draft = Draft {
        resource: SOCIAL_INSURANCE,
        key: key.text(),
        stamp: version.stamp,
        source_time: version.at,
        subjects: insured.subjects,
        flags: Vec::new(),
        effect: Effect::upsert(&SocialInsurance {
            person_number: key.person,
            insured: insured.person,
            employer: insured.employer,
            employer_number: key.employer,
            insurance: key.insurance,
            first_month: period.first,
            last_paid_month: period.last,
            state: state.value.unwrap_or_default().into(),
            valid: valid.value,
            handled_on: version.handled_on,
        }),
    };
    let unknown = !is_known || insured.kind_unknown || state.unknown || valid.unknown;
    let flags = [(&CODE_UNKNOWN, unknown), (&PARTY_IDENTIFIER, insured.wrong)];
    flags.into_iter().filter(|(_, applies)| *applies).for_each(|(rule, _)| draft.flag(rule));
    values.flag().into_iter().for_each(|rule| draft.flag(rule));
    Ok(draft)
}

/// What a code stands for; nothing where it is blank or not in its table.
struct Code<T> {
    value: Option<T>,
    unknown: bool,
}

impl<T> Code<T> {
    fn read(code: &str, table: fn(&str) -> Option<T>) -> Self {
        let value = table(code);
        Self { unknown: value.is_none() && !code.is_empty(), value }
    }
}

fn state(code: &str) -> Option<InsuranceState> {
    Some(match code {
        "1" => InsuranceState::Insured,
        "2" => InsuranceState::Paused,
        "3" => InsuranceState::Ended,
        "4" => InsuranceState::Retired,
        _ => return None,
    })
}

fn valid(code: &str) -> Option<bool> {
    match code {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}
