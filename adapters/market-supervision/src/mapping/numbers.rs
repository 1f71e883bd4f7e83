//! The numbers that an enterprise is known by, and the one it is published under.

use crate::fields::{Fault, Fields};
use adapter_sdk::rules::{USCC_ABSENT, USCC_CHECKSUM, USCC_MASKED};
use contract::canonical::v1 as canonical;
use domain::{
    Identifier, IdentifierKind,
    identifier::{OrganisationFault, RegistrationNumber, Uscc},
};

/// Numbers of one enterprise; there is one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) uscc: Option<Uscc>,
    pub(super) registration: Option<RegistrationNumber>,
}

impl Numbers {
    /// Reads `UNISCID` and `REGNO`.
    ///
    /// A registration number that is wrong beside a good credit code identifies nothing and is no fault: numbers of
    /// thirteen digits, from before 2007, have no check.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Fault> {
        let uscc = match Uscc::parse(&fields.number("UNISCID")) {
            Ok(uscc) => Some(uscc),
            Err(OrganisationFault::Missing) => None,
            Err(OrganisationFault::Masked) => return Err(Fault { rule: &USCC_MASKED, field: "UNISCID" }),
            Err(OrganisationFault::Shape | OrganisationFault::Checksum) => {
                return Err(Fault { rule: &USCC_CHECKSUM, field: "UNISCID" });
            }
        };
        let registration = match RegistrationNumber::parse(&fields.number("REGNO")) {
            Ok(number) => Some(number),
            Err(OrganisationFault::Masked) => return Err(Fault { rule: &USCC_MASKED, field: "REGNO" }),
            Err(_) => None,
        };
        if uscc.is_none() && registration.is_none() {
            return Err(Fault { rule: &USCC_ABSENT, field: "UNISCID" });
        }
        Ok(Self { uscc, registration })
    }

    /// Credit code, else registration number.
    pub(super) fn key(&self) -> &str {
        let registration = self.registration.as_ref().map(RegistrationNumber::value);
        self.uscc.as_ref().map(Uscc::value).or(registration).unwrap_or_default()
    }

    /// The identifier of the enterprise as a party.
    pub(super) fn identifier(&self) -> Option<Identifier> {
        let registration = self.registration.as_ref().map(RegistrationNumber::identifier);
        self.uscc.as_ref().map(Uscc::identifier).or(registration)
    }

    /// Everything that the enterprise itself is found by.
    pub(super) fn subjects(&self, source_id: &str) -> Vec<Identifier> {
        let code = self.uscc.as_ref().and_then(Uscc::organisation_code).map(|code| code.identifier());
        self.uscc
            .iter()
            .map(Uscc::identifier)
            .chain(self.registration.iter().map(RegistrationNumber::identifier))
            .chain(code)
            .chain([source_key(source_id)])
            .collect()
    }

    /// What its licence is found by.
    pub(super) fn licence_subjects(&self) -> Vec<Identifier> {
        certificate_number(self.key()).into_iter().chain(self.identifier()).collect()
    }
}

/// The enterprise's key in the source, which its shareholdings are joined by.
pub(super) fn source_key(source_id: &str) -> Identifier {
    Identifier::from_trusted(IdentifierKind::SourceKey, source_id)
}

/// The number of a certificate as it is looked up.
pub(super) fn certificate_number(number: &str) -> Option<Identifier> {
    Identifier::parse(IdentifierKind::CertificateNumber, number).ok()
}

/// An identifier as it travels.
pub(super) fn on_the_wire(identifier: &Identifier) -> canonical::Identifier {
    canonical::Identifier { kind: identifier.kind().as_str().to_owned(), value: identifier.value().to_owned() }
}
