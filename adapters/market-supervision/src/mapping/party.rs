//! Legal representatives and investors: who they are, by which number.

use super::numbers::on_the_wire;
use crate::fields::{Fault, Fields};
use adapter_sdk::rules::PARTY_MASKED;
use contract::canonical::v1::{Party, PartyKind};
use domain::{
    Identifier, IdentifierKind,
    identifier::detect::{self, DetectFault, Detected},
};

/// Somebody a record speaks of, and how their number stood the check.
#[derive(Default)]
pub(super) struct Named {
    /// As published; `None` when neither name nor number is given.
    pub(super) party: Option<Party>,
    /// The number that is kept.
    pub(super) identifier: Option<Identifier>,
    /// Whether a wrong number was given.
    pub(super) wrong: bool,
}

/// The legal representative, `LEREP` with `CERNO`: a person, unless the number is a good credit code.
pub(super) fn representative(fields: &Fields<'_>) -> Result<Named, Fault> {
    let number = of_person(fields)?;
    let is_organisation = number.identifier.as_ref().is_some_and(|number| number.kind() == IdentifierKind::Uscc);
    let kind = if is_organisation { PartyKind::Organisation } else { PartyKind::Person };
    Ok(number.named(fields.text("LEREP"), kind))
}

/// The investor, `INV` with `CERNO`, as `INVTYPE` says; where that is empty, the number decides.
pub(super) fn investor(fields: &Fields<'_>) -> Result<Named, Fault> {
    let (number, kind) = match fields.number("INVTYPE").as_str() {
        "20" => (of_person(fields)?, PartyKind::Person),
        "35" => (of_enterprise(fields)?, PartyKind::Organisation),
        "" => {
            let number = Number::read(fields, detect::party)?;
            let kind = number.identifier.as_ref().map_or(PartyKind::Organisation, kind_of_holder);
            (number, kind)
        }
        _ => {
            let number = Number::read(fields, |number| detect::declared(IdentifierKind::OtherOrganisationId, number))?;
            (number, PartyKind::Organisation)
        }
    };
    Ok(number.named(fields.text("INV"), kind))
}

/// `CERNO` of a person, of the kind that `CERTYPE` names.
fn of_person(fields: &Fields<'_>) -> Result<Number, Fault> {
    let kind = match fields.number("CERTYPE").as_str() {
        "" => return Number::read(fields, detect::person),
        "10" => IdentifierKind::CitizenNumber,
        "20" | "30" => IdentifierKind::MilitaryId,
        "40" => IdentifierKind::Passport,
        "50" | "60" => IdentifierKind::HkMacaoPermit,
        "70" => IdentifierKind::TaiwanPermit,
        _ => IdentifierKind::OtherPersonId,
    };
    Number::read(fields, |number| detect::declared(kind, number))
}

/// `CERNO` of an enterprise: a credit code or a registration number.
fn of_enterprise(fields: &Fields<'_>) -> Result<Number, Fault> {
    Number::read(fields, |number| match detect::declared(IdentifierKind::Uscc, number)? {
        Detected::Wrong { .. } => detect::declared(IdentifierKind::RegistrationNumber, number),
        sound @ Detected::Sound(_) => Ok(sound),
    })
}

fn kind_of_holder(identifier: &Identifier) -> PartyKind {
    match identifier.kind() {
        IdentifierKind::Uscc | IdentifierKind::OtherOrganisationId => PartyKind::Organisation,
        _ => PartyKind::Person,
    }
}

#[derive(Default)]
struct Number {
    identifier: Option<Identifier>,
    wrong: bool,
}

impl Number {
    fn read(fields: &Fields<'_>, detect: impl Fn(&str) -> Result<Detected, DetectFault>) -> Result<Self, Fault> {
        match detect(&fields.number("CERNO")) {
            Ok(detected) => {
                let wrong = !detected.is_sound();
                Ok(Self { identifier: Some(detected.into_identifier()), wrong })
            }
            Err(DetectFault::Missing) => Ok(Self::default()),
            Err(DetectFault::Unusable) => Ok(Self { identifier: None, wrong: true }),
            Err(DetectFault::Masked) => Err(Fault { rule: &PARTY_MASKED, field: "CERNO" }),
        }
    }

    fn named(self, name: String, kind: PartyKind) -> Named {
        let is_somebody = !name.is_empty() || self.identifier.is_some();
        let party = is_somebody.then(|| Party {
            name,
            identifier: self.identifier.as_ref().map(on_the_wire),
            kind: kind.into(),
            share: String::new(),
        });
        Named { party, identifier: self.identifier, wrong: self.wrong }
    }
}
