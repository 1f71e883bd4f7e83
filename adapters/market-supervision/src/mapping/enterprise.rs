//! `ENT`: an enterprise and its business licence.

use super::{
    BUSINESS_LICENCE, LEGAL_PERSON, draft,
    memory::{Memory, digest},
    numbers::{Numbers, on_the_wire},
    party::{self, Named},
    status::Registration,
};
use crate::{
    fields::{Currency, Fault, Fields, Stamp},
    rules::{LEGAL_REP_CONFLICT, USCC_MISSING},
};
use adapter_sdk::{
    Draft, Effect, Translated,
    rules::{CODE_UNKNOWN, PARTY_IDENTIFIER, USCC_INNER_CHECK},
};
use contract::canonical::v1::{BusinessLicence, LegalPerson, Party, PartyKind};
use domain::{Identifier, Rule, code, identifier::Uscc};

/// The key that an enterprise's record would have had, of a row that may be broken elsewhere.
pub(super) fn key(fields: &Fields<'_>) -> Option<String> {
    Numbers::read(fields).ok().map(|numbers| numbers.key().to_owned())
}

/// The enterprise under the numbers that it is known by, and its move there when its key changed.
pub(super) fn translate(fields: &Fields<'_>, memory: Option<&Memory>) -> Result<Translated, Fault> {
    let row = EnterpriseRow::read(fields)?;
    let numbers = row.known_numbers(memory);
    let older = memory.is_some_and(|memory| row.stamp.digits < memory.stamp);
    let old = memory.map(|memory| &memory.numbers).filter(|old| old.key() != numbers.key());
    if let Some(old) = old.filter(|_| older) {
        return Ok(Translated::Superseded { about: Some((LEGAL_PERSON, old.key().to_owned())) });
    }
    let next = row.next_memory(memory, &numbers);
    let mut drafts = row.drafts(&numbers, next.conflict);
    drafts.extend(old.into_iter().flat_map(|old| row.withdrawals(old)));
    Ok(Translated::Records { drafts, memory: (!older).then(|| next.to_bytes()), released: Vec::new() })
}

/// An `ENT` row whose every element is good.
struct EnterpriseRow {
    source_id: String,
    stamp: Stamp,
    numbers: Numbers,
    representative: Named,
    currency: Currency,
    registration: Registration,
    /// Without what depends on the numbers that it is published under.
    enterprise: LegalPerson,
}

impl EnterpriseRow {
    fn read(fields: &Fields<'_>) -> Result<Self, Fault> {
        let source_id = fields.required("PRIPID")?;
        let numbers = Numbers::read(fields)?;
        let representative = party::representative(fields)?;
        let stamp = fields.stamp()?;
        let registration = Registration::read(fields);
        let mut enterprise = enterprise(fields)?;
        let currency = fields.currency(&enterprise.registered_capital);
        enterprise.source_id.clone_from(&source_id);
        enterprise.legal_representative.clone_from(&representative.party);
        enterprise.currency.clone_from(&currency.letters);
        enterprise.registration_status = registration.status.into();
        Ok(Self { source_id, stamp, numbers, representative, currency, registration, enterprise })
    }

    /// The row's numbers; where it has no credit code, the one that the enterprise is known by.
    fn known_numbers(&self, memory: Option<&Memory>) -> Numbers {
        let known = memory.and_then(|memory| memory.numbers.uscc.clone());
        Numbers { uscc: self.numbers.uscc.clone().or(known), registration: self.numbers.registration.clone() }
    }

    fn next_memory(&self, memory: Option<&Memory>, numbers: &Numbers) -> Memory {
        let given = self.representative.identifier.as_ref().map(Identifier::value);
        let given = given.map(|number| digest(&self.source_id, number));
        let same_time = memory.filter(|memory| memory.stamp == self.stamp.digits);
        let earlier = same_time.and_then(|memory| memory.representative.clone());
        let differs = given.is_some() && earlier.is_some() && given != earlier;
        Memory {
            stamp: self.stamp.digits.clone(),
            numbers: numbers.clone(),
            representative: given.or(earlier),
            conflict: differs || same_time.is_some_and(|memory| memory.conflict),
        }
    }

    fn drafts(&self, numbers: &Numbers, conflict: bool) -> Vec<Draft> {
        let uscc = numbers.uscc.as_ref();
        let enterprise = LegalPerson { uscc: uscc.map_or("", Uscc::value).to_owned(), ..self.enterprise.clone() };
        let licence = self.licence(&enterprise, numbers);
        let subjects = numbers.subjects(&self.source_id);
        let mut legal_person = draft(LEGAL_PERSON, numbers.key(), &self.stamp, subjects, Effect::upsert(&enterprise));
        let mut business_licence =
            draft(BUSINESS_LICENCE, numbers.key(), &self.stamp, numbers.licence_subjects(), Effect::upsert(&licence));
        let codes_of_both = self.currency.unknown || self.registration.unknown_code;
        let of_both = [
            (&USCC_MISSING, uscc.is_none()),
            (&USCC_INNER_CHECK, uscc.is_some_and(|uscc| !uscc.inner_check_ok())),
            (&CODE_UNKNOWN, codes_of_both),
        ];
        let of_enterprise = [
            (&CODE_UNKNOWN, has_unknown_industry(&enterprise)),
            (&PARTY_IDENTIFIER, self.representative.wrong),
            (&LEGAL_REP_CONFLICT, conflict),
        ];
        flag(&mut legal_person, of_both.iter().chain(&of_enterprise));
        flag(&mut business_licence, of_both.iter());
        vec![legal_person, business_licence]
    }

    /// The licence that goes with the registration.
    fn licence(&self, enterprise: &LegalPerson, numbers: &Numbers) -> BusinessLicence {
        let representative = enterprise.legal_representative.as_ref();
        let holder = Party {
            name: enterprise.name.clone(),
            identifier: numbers.identifier().as_ref().map(on_the_wire),
            kind: PartyKind::Organisation.into(),
            share: String::new(),
        };
        let enterprise_type =
            if enterprise.type_name.is_empty() { &enterprise.type_code } else { &enterprise.type_name };
        BusinessLicence {
            number: numbers.key().to_owned(),
            certificate_type: "营业执照".to_owned(),
            holders: vec![holder],
            issuer: enterprise.registration_authority.clone(),
            issued_on: enterprise.approved_on.clone(),
            valid_from: enterprise.operates_from.clone(),
            valid_to: enterprise.operates_to.clone(),
            valid_indefinitely: enterprise.operates_indefinitely,
            status: self.registration.of_licence().into(),
            status_text: enterprise.registration_status_text.clone(),
            enterprise_type: enterprise_type.clone(),
            registered_capital: enterprise.registered_capital.clone(),
            currency: enterprise.currency.clone(),
            business_scope: enterprise.business_scope.clone(),
            address: enterprise.address.clone(),
            legal_representative_name: representative.map(|party| party.name.clone()).unwrap_or_default(),
            ..BusinessLicence::default()
        }
    }

    /// Both records taken back under the numbers that the enterprise had.
    fn withdrawals(&self, old: &Numbers) -> [Draft; 2] {
        let withdraw = Effect::Withdraw { reason: "key.changed" };
        [(LEGAL_PERSON, old.subjects(&self.source_id)), (BUSINESS_LICENCE, old.licence_subjects())]
            .map(|(resource, subjects)| draft(resource, old.key(), &self.stamp, subjects, withdraw.clone()))
    }
}

fn enterprise(fields: &Fields<'_>) -> Result<LegalPerson, Fault> {
    let operates_to = fields.end("OPTO")?;
    Ok(LegalPerson {
        registration_number: fields.number("REGNO"),
        name: fields.text("ENTNAME"),
        type_code: fields.number("ENTTYPE"),
        type_name: fields.text("ENTTYPE_CN"),
        registered_capital: fields.amount("REGCAP")?,
        established_on: fields.day("ESTDATE")?,
        approved_on: fields.day("APPRDATE")?,
        operates_from: fields.day("OPFROM")?,
        operates_to: operates_to.iso().unwrap_or_default(),
        operates_indefinitely: operates_to.is_no_end(),
        address: fields.text("DOM"),
        business_scope: fields.text("OPSCOPE"),
        registration_authority_code: fields.number("REGORG"),
        registration_authority: fields.text("REGORG_CN"),
        registration_status_text: fields.text("REGSTATE_CN"),
        industry_section: fields.number("INDUSTRYPHY").to_ascii_uppercase(),
        industry_code: fields.number("INDUSTRYCO"),
        ..LegalPerson::default()
    })
}

fn has_unknown_industry(enterprise: &LegalPerson) -> bool {
    let (section, class) = (enterprise.industry_section.as_str(), enterprise.industry_code.as_str());
    let unknown_section = !section.is_empty() && code::industry_section(section).is_none();
    unknown_section || (!class.is_empty() && code::section_of_industry(class).is_none())
}

fn flag<'a>(draft: &mut Draft, warnings: impl Iterator<Item = &'a (&'static Rule, bool)>) {
    for (rule, _) in warnings.filter(|(_, applies)| *applies) {
        draft.flag(rule);
    }
}
