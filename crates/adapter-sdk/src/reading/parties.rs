//! Whom a row speaks of, and whether anybody can find the record (formats, "Parties").

use super::fields::Fault;
use contract::canonical::v1::{self as canonical, Party, PartyKind};
use domain::{
    Identifier, IdentifierKind, Rule,
    identifier::detect::{DetectFault, Detected},
    rules::{self, FIELD_INVALID, PARTY_MASKED, PARTY_MISSING},
};

/// The parties of a row while it is read.
///
/// The row lives while one valid identifier of a person or organisation remains on a lookup that is not wide.
#[derive(Debug, Default)]
pub struct Parties {
    found: Vec<Identifier>,
    /// Whether a valid identifier remains that keeps the row alive.
    alive: bool,
    /// The first wrong number that could have kept the row alive.
    wrong: Option<Fault>,
    /// Whether any number is wrong.
    flagged: bool,
    first: Option<&'static str>,
}

/// Parties that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Every identifier that the record is found by through its parties, in order, without repeats.
    pub subjects: Vec<Identifier>,
    /// Whether a wrong number was kept: flag `party.identifier`.
    pub flagged: bool,
}

impl Parties {
    /// A party with the number that `detected` was made of (by [`detect::party`](domain::identifier::detect::party) and its
    /// like); none when neither name nor number is given. Its kind follows from the number, else it is `kind`.
    ///
    /// # Errors
    /// `party.masked`.
    pub fn read(
        &mut self,
        name: &str,
        detected: Result<Detected, DetectFault>,
        kind: PartyKind,
        field: &'static str,
    ) -> Result<Option<Party>, Fault> {
        self.first.get_or_insert(field);
        let (party, fault) = self.party(name, detected, kind, field)?;
        self.alive |= fault.is_none() && party.as_ref().is_some_and(|party| party.identifier.is_some());
        self.wrong = self.wrong.or(fault);
        Ok(party)
    }

    /// A party whose lookup is wide: its number finds the record, but does not keep the row alive.
    ///
    /// # Errors
    /// `party.masked`.
    pub fn read_wide(
        &mut self,
        name: &str,
        detected: Result<Detected, DetectFault>,
        kind: PartyKind,
        field: &'static str,
    ) -> Result<Option<Party>, Fault> {
        self.party(name, detected, kind, field).map(|(party, _)| party)
    }

    /// Who was found.
    ///
    /// # Errors
    /// When no valid identifier remains: `party.missing` where none was given, else the rule of the first wrong one.
    pub fn finish(self) -> Result<Listed, Fault> {
        if self.alive {
            return Ok(Listed { subjects: self.found, flagged: self.flagged });
        }
        Err(self.wrong.unwrap_or(Fault::new(&PARTY_MISSING, self.first.unwrap_or_default())))
    }

    fn party(
        &mut self,
        name: &str,
        detected: Result<Detected, DetectFault>,
        kind: PartyKind,
        field: &'static str,
    ) -> Result<(Option<Party>, Option<Fault>), Fault> {
        let (identifier, fault) = match detected {
            Ok(Detected::Sound(identifier)) => (Some(identifier), None),
            Ok(Detected::Wrong { identifier, rule }) => (Some(identifier), Some(rejecting(rule))),
            Err(DetectFault::Unusable) => (None, Some(&FIELD_INVALID)),
            Err(DetectFault::Missing) => (None, None),
            Err(DetectFault::Masked) => return Err(Fault::new(&PARTY_MASKED, field)),
        };
        self.flagged |= fault.is_some();
        if let Some(identifier) = identifier.as_ref().filter(|identifier| !self.found.contains(identifier)) {
            self.found.push(identifier.clone());
        }
        Ok((named(name, identifier.as_ref(), kind), fault.map(|rule| Fault::new(rule, field))))
    }
}

/// The lookups of a certificate by its number and its electronic identifier, as far as they can be used.
#[must_use]
pub fn number_lookups(number: &str, certificate_id: &str) -> Vec<Identifier> {
    [(IdentifierKind::CertificateNumber, number), (IdentifierKind::CertificateId, certificate_id)]
        .into_iter()
        .filter_map(|(kind, text)| Identifier::parse(kind, text).ok())
        .collect()
}

fn rejecting(rule: &'static str) -> &'static Rule {
    let known = rules::ALL.iter().find(|known| known.id == rule);
    known.filter(|rule| rule.severity == domain::Severity::Reject).copied().unwrap_or(&FIELD_INVALID)
}

fn named(name: &str, identifier: Option<&Identifier>, kind: PartyKind) -> Option<Party> {
    let is_somebody = !name.is_empty() || identifier.is_some();
    is_somebody.then(|| Party {
        name: name.to_owned(),
        identifier: identifier.map(|identifier| canonical::Identifier {
            kind: identifier.kind().as_str().to_owned(),
            value: identifier.value().to_owned(),
        }),
        kind: identifier.map_or(kind, |identifier| kind_by(identifier, kind)).into(),
        share: String::new(),
    })
}

fn kind_by(identifier: &Identifier, declared: PartyKind) -> PartyKind {
    match identifier.kind() {
        IdentifierKind::Uscc
        | IdentifierKind::RegistrationNumber
        | IdentifierKind::OrganisationCode
        | IdentifierKind::OtherOrganisationId => PartyKind::Organisation,
        IdentifierKind::CitizenNumber | IdentifierKind::ForeignResidenceNumber => PartyKind::Person,
        _ => declared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identifier::detect;

    const GOOD: &str = "110101199003078830";
    const BAD: &str = "110101199003078831";

    fn read(parties: &mut Parties, number: &str) -> Result<Option<Party>, Fault> {
        parties.read("张三", detect::party(number), PartyKind::Person, "zjhm")
    }

    #[test]
    fn a_wrong_number_beside_a_good_one_is_a_warning() {
        let mut parties = Parties::default();
        read(&mut parties, BAD).unwrap();
        read(&mut parties, GOOD).unwrap();
        let listed = parties.finish().unwrap();
        assert!(listed.flagged);
        assert_eq!(listed.subjects.len(), 2);
    }

    #[test]
    fn without_a_good_number_the_first_wrong_one_says_why() {
        let mut parties = Parties::default();
        read(&mut parties, "").unwrap();
        read(&mut parties, BAD).unwrap();
        let fault = parties.finish().unwrap_err();
        assert_eq!((fault.rule.id, fault.field), ("citizen-id.checksum", "zjhm"));
    }

    #[test]
    fn nobody_given_is_told_apart_and_masks_are_refused() {
        let mut parties = Parties::default();
        read(&mut parties, "").unwrap();
        assert_eq!(parties.finish().unwrap_err().rule.id, "party.missing");
        assert_eq!(read(&mut Parties::default(), "1101**********8830").unwrap_err().rule.id, "party.masked");
    }

    #[test]
    fn a_wide_party_finds_but_does_not_keep_alive() {
        let mut parties = Parties::default();
        read(&mut parties, "").unwrap();
        parties.read_wide("李四", detect::party(GOOD), PartyKind::Person, "seller").unwrap();
        assert_eq!(parties.finish().unwrap_err().rule.id, "party.missing");
        let mut parties = Parties::default();
        read(&mut parties, GOOD).unwrap();
        parties.read_wide("李四", detect::party(BAD), PartyKind::Person, "seller").unwrap();
        assert!(parties.finish().unwrap().flagged);
    }
}
