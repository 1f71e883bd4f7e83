//! What a row of the list of changes means.

use crate::{numbers::Numbers, rules};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    reading::{Fault, Fields, Parties, Stamp},
    rules::{CODE_UNKNOWN, MESSAGE_OP, PARTY_IDENTIFIER},
};
use contract::canonical::v1::{Party, PartyKind, TaxRegistration, TaxStatus};
use domain::{
    Identifier,
    code::section_of_industry,
    identifier::{
        Uscc,
        detect::{self, Detected},
    },
};

const TAX_REGISTRATION: &str = "tax-registration";
/// The department says that the registration is no longer valid.
const CANCELLED: &str = "source.cancelled";

static DEPARTMENT: Department = Department {
    id: "taxation",
    system: "tax-register",
    mapping_version: "1",
    encoding: "UTF-8",
    resources: &[Resource { id: TAX_REGISTRATION, message: "exchange.canonical.v1.TaxRegistration" }],
    rules: rules::ALL,
};

/// The register of taxpayers.
pub(crate) struct TaxRegister;

impl Mapping for TaxRegister {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    fn translate(&self, row: &Row<'_>, _memory: Option<&[u8]>) -> Translated {
        let fields = match Fields::from_json(row.bytes) {
            Ok(fields) => fields,
            Err(fault) => return fault.reject(TAX_REGISTRATION, None),
        };
        match draft(&fields) {
            Ok(draft) => Translated::records(vec![draft]),
            Err(fault) => fault.reject(TAX_REGISTRATION, fields.key("DJXH").ok()),
        }
    }
}

fn draft(fields: &Fields) -> Result<Draft, Fault> {
    let key = fields.key("DJXH")?;
    let validity = fields.number("YXBZ").to_ascii_uppercase();
    if validity == "N" {
        return withdrawal(fields, key);
    }
    let numbers = Numbers::read(fields)?;
    let registered_on = fields.day("DJRQ")?;
    let (legal_representative, is_doubtful) = legal_representative(fields, &numbers)?;
    if validity != "Y" {
        return Err(Fault::new(&MESSAGE_OP, "YXBZ"));
    }
    let stamp = fields.stamp("XGRQ")?;
    let (status, status_is_known) = status(&fields.number("NSRZT_DM"));
    let industry = fields.number("HY_DM");
    let body = TaxRegistration {
        registration_key: key.clone(),
        taxpayer_number: numbers.taxpayer.clone(),
        uscc: numbers.uscc.as_ref().map(Uscc::value).unwrap_or_default().to_owned(),
        name: fields.text("NSRMC").to_owned(),
        status: status.into(),
        type_code: fields.number("DJZCLX_DM"),
        industry_code: industry.clone(),
        registered_on,
        authority: fields.text("ZGSWJG_MC").to_owned(),
        legal_representative,
    };
    let mut draft = record(key, stamp, numbers.subjects(), Effect::upsert(&body));
    let flags = [
        numbers.flag(),
        is_doubtful.then_some(&PARTY_IDENTIFIER),
        (!status_is_known || !is_industry(&industry)).then_some(&CODE_UNKNOWN),
    ];
    flags.into_iter().flatten().for_each(|flag| draft.flag(flag));
    Ok(draft)
}

/// Takes the record back, whatever is wrong with what would not be shown any more.
fn withdrawal(fields: &Fields, key: String) -> Result<Draft, Fault> {
    let numbers = Numbers::read(fields)?;
    let mut draft = record(key, fields.stamp("XGRQ")?, numbers.subjects(), Effect::Withdraw { reason: CANCELLED });
    numbers.flag().into_iter().for_each(|flag| draft.flag(flag));
    Ok(draft)
}

fn record(key: String, stamp: Stamp, subjects: Vec<Identifier>, effect: Effect) -> Draft {
    Draft {
        resource: TAX_REGISTRATION,
        key,
        stamp: stamp.digits,
        source_time: stamp.at,
        subjects,
        flags: Vec::new(),
        effect,
    }
}

/// The legal representative, and whether the number is doubtful. Nobody finds a registration by it, so it decides about no row.
fn legal_representative(fields: &Fields, numbers: &Numbers) -> Result<(Option<Party>, bool), Fault> {
    let mut parties = Parties::default();
    for subject in numbers.subjects() {
        parties.read("", Ok(Detected::Sound(subject)), PartyKind::Organisation, "SHXYDM")?;
    }
    let number = detect::party(fields.text("FDDBRSFZJHM"));
    let party = parties.read_wide(fields.text("FDDBRXM"), number, PartyKind::Person, "FDDBRSFZJHM")?;
    Ok((party, parties.finish()?.flagged))
}

/// The state of `NSRZT_DM`, and whether the code is known; blank is unknown without being wrong.
fn status(code: &str) -> (TaxStatus, bool) {
    let status = match code {
        "03" => TaxStatus::Normal,
        "04" => TaxStatus::Suspended,
        "05" => TaxStatus::Abnormal,
        "06" => TaxStatus::Closing,
        "07" => TaxStatus::Cancelled,
        "08" => TaxStatus::AbnormalCancelled,
        _ => TaxStatus::Unspecified,
    };
    (status, code.is_empty() || status != TaxStatus::Unspecified)
}

/// Whether a code is of GB/T 4754: digits of a division, group or class.
fn is_industry(code: &str) -> bool {
    let is_shaped = (2..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    code.is_empty() || (is_shaped && section_of_industry(code).is_some())
}

#[cfg(test)]
mod tests;
