//! Numbers of organisations: unified social credit code, organisation code, registration number.

use super::{Identifier, IdentifierKind, check};
use crate::text::{half_width, is_masked, trim};

/// What is wrong with a number of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OrganisationFault {
    /// Blank.
    #[error("number is missing")]
    Missing,
    /// Parts are hidden by asterisks.
    #[error("number is masked")]
    Masked,
    /// Wrong length, or a character that the number cannot have.
    #[error("number does not have the form of its kind")]
    Shape,
    /// The check character does not fit.
    #[error("number has a wrong check character")]
    Checksum,
}

impl OrganisationFault {
    /// The rule that the number breaks as a record's own unified social credit code.
    #[must_use]
    pub fn uscc_rule(self) -> &'static str {
        match self {
            Self::Missing => "uscc.absent",
            Self::Masked => "uscc.masked",
            Self::Shape | Self::Checksum => "uscc.checksum",
        }
    }

    /// The rule that the number breaks as a number of a party.
    #[must_use]
    pub fn party_rule(self) -> &'static str {
        match self {
            Self::Missing => "party.missing",
            Self::Masked => "party.masked",
            Self::Shape | Self::Checksum => "party.identifier",
        }
    }
}

/// A unified social credit code (统一社会信用代码) whose outer check holds, GB 32100-2015.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uscc(String);

impl Uscc {
    /// Reads eighteen characters; blanks at the ends, full-width and small letters are put right.
    ///
    /// # Errors
    /// [`OrganisationFault::Checksum`] when only the outer check fails.
    pub fn parse(text: &str) -> Result<Self, OrganisationFault> {
        let text = normal(text)?;
        let (body, check) = split_check(&text, 18)?;
        let expected = check::mod_31(body).ok_or(OrganisationFault::Shape)?;
        if expected == check { Ok(Self(text)) } else { Err(OrganisationFault::Checksum) }
    }

    /// The eighteen characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }

    /// Whether the organisation code inside verifies; otherwise flag `uscc.inner-check`.
    ///
    /// Some registration authorities assigned the subject id themselves, so a failure is a warning.
    #[must_use]
    pub fn inner_check_ok(&self) -> bool {
        OrganisationCode::parse(self.subject()).is_ok()
    }

    /// The organisation code inside, when it verifies.
    #[must_use]
    pub fn organisation_code(&self) -> Option<OrganisationCode> {
        OrganisationCode::parse(self.subject()).ok()
    }

    /// The division of the registering authority (登记管理机关行政区划码); `100000` is the national level.
    #[must_use]
    pub fn division(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }

    /// The identifier.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        Identifier::from_trusted(IdentifierKind::Uscc, self.0.clone())
    }

    fn subject(&self) -> &str {
        self.0.get(8..17).unwrap_or_default()
    }
}

/// An organisation code (组织机构代码) of nine characters without hyphen, GB 11714-1997.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode(String);

impl OrganisationCode {
    /// Reads `600037341` or `60003734-1`.
    ///
    /// # Errors
    /// [`OrganisationFault::Checksum`] when only the check fails.
    pub fn parse(text: &str) -> Result<Self, OrganisationFault> {
        let mut text = normal(text)?;
        if text.len() == 10 && text.as_bytes().get(8) == Some(&b'-') {
            text.remove(8);
        }
        let (body, check) = split_check(&text, 9)?;
        let expected = check::organisation(body).ok_or(OrganisationFault::Shape)?;
        if expected == check { Ok(Self(text)) } else { Err(OrganisationFault::Checksum) }
    }

    /// The nine characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }

    /// The identifier.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        Identifier::from_trusted(IdentifierKind::OrganisationCode, self.0.clone())
    }
}

/// A business registration number (工商注册号) of fifteen digits, GS15-2006.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistrationNumber(String);

impl RegistrationNumber {
    /// Reads fifteen digits.
    ///
    /// # Errors
    /// [`OrganisationFault::Checksum`] when only the check fails.
    pub fn parse(text: &str) -> Result<Self, OrganisationFault> {
        let text = normal(text)?;
        let (body, check) = split_check(&text, 15)?;
        let expected = check::mod_11_10(body).filter(|_| check.is_ascii_digit()).ok_or(OrganisationFault::Shape)?;
        if expected == check { Ok(Self(text)) } else { Err(OrganisationFault::Checksum) }
    }

    /// The fifteen digits.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }

    /// The division of the authority of first registration; `100000` is the national level.
    #[must_use]
    pub fn division(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The identifier.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        Identifier::from_trusted(IdentifierKind::RegistrationNumber, self.0.clone())
    }
}

/// The organisation code inside an old taxpayer number of fifteen characters (division + code).
#[must_use]
pub fn code_in_taxpayer_number(text: &str) -> Option<OrganisationCode> {
    let text = normal(text).ok()?;
    let (division, code) = text.split_at_checked(6)?;
    let well_formed = text.len() == 15 && division.bytes().all(|b| b.is_ascii_digit());
    well_formed.then(|| OrganisationCode::parse(code).ok()).flatten()
}

fn normal(text: &str) -> Result<String, OrganisationFault> {
    let text = trim(&half_width(text)).to_ascii_uppercase();
    if text.is_empty() {
        Err(OrganisationFault::Missing)
    } else if is_masked(&text) {
        Err(OrganisationFault::Masked)
    } else {
        Ok(text)
    }
}

fn split_check(text: &str, length: usize) -> Result<(&str, char), OrganisationFault> {
    if text.len() != length || !text.is_ascii() {
        return Err(OrganisationFault::Shape);
    }
    let (body, check) = text.split_at(length - 1);
    check.chars().next().map(|check| (body, check)).ok_or(OrganisationFault::Shape)
}

#[cfg(test)]
mod tests;
