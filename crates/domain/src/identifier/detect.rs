//! Which kind of number a party's identifier is (formats, "Kinds of numbers" and "Parties").

use super::{
    Identifier, IdentifierKind,
    citizen::{CitizenFault, CitizenNumber, PrefixClass, has_shape_of_eighteen},
    document,
    organisation::{OrganisationCode, RegistrationNumber, Uscc},
};
use crate::text::{half_width, is_masked, trim};

/// The identifier of a party as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detected {
    /// Passed its check, or is of a kind that has none.
    Sound(Identifier),
    /// Failed its check: kept as `other-person-id` or `other-organisation-id`, flag `party.identifier`.
    ///
    /// It does not count as an identifier that keeps a row alive.
    Wrong {
        /// What is kept.
        identifier: Identifier,
        /// The rule that it broke (`citizen-id.checksum`, `uscc.checksum`, `party.identifier`).
        rule: &'static str,
    },
}

impl Detected {
    /// The identifier that is kept.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        match self {
            Self::Sound(identifier) | Self::Wrong { identifier, .. } => identifier,
        }
    }

    /// The identifier that is kept.
    #[must_use]
    pub fn into_identifier(self) -> Identifier {
        match self {
            Self::Sound(identifier) | Self::Wrong { identifier, .. } => identifier,
        }
    }

    /// Whether the identifier is valid.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        matches!(self, Self::Sound(_))
    }

    /// The flag that the record carries for it: `party.identifier`.
    #[must_use]
    pub fn flag(&self) -> Option<&'static str> {
        (!self.is_sound()).then_some("party.identifier")
    }
}

/// Nothing of the text can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DetectFault {
    /// Blank: the party has no identifier.
    #[error("identifier is missing")]
    Missing,
    /// Parts are hidden by asterisks: the row is a reject.
    #[error("identifier is masked")]
    Masked,
    /// Longer than any identifier, or with control characters.
    #[error("identifier is unusable")]
    Unusable,
}

impl DetectFault {
    /// The rule that a party's number breaks.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Missing => "party.missing",
            Self::Masked => "party.masked",
            Self::Unusable => "party.identifier",
        }
    }
}

/// The number of somebody known to be a person, when the source does not say what it is.
///
/// # Errors
/// [`DetectFault`] when nothing can be kept.
pub fn person(text: &str) -> Result<Detected, DetectFault> {
    by_number(text, Holder::Person)
}

/// The number of an organisation, when the source does not say what it is: credit code or registration number first.
///
/// # Errors
/// [`DetectFault`] when nothing can be kept.
pub fn organisation(text: &str) -> Result<Detected, DetectFault> {
    by_number(text, Holder::Organisation)
}

/// The number of a party of either sort, when the source does not say what it is.
///
/// # Errors
/// [`DetectFault`] when nothing can be kept.
pub fn party(text: &str) -> Result<Detected, DetectFault> {
    by_number(text, Holder::Either)
}

/// A number that the source says to be of `kind`.
///
/// Numbers of residence permits given as travel permits (81, 82, 83) are citizen numbers, citizen numbers
/// that begin with 9 are foreign residence numbers: both are what the number itself says.
///
/// # Errors
/// [`DetectFault`] when nothing can be kept.
pub fn declared(kind: IdentifierKind, text: &str) -> Result<Detected, DetectFault> {
    let text = usable(text)?;
    let fault = match Identifier::parse(kind, &text) {
        Ok(identifier) => return Ok(Detected::Sound(identifier)),
        Err(fault) => fault,
    };
    match CitizenNumber::parse(&text) {
        Ok(number) if stands_for(number.prefix_class(), kind) => Ok(Detected::Sound(number.identifier())),
        _ => wrong(other_kind_beside(kind), &text, fault.rule),
    }
}

/// A number with a holder code of GB/T 36903 (standards.md 3.10); a blank or unknown code is decided by the number.
///
/// # Errors
/// [`DetectFault`] when nothing can be kept.
pub fn by_holder_code(code: &str, text: &str) -> Result<Detected, DetectFault> {
    match kind_of_holder_code(code) {
        Some(kind) => declared(kind, text),
        None => party(text),
    }
}

/// The kind of identifier behind a holder code (持证主体代码类型), GB/T 36903-2018 annex A.
#[must_use]
pub fn kind_of_holder_code(code: &str) -> Option<IdentifierKind> {
    Some(match trim(&half_width(code)) {
        "001" => IdentifierKind::Uscc,
        "099" => IdentifierKind::OtherOrganisationId,
        "111" => IdentifierKind::CitizenNumber,
        "114" | "115" | "118" | "119" | "120" | "122" => IdentifierKind::MilitaryId,
        "411" | "412" | "413" | "414" => IdentifierKind::Passport,
        "511" => IdentifierKind::TaiwanPermit,
        "516" => IdentifierKind::HkMacaoPermit,
        "999" => IdentifierKind::OtherPersonId,
        _ => return None,
    })
}

const USCC_CHECKSUM: &str = "uscc.checksum";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Person,
    Organisation,
    Either,
}

impl Holder {
    fn other(self) -> IdentifierKind {
        match self {
            Self::Organisation => IdentifierKind::OtherOrganisationId,
            Self::Person | Self::Either => IdentifierKind::OtherPersonId,
        }
    }
}

fn by_number(text: &str, holder: Holder) -> Result<Detected, DetectFault> {
    let text = usable(text)?;
    if let Some(identifier) = sound(&text, holder) {
        return Ok(Detected::Sound(identifier));
    }
    match rule_of_shape(&text, holder) {
        None => kept(holder.other(), &text).map(Detected::Sound),
        Some(rule) if holder == Holder::Either && rule == USCC_CHECKSUM => {
            wrong(IdentifierKind::OtherOrganisationId, &text, rule)
        }
        Some(rule) => wrong(holder.other(), &text, rule),
    }
}

/// The first kind whose check the number passes.
fn sound(text: &str, holder: Holder) -> Option<Identifier> {
    let number = CitizenNumber::parse(text).ok().map(|number| number.identifier());
    let (citizen, foreign): (Option<_>, Option<_>) = match number {
        Some(number) if number.kind() == IdentifierKind::ForeignResidenceNumber => (None, Some(number)),
        number => (number, None),
    };
    let uscc = Uscc::parse(text).ok().map(|code| code.identifier());
    match holder {
        Holder::Person => citizen.or(foreign).or(uscc).or_else(|| document_of_person(text)),
        // The registry of enterprises gives out numbers with 9 in front as well: there the credit code goes first.
        Holder::Either => citizen.or(uscc).or(foreign).or_else(|| document_of_person(text)),
        // Fifteen digits are a registration number here, never an old citizen number.
        Holder::Organisation => uscc.or_else(|| registered(text)).or(citizen.filter(|_| text.len() == 18)).or(foreign),
    }
}

/// `H`/`M` permits, Taiwan permits of eight digits and the older foreign card; passports have no shape of their own.
fn document_of_person(text: &str) -> Option<Identifier> {
    let kind = if document::is_hk_macao_permit(text) {
        IdentifierKind::HkMacaoPermit
    } else if text.len() == 8 && document::is_taiwan_permit(text) {
        IdentifierKind::TaiwanPermit
    } else if document::is_foreign_residence_number(text) {
        IdentifierKind::ForeignResidenceNumber
    } else {
        return None;
    };
    Some(Identifier::from_trusted(kind, text))
}

fn registered(text: &str) -> Option<Identifier> {
    let number = RegistrationNumber::parse(text).ok().map(|number| number.identifier());
    number.or_else(|| OrganisationCode::parse(text).ok().map(|code| code.identifier()))
}

/// Whether a number of citizen form says better than the source what it is.
fn stands_for(class: PrefixClass, kind: IdentifierKind) -> bool {
    match kind {
        IdentifierKind::HkMacaoPermit | IdentifierKind::TaiwanPermit => {
            matches!(class, PrefixClass::HongKong | PrefixClass::Macao | PrefixClass::Taiwan)
        }
        IdentifierKind::CitizenNumber => class == PrefixClass::ForeignPermanent,
        _ => false,
    }
}

fn other_kind_beside(kind: IdentifierKind) -> IdentifierKind {
    match kind {
        IdentifierKind::Uscc
        | IdentifierKind::RegistrationNumber
        | IdentifierKind::OrganisationCode
        | IdentifierKind::OtherOrganisationId => IdentifierKind::OtherOrganisationId,
        _ => IdentifierKind::OtherPersonId,
    }
}

/// The rule that an unsound number of this shape breaks; `None` for the shapes that are nothing in particular.
fn rule_of_shape(text: &str, holder: Holder) -> Option<&'static str> {
    let registration = text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit());
    if has_shape_of_eighteen(text) {
        Some(CitizenNumber::parse(text).err().unwrap_or(CitizenFault::Checksum).rule())
    } else if text.chars().count() == 18 {
        Some(USCC_CHECKSUM)
    } else {
        (holder == Holder::Organisation && registration).then_some("party.identifier")
    }
}

/// The text put right, when it can be kept at all.
fn usable(text: &str) -> Result<String, DetectFault> {
    let text = trim(&half_width(text)).to_ascii_uppercase();
    if text.is_empty() {
        Err(DetectFault::Missing)
    } else if is_masked(&text) {
        Err(DetectFault::Masked)
    } else {
        Ok(text)
    }
}

fn kept(kind: IdentifierKind, text: &str) -> Result<Identifier, DetectFault> {
    Identifier::parse(kind, text).map_err(|_| DetectFault::Unusable)
}

fn wrong(kind: IdentifierKind, text: &str, rule: &'static str) -> Result<Detected, DetectFault> {
    kept(kind, text).map(|identifier| Detected::Wrong { identifier, rule })
}

#[cfg(test)]
mod tests;
