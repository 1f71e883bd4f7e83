//! Who is insured, and with whom.

use crate::columns::{AAB004, AAB998, AAC003, AAC058, AAC147};
use adapter_sdk::reading::{Fault, Fields, Parties};
use contract::canonical::v1::{Party, PartyKind};
use domain::{Identifier, IdentifierKind, identifier::detect};

/// The parties of a record.
pub(super) struct Insured {
    pub(super) person: Option<Party>,
    pub(super) employer: Option<Party>,
    /// What the record is found by: the person, and, as a wide lookup, the employer.
    pub(super) subjects: Vec<Identifier>,
    /// Whether a wrong number of the employer was kept.
    pub(super) wrong: bool,
    /// Whether the code for the kind of the person's identifier is in no table.
    pub(super) kind_unknown: bool,
}

impl Insured {
    /// The person by `AAC147`, of the kind that `AAC058` names, else by the number; the employer by `AAB998`.
    pub(super) fn read(fields: &Fields) -> Result<Self, Fault> {
        let (code, number) = (fields.number(AAC058), fields.text(AAC147));
        let kind = detect::kind_of_holder_code(&code);
        let detected = kind.map_or_else(|| detect::person(number), |kind| detect::declared(kind, number));
        let mut parties = Parties::default();
        let person = parties.read(fields.text(AAC003), detected, PartyKind::Person, AAC147)?;
        let code_of_employer = detect::declared(IdentifierKind::Uscc, fields.text(AAB998));
        let organisation = PartyKind::Organisation;
        let employer = parties.read_wide(fields.text(AAB004), code_of_employer, organisation, AAB998)?;
        let listed = parties.finish()?;
        let kind_unknown = kind.is_none() && !code.is_empty();
        Ok(Self { person, employer, subjects: listed.subjects, wrong: listed.flagged, kind_unknown })
    }
}
