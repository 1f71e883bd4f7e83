//! By which numbers a registration is known.

use crate::rules::USCC_MISSING;
use adapter_sdk::{
    reading::{Fault, Fields},
    rules::{USCC_ABSENT, USCC_CHECKSUM, USCC_INNER_CHECK, USCC_MASKED},
};
use domain::{
    Identifier, IdentifierKind, Rule,
    identifier::{CitizenNumber, OrganisationCode, Uscc, code_in_taxpayer_number},
    text::is_masked,
};

const TAXPAYER: &str = "NSRSBH";
const CREDIT: &str = "SHXYDM";

/// The numbers of a registration; at least one of them is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The taxpayer number, as the source gives it.
    pub(crate) taxpayer: String,
    /// The credit code.
    pub(crate) uscc: Option<Uscc>,
    /// The old taxpayer number, and the organisation code inside it.
    old: Option<(String, OrganisationCode)>,
}

impl Numbers {
    /// The credit code stands in its own field, or is the taxpayer number since the numbers were made one; a taxpayer without
    /// one still has the old number of fifteen characters.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Fault> {
        let taxpayer = fields.number(TAXPAYER).to_ascii_uppercase();
        let mut credit = fields.number(CREDIT).to_ascii_uppercase();
        for (number, field) in [(&taxpayer, TAXPAYER), (&credit, CREDIT)] {
            if is_masked(number) {
                return Err(Fault::new(&USCC_MASKED, field));
            }
        }
        let old = code_in_taxpayer_number(&taxpayer).map(|code| (taxpayer.clone(), code));
        if old.is_some() && credit == taxpayer {
            credit.clear();
        }
        let uscc = match credit.as_str() {
            "" if old.is_some() => None,
            "" => Some(Uscc::parse(&taxpayer).map_err(|_| without_credit_code(&taxpayer))?),
            credit => Some(Uscc::parse(credit).map_err(|_| Fault::new(&USCC_CHECKSUM, CREDIT))?),
        };
        Ok(Self { taxpayer, uscc, old })
    }

    /// Every identifier that the registration is found by.
    pub(crate) fn subjects(&self) -> Vec<Identifier> {
        let code = self.uscc.as_ref().and_then(Uscc::organisation_code).map(|code| code.identifier());
        let old = self.old.as_ref().map(|(number, code)| {
            [code.identifier(), Identifier::from_trusted(IdentifierKind::OtherOrganisationId, number.clone())]
        });
        let mut subjects = Vec::new();
        for identifier in self.uscc.iter().map(Uscc::identifier).chain(code).chain(old.into_iter().flatten()) {
            if !subjects.contains(&identifier) {
                subjects.push(identifier);
            }
        }
        subjects
    }

    /// What is to be said of them.
    pub(crate) fn flag(&self) -> Option<&'static Rule> {
        match &self.uscc {
            None => Some(&USCC_MISSING),
            Some(uscc) if !uscc.inner_check_ok() => Some(&USCC_INNER_CHECK),
            Some(_) => None,
        }
    }
}

/// Why a taxpayer number alone is no number of an organisation.
fn without_credit_code(taxpayer: &str) -> Fault {
    if taxpayer.is_empty() {
        return Fault::new(&USCC_ABSENT, CREDIT);
    }
    let is_of_organisation = matches!(taxpayer.chars().count(), 15 | 18) && CitizenNumber::parse(taxpayer).is_err();
    Fault::new(if is_of_organisation { &USCC_CHECKSUM } else { &USCC_ABSENT }, TAXPAYER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USCC: &str = "91110000600037341L";
    const OLD: &str = "110101600037341";

    fn read(taxpayer: &str, credit: &str) -> Result<Numbers, (&'static str, &'static str)> {
        let fields = Fields::from_pairs([(TAXPAYER, taxpayer), (CREDIT, credit)]);
        Numbers::read(&fields).map_err(|fault| (fault.rule.id, fault.field))
    }

    fn found(taxpayer: &str, credit: &str) -> Vec<String> {
        let subjects = read(taxpayer, credit).unwrap().subjects();
        subjects.iter().map(|found| format!("{}={}", found.kind().as_str(), found.value())).collect()
    }

    #[test]
    fn a_credit_code_is_found_by_itself_and_the_organisation_code_inside() {
        let expected = ["uscc=91110000600037341L", "organisation-code=600037341"];
        assert_eq!(found(USCC, USCC), expected);
        assert_eq!(found(USCC, ""), expected);
        assert_eq!(found("", USCC), expected);
        assert_eq!(found(" ９１110000600037341l ", ""), expected);
        assert_eq!(read(USCC, USCC).unwrap().flag(), None);
    }

    #[test]
    fn an_old_number_is_found_by_the_organisation_code_inside() {
        for credit in ["", OLD] {
            let numbers = read(OLD, credit).unwrap();
            assert_eq!(found(OLD, credit), ["organisation-code=600037341", "other-organisation-id=110101600037341"]);
            assert_eq!((numbers.uscc.as_ref(), numbers.flag().unwrap().id), (None, "uscc.missing"));
        }
    }

    #[test]
    fn an_old_number_beside_a_credit_code_finds_too() {
        let expected =
            ["uscc=91110000600037341L", "organisation-code=600037341", "other-organisation-id=110101600037341"];
        assert_eq!(found(OLD, USCC), expected);
        assert_eq!(read(OLD, USCC).unwrap().flag(), None);
    }

    #[test]
    fn a_wrong_inner_check_is_a_warning() {
        let numbers = read("91110000MA00000152", "91110000MA00000152").unwrap();
        let inner = numbers.uscc.as_ref().unwrap().inner_check_ok();
        assert_eq!(numbers.flag().map(|rule| rule.id), (!inner).then_some("uscc.inner-check"));
    }

    #[test]
    fn without_a_good_number_the_row_is_refused_by_what_is_wrong() {
        assert_eq!(read("", "").unwrap_err(), ("uscc.absent", CREDIT));
        assert_eq!(read("9111000060003734**", USCC).unwrap_err(), ("uscc.masked", TAXPAYER));
        assert_eq!(read(USCC, "9111********37341L").unwrap_err(), ("uscc.masked", CREDIT));
        assert_eq!(read(USCC, "911100006000373411").unwrap_err(), ("uscc.checksum", CREDIT));
        assert_eq!(read("911100006000373411", "").unwrap_err(), ("uscc.checksum", TAXPAYER));
        assert_eq!(read("110101600037342", "").unwrap_err(), ("uscc.checksum", TAXPAYER));
        assert_eq!(read("110101190001010014", "").unwrap_err(), ("uscc.absent", TAXPAYER));
        assert_eq!(read("11010119000101001400", "").unwrap_err(), ("uscc.absent", TAXPAYER));
    }
}
