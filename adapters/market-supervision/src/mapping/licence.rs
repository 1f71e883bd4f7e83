//! `LIC`: a food operation licence.

use super::{
    FOOD_OPERATION_LICENCE, draft,
    numbers::{certificate_number, on_the_wire},
    status,
};
use crate::fields::{Fault, Fields};
use adapter_sdk::{
    Effect, Translated,
    rules::{CERTIFICATE_NUMBER, CODE_UNKNOWN, PARTY_MASKED, PARTY_MISSING, USCC_CHECKSUM},
};
use contract::canonical::v1::{FoodOperationLicence, Party, PartyKind};
use domain::{
    Identifier,
    identifier::{OrganisationFault, Uscc},
};

const FOOD_LICENCE: &str = "食品经营许可证";

/// `LICNO`, where it is there.
pub(super) fn key(fields: &Fields<'_>) -> Option<String> {
    fields.required("LICNO").ok()
}

/// The licence, found by its number and its holder; whether the holder is known is decided when it is read.
pub(super) fn translate(fields: &Fields<'_>) -> Result<Translated, Fault> {
    let number = fields.required("LICNO")?;
    let lookup = certificate_number(&number).ok_or(Fault { rule: &CERTIFICATE_NUMBER, field: "LICNO" })?;
    let holder = holder(fields)?;
    let stamp = fields.stamp()?;
    let licence = licence(fields, &number, &holder)?;
    let subjects = vec![lookup, holder];
    let mut draft = draft(FOOD_OPERATION_LICENCE, &number, &stamp, subjects, Effect::upsert(&licence));
    if licence.certificate_type != FOOD_LICENCE {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(Translated::records(vec![draft]))
}

/// The holder is a party, and the only one: a licence that nobody can be found by is refused.
fn holder(fields: &Fields<'_>) -> Result<Identifier, Fault> {
    let uscc = Uscc::parse(&fields.number("UNISCID")).map_err(|fault| {
        let rule = match fault {
            OrganisationFault::Missing => &PARTY_MISSING,
            OrganisationFault::Masked => &PARTY_MASKED,
            OrganisationFault::Shape | OrganisationFault::Checksum => &USCC_CHECKSUM,
        };
        Fault { rule, field: "UNISCID" }
    })?;
    Ok(uscc.identifier())
}

fn licence(fields: &Fields<'_>, number: &str, holder: &Identifier) -> Result<FoodOperationLicence, Fault> {
    let valid_to = fields.end("VALTO")?;
    let given_type = fields.text("LICTYPE");
    let state = fields.text("LICSTATE");
    let holder = Party {
        name: fields.text("ENTNAME"),
        identifier: Some(on_the_wire(holder)),
        kind: PartyKind::Organisation.into(),
        share: String::new(),
    };
    Ok(FoodOperationLicence {
        number: number.to_owned(),
        certificate_type: if given_type.is_empty() { FOOD_LICENCE.to_owned() } else { given_type },
        holders: vec![holder],
        issuer: fields.text("ISSORG"),
        issued_on: fields.day("ISSDATE")?,
        valid_from: fields.day("VALFROM")?,
        valid_to: valid_to.iso().unwrap_or_default(),
        valid_indefinitely: valid_to.is_no_end(),
        status: status::of_food_licence(&state).into(),
        status_text: state,
        items: fields.text("LICITEM"),
        ..FoodOperationLicence::default()
    })
}
