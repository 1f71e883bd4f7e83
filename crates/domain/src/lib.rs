//! Vocabulary and rules of the exchange: identifiers, dates, code tables, versions, catalogue
//! entries, grants and outcomes.
//!
//! No I/O, no async, no clock of its own. A value of a type in here is valid: what can be wrong
//! is found out when it is made.
pub mod caller;
pub mod catalogue;
pub mod clock;
pub mod code;
pub mod date;
pub mod division;
pub mod identifier;
pub mod money;
pub mod outcome;
pub mod rule;
pub mod rules;
pub mod text;
pub mod version;

pub use self::{
    caller::{Caller, CallerKind},
    clock::{Clock, ManualClock, Timestamp},
    date::{DateFault, DayValue, InstantValue},
    division::Division,
    identifier::{
        CertificateGrade, CertificateId, CitizenFault, CitizenNumber, DetectFault, Detected, Identifier,
        IdentifierFault, IdentifierKind, OrganisationCode, OrganisationFault, RegistrationNumber, Uscc,
    },
    money::NumberFault,
    outcome::{Outcome, Reason},
    rule::{Language, Rule, Severity},
    version::Version,
};
