//! The closed list of identifier kinds.

use std::{fmt, str::FromStr};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $word:literal;)*) => {
        /// Kind of an [`Identifier`](super::Identifier) (canonical.md, "Identifiers").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum IdentifierKind { $($(#[$doc])* $variant,)* }

        impl IdentifierKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in proto, JSON, catalogue and command line.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// A stable one-byte code for index keys; never reused.
            #[must_use]
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

kinds! {
    /// Citizen identity number (公民身份号码), GB 11643-1999, with the residence permits of 81, 82 and 83.
    CitizenNumber = 1, "citizen-number";
    /// Foreign permanent resident identity number (外国人永久居留身份证号码).
    ForeignResidenceNumber = 2, "foreign-residence-number";
    /// Passport (护照).
    Passport = 3, "passport";
    /// Mainland travel permit for Hong Kong and Macao residents (港澳居民来往内地通行证).
    HkMacaoPermit = 4, "hk-macao-permit";
    /// Mainland travel permit for Taiwan residents (台湾居民来往大陆通行证).
    TaiwanPermit = 5, "taiwan-permit";
    /// Military or police identity document (军警证件).
    MilitaryId = 6, "military-id";
    /// Any other document of a person, and any that failed its check.
    OtherPersonId = 7, "other-person-id";
    /// Unified social credit code (统一社会信用代码), GB 32100-2015.
    Uscc = 20, "uscc";
    /// Business registration number (工商注册号), 15 digits.
    RegistrationNumber = 21, "registration-number";
    /// Organisation code (组织机构代码), GB 11714-1997.
    OrganisationCode = 22, "organisation-code";
    /// Any other number of an organisation, and any that failed its check.
    OtherOrganisationId = 23, "other-organisation-id";
    /// Number printed on a certificate (证照编号).
    CertificateNumber = 40, "certificate-number";
    /// Electronic certificate identifier (电子证照标识), GB/T 36904-2018.
    CertificateId = 41, "certificate-id";
    /// Real estate unit number (不动产单元号).
    UnitNumber = 42, "unit-number";
    /// Household number (户号).
    HouseholdNumber = 43, "household-number";
    /// Application number (申请编号).
    ApplicationNumber = 44, "application-number";
    /// A source system's own key, used for joins.
    SourceKey = 45, "source-key";
}

impl IdentifierKind {
    /// Whether it identifies a person.
    #[must_use]
    pub fn is_person(self) -> bool {
        (1..20).contains(&self.code())
    }

    /// Whether it identifies an organisation.
    #[must_use]
    pub fn is_organisation(self) -> bool {
        (20..40).contains(&self.code())
    }
}

/// The text names no identifier kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown identifier kind")]
pub struct UnknownKind;

impl FromStr for IdentifierKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for IdentifierKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for IdentifierKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not a kind of identifier")))
    }
}
