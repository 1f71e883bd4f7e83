//! Identifiers: kinds, normal form, and the checks of each kind (canonical.md, "Identifiers").

mod certificate;
mod check;
mod citizen;
pub mod detect;
mod document;
mod kind;
mod organisation;

pub use self::{
    certificate::{CertificateGrade, CertificateId, fold_certificate_number, grade_certificate_id},
    citizen::{CitizenFault, CitizenNumber, PrefixClass},
    detect::{DetectFault, Detected},
    kind::{IdentifierKind, UnknownKind},
    organisation::{OrganisationCode, OrganisationFault, RegistrationNumber, Uscc, code_in_taxpayer_number},
};

use crate::text::{half_width, is_masked, trim};
use std::fmt;

/// Longest value of a kind without a length of its own, in characters.
const MAX_LENGTH: usize = 128;

/// An identifier in normal form: its kind and its checked value.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    kind: IdentifierKind,
    value: String,
}

/// Why a text is no identifier of its kind; never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("not a valid {kind} ({rule})")]
pub struct IdentifierFault {
    /// The kind that was asked for.
    pub kind: IdentifierKind,
    /// Id of the rule that the text breaks: `….missing`, `….masked`, `citizen-id.date`, `uscc.checksum`, ….
    pub rule: &'static str,
}

impl Identifier {
    /// Brings `text` into the normal form of `kind` and checks it.
    ///
    /// Fifteen-digit citizen numbers are upgraded; hyphens of organisation codes go; brackets and blanks of
    /// certificate numbers are folded; a wrong check of a certificate identifier is no fault here
    /// (see [`grade_certificate_id`]), as such identifiers are kept and found.
    ///
    /// # Errors
    /// [`IdentifierFault`] when the text is blank, masked, too long or fails the kind's check.
    pub fn parse(kind: IdentifierKind, text: &str) -> Result<Self, IdentifierFault> {
        normal_value(kind, text).map(|value| Self { kind, value }).map_err(|rule| IdentifierFault { kind, rule })
    }

    /// An identifier whose value was in normal form when it was stored.
    #[must_use]
    pub fn from_trusted(kind: IdentifierKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into() }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The value in normal form.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Identifier {
    /// Shows the kind only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({}, ..)", self.kind)
    }
}

/// The division of registration that an identifier itself names, for judging coverage (contract.md §4).
///
/// Unified social credit codes and registration numbers name one, certificate identifiers through
/// their issuer, certificate numbers where their form is known. A citizen number never does.
#[must_use]
pub fn division_of_registration(identifier: &Identifier) -> Option<&str> {
    let value = identifier.value();
    match identifier.kind() {
        IdentifierKind::Uscc => value.get(2..8),
        IdentifierKind::RegistrationNumber => value.get(..6),
        IdentifierKind::CertificateId => certificate::division_of_issuer(value),
        IdentifierKind::CertificateNumber if Uscc::parse(value).is_ok() => value.get(2..8),
        IdentifierKind::CertificateNumber if RegistrationNumber::parse(value).is_ok() => value.get(..6),
        IdentifierKind::CertificateNumber => certificate::division_of_number(value),
        _ => None,
    }
}

fn normal_value(kind: IdentifierKind, text: &str) -> Result<String, &'static str> {
    match kind {
        IdentifierKind::CitizenNumber => citizen_value(text),
        IdentifierKind::Uscc => {
            Uscc::parse(text).map(|code| code.value().to_owned()).map_err(OrganisationFault::uscc_rule)
        }
        IdentifierKind::OrganisationCode => {
            OrganisationCode::parse(text).map(|code| code.value().to_owned()).map_err(OrganisationFault::party_rule)
        }
        IdentifierKind::RegistrationNumber => RegistrationNumber::parse(text)
            .map(|number| number.value().to_owned())
            .map_err(OrganisationFault::party_rule),
        IdentifierKind::ForeignResidenceNumber => checked(kind, text, document::is_foreign_residence_number),
        IdentifierKind::Passport => checked(kind, text, document::is_passport),
        IdentifierKind::HkMacaoPermit => checked(kind, text, document::is_hk_macao_permit),
        IdentifierKind::TaiwanPermit => checked(kind, text, document::is_taiwan_permit),
        IdentifierKind::CertificateNumber => free(kind, fold_certificate_number(text)),
        IdentifierKind::MilitaryId
        | IdentifierKind::OtherPersonId
        | IdentifierKind::OtherOrganisationId
        | IdentifierKind::CertificateId
        | IdentifierKind::UnitNumber => free(kind, trim(&half_width(text)).to_ascii_uppercase()),
        IdentifierKind::HouseholdNumber | IdentifierKind::ApplicationNumber | IdentifierKind::SourceKey => {
            free(kind, trim(&half_width(text)).to_owned())
        }
    }
}

/// A number that begins with 9 is a foreign residence number and nothing else.
fn citizen_value(text: &str) -> Result<String, &'static str> {
    let number = CitizenNumber::parse(text).map_err(CitizenFault::rule)?;
    match number.prefix_class() {
        PrefixClass::ForeignPermanent => Err(CitizenFault::Shape.rule()),
        _ => Ok(number.value().to_owned()),
    }
}

fn checked(kind: IdentifierKind, text: &str, is_sound: fn(&str) -> bool) -> Result<String, &'static str> {
    let value = free(kind, trim(&half_width(text)).to_ascii_uppercase())?;
    if is_sound(&value) { Ok(value) } else { Err(rules_of(kind).wrong) }
}

fn free(kind: IdentifierKind, value: String) -> Result<String, &'static str> {
    let rules = rules_of(kind);
    if value.is_empty() {
        Err(rules.missing)
    } else if rules.masked.is_some() && is_masked(&value) {
        Err(rules.masked.unwrap_or(rules.wrong))
    } else if value.chars().count() > MAX_LENGTH || value.chars().any(char::is_control) {
        Err(rules.wrong)
    } else {
        Ok(value)
    }
}

/// The rules of a kind; a kind without `masked` may hold asterisks.
struct Rules {
    missing: &'static str,
    masked: Option<&'static str>,
    wrong: &'static str,
}

fn rules_of(kind: IdentifierKind) -> Rules {
    match kind {
        IdentifierKind::CertificateNumber => {
            Rules { missing: "field.required", masked: Some("certificate.number"), wrong: "certificate.number" }
        }
        IdentifierKind::CertificateId => {
            Rules { missing: "field.required", masked: None, wrong: "certificate-id.checksum" }
        }
        IdentifierKind::UnitNumber
        | IdentifierKind::HouseholdNumber
        | IdentifierKind::ApplicationNumber
        | IdentifierKind::SourceKey => Rules { missing: "field.required", masked: None, wrong: "field.invalid" },
        _ => Rules { missing: "party.missing", masked: Some("party.masked"), wrong: "party.identifier" },
    }
}

#[cfg(test)]
mod tests;
