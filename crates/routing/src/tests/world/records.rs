//! Synthetic identifiers and records.

use super::{at, body, by};
use chrono::TimeDelta;
use contract::{
    canonical::v1::{
        Certificate, CertificateStatus, FoodOperationLicence, Identifier as WireIdentifier, LegalPerson, LifeStatus,
        NaturalPerson, Operation, Party, PartyKind, Record, Shareholding,
    },
    convert, pack, v1,
};
use domain::{Identifier, IdentifierKind};
use prost::{Message, Name};
use store::{RecordState, RecordWrite};

/// The `n`th of many citizen numbers.
pub(in crate::tests) fn citizen(n: u32) -> String {
    let digits = format!("110101190001{:02}{:03}", 1 + n / 1000, n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// The `n`th of many unified social credit codes, registered in `division`.
pub(in crate::tests) fn uscc_in(division: &str, n: u32) -> String {
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let text = format!("91{division}{n:09}");
    let place = |c: char| LETTERS.find(c).unwrap();
    let sum: usize =
        text.chars().enumerate().map(|(at, c)| place(c) * (3_usize.pow(u32::try_from(at).unwrap()) % 31)).sum();
    let check = LETTERS.as_bytes()[(31 - sum % 31) % 31];
    format!("{text}{}", char::from(check))
}

pub(in crate::tests) fn uscc(n: u32) -> String {
    uscc_in("110101", n)
}

pub(in crate::tests) fn id(kind: &str, value: &str) -> Identifier {
    Identifier::parse(kind.parse().unwrap(), value).unwrap()
}

/// A record to be written.
#[derive(Clone)]
pub(in crate::tests) struct Put {
    resource: &'static str,
    key: String,
    pub(super) state: RecordState,
    subjects: Vec<Identifier>,
    joins: Vec<Identifier>,
    flags: Vec<String>,
    second: Option<i64>,
    body: prost_types::Any,
}

impl Put {
    pub(in crate::tests) fn new<M: Message + Name>(
        resource: &'static str,
        key: &str,
        subjects: Vec<Identifier>,
        body: &M,
    ) -> Self {
        Self {
            resource,
            key: key.into(),
            state: RecordState::Current,
            subjects,
            joins: Vec::new(),
            flags: Vec::new(),
            second: None,
            body: pack(&M::full_name(), body.encode_to_vec()),
        }
    }

    pub(in crate::tests) fn flagged(mut self, flag: &str) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// With the identifiers of the certificate that it replaces.
    pub(in crate::tests) fn replacing(mut self, text: &str) -> Self {
        let kinds = [IdentifierKind::CertificateNumber, IdentifierKind::CertificateId];
        self.joins = kinds.into_iter().filter_map(|kind| Identifier::parse(kind, text).ok()).collect();
        self
    }

    /// With the same bytes as a body of another message.
    pub(in crate::tests) fn of(mut self, message: &str) -> Self {
        self.body = pack(contract::message_of(message).unwrap().full_name(), self.body.value);
        self
    }

    /// With a source time so many seconds after the beginning of the year; else the later written the newer.
    pub(in crate::tests) fn at_second(mut self, second: i64) -> Self {
        self.second = Some(second);
        self
    }

    pub(super) fn write(self, version: u32) -> RecordWrite {
        let source_time = at("2026-01-01T00:00:00Z") + TimeDelta::seconds(self.second.unwrap_or(i64::from(version)));
        let is_current = self.state == RecordState::Current;
        let department = match self.resource {
            "natural-person" => "public-security",
            _ => "market-supervision",
        };
        let record = Record {
            resource: self.resource.into(),
            department: department.into(),
            key: self.key.clone(),
            version: format!("{version:020}"),
            operation: if is_current { Operation::Upsert } else { Operation::Withdraw }.into(),
            subjects: self.subjects.iter().map(WireIdentifier::from).collect(),
            flags: self.flags,
            source_time: Some(convert::to_wire(source_time)),
            received_at: Some(convert::to_wire(source_time + TimeDelta::hours(1))),
            body: is_current.then_some(self.body),
            ..Record::default()
        };
        RecordWrite {
            resource: self.resource.into(),
            key: self.key,
            version: record.version.clone(),
            state: self.state,
            source_time,
            subjects: self.subjects,
            joins: if is_current { self.joins } else { Vec::new() },
            envelope: record.encode_to_vec().into(),
        }
    }
}

impl From<NaturalPerson> for Put {
    fn from(person: NaturalPerson) -> Self {
        let number = Identifier::from_trusted(IdentifierKind::CitizenNumber, &person.citizen_number);
        let mut put = Self::new("natural-person", &person.source_person_id, vec![number], &person);
        let household = Some(&person.household_number).filter(|number| !number.is_empty());
        put.joins =
            household.map(|one| Identifier::from_trusted(IdentifierKind::HouseholdNumber, one)).into_iter().collect();
        put
    }
}

impl From<LegalPerson> for Put {
    fn from(enterprise: LegalPerson) -> Self {
        let known = [
            (IdentifierKind::Uscc, &enterprise.uscc),
            (IdentifierKind::RegistrationNumber, &enterprise.registration_number),
            (IdentifierKind::SourceKey, &enterprise.source_id),
        ];
        let known = known.into_iter().filter(|(_, value)| !value.is_empty());
        let subjects = known.map(|(kind, value)| Identifier::from_trusted(kind, value)).collect();
        let key = if enterprise.uscc.is_empty() { &enterprise.registration_number } else { &enterprise.uscc };
        Self::new("legal-person", key, subjects, &enterprise)
    }
}

impl From<FoodOperationLicence> for Put {
    fn from(licence: FoodOperationLicence) -> Self {
        let mut subjects = holders(&licence.holders);
        subjects.push(id("certificate-number", &licence.number));
        Self::new("food-operation-licence", &licence.number, subjects, &licence)
    }
}

pub(in crate::tests) fn person(key: &str, number: &str) -> NaturalPerson {
    NaturalPerson {
        source_person_id: key.into(),
        citizen_number: number.into(),
        name: format!("甲{key}"),
        sex: "1".into(),
        birth_date: "1990-01-01".into(),
        division: "110101".into(),
        address: format!("示例路{key}号"),
        life_status: LifeStatus::Normal.into(),
        ..NaturalPerson::default()
    }
}

pub(in crate::tests) fn member(key: &str, number: &str, household: &str, relation: &str) -> NaturalPerson {
    NaturalPerson { household_number: household.into(), relation_to_head: relation.into(), ..person(key, number) }
}

pub(in crate::tests) fn enterprise(n: u32) -> LegalPerson {
    LegalPerson {
        uscc: uscc(n),
        source_id: format!("P{n}"),
        name: format!("示例{n}公司"),
        registration_authority_code: "110101".into(),
        ..LegalPerson::default()
    }
}

/// An enterprise as others name it.
pub(in crate::tests) fn company(n: u32) -> Party {
    Party {
        name: format!("示例{n}公司"),
        identifier: by("uscc", &uscc(n)),
        kind: PartyKind::Organisation.into(),
        share: String::new(),
    }
}

/// A person as others name them.
pub(in crate::tests) fn investor(n: u32) -> Party {
    Party {
        name: format!("张{n}"),
        identifier: by("citizen-number", &citizen(n)),
        kind: PartyKind::Person.into(),
        share: String::new(),
    }
}

/// A share in the enterprise `P<n>`.
pub(in crate::tests) fn share(n: u32, inv: u32, holder: Party, percent: &str) -> Put {
    let mut subjects = holders(std::slice::from_ref(&holder));
    subjects.push(id("source-key", &format!("P{n}")));
    let body = Shareholding {
        enterprise_source_id: format!("P{n}"),
        holder: Some(holder),
        share_percent: percent.into(),
        subscribed_amount: "1000.00".into(),
        currency: "CNY".into(),
        ..Shareholding::default()
    };
    Put::new("shareholding", &format!("P{n}/{inv}"), subjects, &body)
}

pub(in crate::tests) fn licence(number: &str, holder: Party) -> FoodOperationLicence {
    FoodOperationLicence {
        number: number.into(),
        holders: vec![holder],
        valid_to: "2027-02-28".into(),
        status: CertificateStatus::Valid.into(),
        items: "预包装食品销售".into(),
        ..FoodOperationLicence::default()
    }
}

pub(in crate::tests) fn business_licence(n: u32) -> Put {
    let body = contract::canonical::v1::BusinessLicence {
        number: uscc(n),
        holders: vec![company(n)],
        status: CertificateStatus::Valid.into(),
        ..Default::default()
    };
    let mut subjects = holders(&body.holders);
    subjects.push(id("certificate-number", &body.number));
    Put::new("business-licence", &uscc(n), subjects, &body)
}

fn holders(parties: &[Party]) -> Vec<Identifier> {
    parties.iter().filter_map(|party| Identifier::try_from(party.identifier.as_ref()?).ok()).collect()
}

/// The status of a certificate that is shown.
pub(in crate::tests) fn status(view: &v1::RecordView) -> CertificateStatus {
    body::<Certificate>(view).status()
}
