//! What a row of the table means.

mod business;
mod known;
mod spouse;
mod version;

use self::{
    business::Business,
    known::Known,
    spouse::{Couple, HUSBAND, WIFE},
};
use crate::{rules, table};
use adapter_sdk::{
    Department, Draft, Effect, Mapping, Resource, Row, Translated,
    reading::{Fault, Fields},
    rules::{CERTIFICATE_NUMBER, CODE_UNKNOWN, MESSAGE_JSON, MESSAGE_OP, PARTY_IDENTIFIER},
};
use contract::canonical::v1::{CertificateStatus, MarriageCertificate, Record, RegistrationKind};
use domain::{Identifier, IdentifierKind};

const MARRIAGE_CERTIFICATE: &str = "marriage-certificate";

static DEPARTMENT: Department = Department {
    id: "civil-affairs",
    system: "marriage-registration",
    mapping_version: "1",
    encoding: "json",
    resources: &[Resource { id: MARRIAGE_CERTIFICATE, message: "exchange.canonical.v1.MarriageCertificate" }],
    rules: rules::ALL,
};

/// The register of marriages and divorces.
pub(crate) struct Registrations;

impl Mapping for Registrations {
    fn department(&self) -> &'static Department {
        &DEPARTMENT
    }

    /// A certificate: its annulment may say no more of it than its number.
    fn entity(&self, row: &Row<'_>) -> Option<String> {
        Fields::from_json(row.bytes).ok()?.key("djzh").ok()
    }

    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
        let fields = match Fields::from_json(row.bytes) {
            Ok(fields) => fields,
            Err(fault) => return fault.reject(MARRIAGE_CERTIFICATE, None),
        };
        let known = Known::read(memory);
        let translated = change(row, &fields).and_then(|change| change.translate(&known));
        translated.unwrap_or_else(|fault| fault.reject(MARRIAGE_CERTIFICATE, fields.key("djzh").ok()))
    }

    fn recall(&self, record: &Record) -> Option<(String, Vec<u8>)> {
        Known::recall(record).map(|known| (record.key.clone(), known.write()))
    }
}

/// What a row does to a certificate.
struct Change<'a> {
    fields: &'a Fields,
    operation: Operation,
    version: version::Stamp,
    key: String,
    number: Identifier,
    business: Business,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Write,
    Delete,
}

/// Judges the columns that every row needs, in the order in which they stand in the table.
fn change<'a>(row: &Row<'_>, fields: &'a Fields) -> Result<Change<'a>, Fault> {
    if row.kind != table::NAME {
        return Err(if row.kind.is_empty() { Fault::new(&MESSAGE_JSON, "") } else { Fault::new(&MESSAGE_OP, "") });
    }
    let guid = fields.key(table::KEY)?;
    let operation = match fields.number("cd_operation").as_str() {
        "I" | "U" => Operation::Write,
        "D" => Operation::Delete,
        _ => return Err(Fault::new(&MESSAGE_OP, "cd_operation")),
    };
    let version = version::of(&fields.stamp_with_micros(table::TIME)?, &guid);
    let key = fields.key("djzh")?;
    let number = Identifier::parse(IdentifierKind::CertificateNumber, &key)
        .map_err(|_| Fault::new(&CERTIFICATE_NUMBER, "djzh"))?;
    let business = Business::of(fields.required("hydjywlx")?);
    Ok(Change { fields, operation, version, key, number, business })
}

impl Change<'_> {
    fn translate(self, known: &Known) -> Result<Translated, Fault> {
        match self.operation {
            Operation::Write => self.written(known),
            Operation::Delete if self.business == Business::Annulment => Ok(self.annulment_undone(known)),
            Operation::Delete => Ok(self.withdrawn(known)),
        }
    }

    fn written(&self, known: &Known) -> Result<Translated, Fault> {
        let before = known.certificate().filter(|_| self.business == Business::Annulment);
        let couple = Couple::read(self.fields, before)?;
        let body = self.certificate(&couple, before)?;
        let mut draft = self.draft(couple.subjects, Effect::upsert(&body));
        for flag in couple.flags {
            draft.flag(flag);
        }
        if self.business == Business::Unknown {
            draft.flag(&CODE_UNKNOWN);
        }
        Ok(remembered(draft, known, Some(body)))
    }

    /// The annulment was entered by mistake: the certificate is what it was before, as far as that is known.
    fn annulment_undone(&self, known: &Known) -> Translated {
        let Some(body) = known.certificate().and_then(known::before_annulment) else { return self.withdrawn(known) };
        let wrong = spouse::subjects_of(&body).iter().any(|subject| subject.kind() == IdentifierKind::OtherPersonId);
        let mut draft = self.draft(spouse::subjects_of(&body), Effect::upsert(&body));
        for flag in spouse::name_flags(&body) {
            draft.flag(flag);
        }
        if wrong {
            draft.flag(&PARTY_IDENTIFIER);
        }
        remembered(draft, known, Some(body))
    }

    /// What is gone is gone, whatever else its row says: the numbers that can be used go along.
    fn withdrawn(&self, known: &Known) -> Translated {
        let mut subjects = spouse::usable_subjects(self.fields);
        if subjects.is_empty() {
            subjects = known.certificate().map(spouse::subjects_of).unwrap_or_default();
        }
        let draft = self.draft(subjects, Effect::Withdraw { reason: "source.cancelled" });
        remembered(draft, known, None)
    }

    fn draft(&self, couple: Vec<Identifier>, effect: Effect) -> Draft {
        Draft {
            resource: MARRIAGE_CERTIFICATE,
            key: self.key.clone(),
            stamp: self.version.digits.clone(),
            source_time: self.version.at,
            subjects: std::iter::once(self.number.clone()).chain(couple).collect(),
            flags: Vec::new(),
            effect,
        }
    }

    fn certificate(&self, couple: &Couple, before: Option<&MarriageCertificate>) -> Result<MarriageCertificate, Fault> {
        let registered_on = self.fields.day("djrq")?;
        let authority = self.fields.text("djjg").to_owned();
        // Day and authority of an annulment are not those of the certificate that is annulled.
        let (issued_on, issuer) = match (self.business, before) {
            (Business::Annulment, Some(before)) => (before.issued_on.clone(), before.issuer.clone()),
            (Business::Annulment, None) => (String::new(), authority),
            _ => (registered_on.clone(), authority),
        };
        let holders = [&couple.husband, &couple.wife].into_iter().flatten().cloned().collect();
        Ok(MarriageCertificate {
            number: self.key.clone(),
            certificate_type: self.business.certificate_type(&self.key).to_owned(),
            holders,
            issuer,
            issued_on,
            status: self.business.status().into(),
            status_text: self.business.status_text(self.fields),
            registration_kind: self.business.kind().into(),
            husband: couple.husband.clone(),
            wife: couple.wife.clone(),
            husband_nationality: Couple::nationality(&HUSBAND, self.fields, before),
            wife_nationality: Couple::nationality(&WIFE, self.fields, before),
            registered_on,
            ..MarriageCertificate::default()
        })
    }
}

/// A row that is older than what is known changes nothing of it.
fn remembered(draft: Draft, known: &Known, body: Option<MarriageCertificate>) -> Translated {
    let memory = (draft.stamp.as_str() >= known.stamp()).then(|| Known::new(&draft.stamp, body).write());
    Translated::Records { drafts: vec![draft], memory, released: Vec::new() }
}

#[cfg(test)]
mod tests;
