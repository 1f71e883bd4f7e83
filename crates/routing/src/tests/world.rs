//! A node with a clock that stands still, the shipped catalogue, and synthetic records.

use crate::{Departure, Exchange, Finished, Method, Reply, Settings, Watch};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use contract::{
    canonical::v1::{
        Certificate, CertificateStatus, FoodOperationLicence, Identifier as WireIdentifier, LegalPerson, LifeStatus,
        NaturalPerson, Operation, Party, PartyKind, Record, Shareholding,
    },
    convert, pack,
    v1::{self, DepartmentIntake},
};
use domain::{
    Caller, CallerKind, Identifier, IdentifierKind, Language, ManualClock, Outcome, Reason, Timestamp,
    catalogue::{Catalogue, Entry, EntryKind},
};
use policy::Gate;
use prost::{Message, Name};
use security::seal::SealingKey;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{
    Batch, EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter, RecordState, RecordWrite,
    ViewReader, ViewWriter,
};
use tempfile::TempDir;
use view::Directory;

pub(super) const MATTER: &str = "000172149001";
pub(super) const USCC: &str = "91110000600037341L";

const RESOURCES: [&str; 6] = [
    include_str!("../../../../deploy/catalogue/resources/natural-person.toml"),
    include_str!("../../../../deploy/catalogue/resources/household.toml"),
    include_str!("../../../../deploy/catalogue/resources/legal-person.toml"),
    include_str!("../../../../deploy/catalogue/resources/shareholding.toml"),
    include_str!("../../../../deploy/catalogue/resources/business-licence.toml"),
    include_str!("../../../../deploy/catalogue/resources/food-operation-licence.toml"),
];

/// Everything, for the matter of these tests.
pub(super) const ALL: &str = r#"
id = "all"
consumer = "one-window"
mode = "read"
matters = ["000172149001"]
lookups = ["citizen-number", "household-number", "uscc", "registration-number", "organisation-code", "source-key",
           "certificate-number", "certificate-id", "holder", "enterprise"]
resources = [
  { resource = "natural-person", items = ["*"] },
  { resource = "household", items = ["*"] },
  { resource = "legal-person", items = ["*"] },
  { resource = "shareholding", items = ["*"] },
  { resource = "business-licence", items = ["*"] },
  { resource = "food-operation-licence", items = ["*"] },
]
"#;

/// What left the exchange: outcome, reason, and whether it was an earlier answer.
pub(super) type Told = (Outcome, Option<Reason>, bool);

pub(super) struct World<V> {
    pub(super) exchange: Exchange<V>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) directory: Arc<Directory>,
    pub(super) gate: Arc<Gate>,
    told: Arc<Mutex<Vec<Told>>>,
}

/// A world with a view that can be written to.
pub(super) struct Node {
    pub(super) world: World<EmbeddedViewReader>,
    writer: EmbeddedViewWriter,
    reader: EmbeddedViewReader,
    version: u32,
    _folder: TempDir,
}

impl std::ops::Deref for Node {
    type Target = World<EmbeddedViewReader>;

    fn deref(&self) -> &Self::Target {
        &self.world
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// A Monday morning.
pub(super) fn now() -> Timestamp {
    at("2026-11-02T10:00:00+08:00")
}

pub(super) fn catalogue(grants: &[&str]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for text in RESOURCES {
        catalogue.insert(Entry::parse(EntryKind::Resource, "r", text).unwrap());
    }
    for text in grants {
        catalogue.insert(Entry::parse(EntryKind::Grant, "g", text).unwrap());
    }
    catalogue
}

pub(super) fn intake(department: &str, as_of: Timestamp) -> DepartmentIntake {
    DepartmentIntake {
        department: department.into(),
        as_of: Some(convert::to_wire(as_of)),
        finished_units: 1,
        ..DepartmentIntake::default()
    }
}

pub(super) fn both_intakes(as_of: Timestamp) -> BTreeMap<String, DepartmentIntake> {
    let departments = ["public-security", "market-supervision"];
    departments.map(|department| (department.to_owned(), intake(department, as_of))).into()
}

fn offset() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).unwrap()
}

fn settings(watch: Watch) -> Settings {
    Settings { offset: offset(), language: Language::English, key: SealingKey::from_bytes(&[7; 32]).unwrap(), watch }
}

impl<V: ViewReader> World<V> {
    /// A world whose departments have taken in everything up to ten minutes ago.
    pub(super) fn over(view: V, grants: &[&str]) -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let directory = Arc::new(Directory::default());
        directory.set_catalogue(catalogue(grants));
        directory.set_intakes(both_intakes(now() - TimeDelta::minutes(10)));
        let gate = Arc::new(Gate::new(offset()));
        let told: Arc<Mutex<Vec<Told>>> = Arc::default();
        let ledger = Arc::clone(&told);
        let settings = settings(Box::new(move |departure: &Departure<'_>| {
            ledger.lock().unwrap().push((departure.outcome, departure.reason, departure.repeated));
        }));
        let exchange =
            Exchange::new(view, Arc::clone(&directory), Arc::clone(&gate), Arc::<ManualClock>::clone(&clock), settings);
        Self { exchange, clock, directory, gate, told }
    }

    pub(super) async fn ask_as(&self, caller: &Caller, method: Method, request: &impl Message) -> Finished {
        self.exchange.answer(caller, method, &request.encode_to_vec(), Duration::from_secs(10)).await
    }

    pub(super) async fn ask(&self, method: Method, request: &impl Message) -> Finished {
        self.ask_as(&consumer(), method, request).await
    }

    pub(super) async fn resolve(&self, request: &v1::ResolveRequest) -> v1::ResolveResponse {
        answer(self.ask(Method::Resolve, request).await)
    }

    pub(super) async fn verify(&self, request: &v1::VerifyRequest) -> v1::VerifyResponse {
        answer(self.ask(Method::Verify, request).await)
    }

    pub(super) async fn certificates(&self, request: &v1::ListCertificatesRequest) -> v1::ListCertificatesResponse {
        answer(self.ask(Method::ListCertificates, request).await)
    }

    pub(super) async fn equity(&self, request: &v1::GetEquityRequest) -> v1::GetEquityResponse {
        answer(self.ask(Method::GetEquity, request).await)
    }

    /// What left since this was last asked.
    pub(super) fn told(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    /// How many questions of a day the grant `all` with a quota of 100 a day has counted.
    pub(super) fn counted(&self) -> u32 {
        let snapshot = self.directory.now();
        100 - self.gate.left(&snapshot.catalogue.grants["all"], self.now()).per_day.unwrap()
    }

    pub(super) fn now(&self) -> Timestamp {
        domain::Clock::now(&*self.clock)
    }
}

/// The grant of everything, with these lines before its resources.
pub(super) fn all_with(lines: &str) -> String {
    ALL.replace("mode = \"read\"", &format!("mode = \"read\"\n{lines}"))
}

pub(super) fn counted_grant() -> String {
    all_with("quota = { per_day = 100 }")
}

impl Node {
    pub(super) fn new() -> Self {
        Self::with(&[ALL])
    }

    pub(super) fn with(grants: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = EmbeddedViewConfig { cache_bytes: 1 << 20 };
        let (writer, reader) = EmbeddedView::open(folder.path(), config).unwrap();
        Self { world: World::over(reader.clone(), grants), writer, reader, version: 0, _folder: folder }
    }

    /// Writes a record; each is newer than the one before.
    pub(super) fn put(&mut self, write: impl Into<Put>) {
        self.put_all([write.into()]);
    }

    pub(super) fn put_all(&mut self, puts: impl IntoIterator<Item = Put>) {
        let mut records = Vec::new();
        for put in puts {
            self.version += 1;
            records.push(put.write(self.version));
        }
        self.writer.apply(Batch { records, ..Batch::default() }).unwrap();
    }

    /// Asks an exchange over the same view with another clock.
    pub(super) async fn ask_by(&self, clock: Arc<dyn domain::Clock>, method: Method, request: &impl Message) -> Finished {
        let settings = settings(Box::new(|_| {}));
        let (directory, gate) = (Arc::clone(&self.directory), Arc::clone(&self.gate));
        let exchange = Exchange::new(self.reader.clone(), directory, gate, clock, settings);
        exchange.answer(&consumer(), method, &request.encode_to_vec(), Duration::from_secs(10)).await
    }

    /// Takes back what stands under a key.
    pub(super) fn withdraw(&mut self, mut put: Put, state: RecordState) {
        put.state = state;
        self.put(put);
    }
}

pub(super) fn consumer() -> Caller {
    Caller::new(CallerKind::Consumer, "one-window").unwrap()
}

pub(super) fn answer<M: Message + Default>(finished: Finished) -> M {
    match finished.reply {
        Reply::Answer(bytes) => M::decode(bytes).unwrap(),
        other => panic!("no answer but {other:?}"),
    }
}

/// The rule that a field breaks.
pub(super) fn faults(finished: &Finished) -> Vec<(&str, &str)> {
    match &finished.reply {
        Reply::Invalid { fields } => fields.iter().map(|fault| (fault.field.as_str(), fault.rule)).collect(),
        other => panic!("not invalid but {other:?}"),
    }
}

// Questions.

pub(super) fn purpose() -> Option<v1::Purpose> {
    Some(v1::Purpose { matter: MATTER.into(), case_number: "C-1".into(), ..v1::Purpose::default() })
}

pub(super) fn by(kind: &str, value: &str) -> Option<WireIdentifier> {
    Some(WireIdentifier { kind: kind.into(), value: value.into() })
}

pub(super) fn resolve(resource: &str, kind: &str, value: &str) -> v1::ResolveRequest {
    v1::ResolveRequest {
        resource: resource.into(),
        by: by(kind, value),
        purpose: purpose(),
        ..v1::ResolveRequest::default()
    }
}

/// The body of a record that is shown.
pub(super) fn body<M: Message + Default>(view: &v1::RecordView) -> M {
    M::decode(view.body.as_ref().unwrap().value.as_slice()).unwrap()
}

// Identifiers.

/// The `n`th of many citizen numbers.
pub(super) fn citizen(n: u32) -> String {
    let digits = format!("110101190001{:02}{:03}", 1 + n / 1000, n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// The `n`th of many unified social credit codes, registered in `division`.
pub(super) fn uscc_in(division: &str, n: u32) -> String {
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let text = format!("91{division}{n:09}");
    let place = |c: char| LETTERS.find(c).unwrap();
    let sum: usize = text.chars().enumerate().map(|(at, c)| place(c) * (3_usize.pow(u32::try_from(at).unwrap()) % 31)).sum();
    let check = LETTERS.as_bytes()[(31 - sum % 31) % 31];
    format!("{text}{}", char::from(check))
}

pub(super) fn uscc(n: u32) -> String {
    uscc_in("110101", n)
}

pub(super) fn id(kind: &str, value: &str) -> Identifier {
    Identifier::parse(kind.parse().unwrap(), value).unwrap()
}

// Records.

/// A record to be written.
#[derive(Clone)]
pub(super) struct Put {
    resource: &'static str,
    key: String,
    state: RecordState,
    subjects: Vec<Identifier>,
    joins: Vec<Identifier>,
    flags: Vec<String>,
    second: Option<i64>,
    body: prost_types::Any,
}

impl Put {
    pub(super) fn new<M: Message + Name>(resource: &'static str, key: &str, subjects: Vec<Identifier>, body: &M) -> Self {
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

    pub(super) fn flagged(mut self, flag: &str) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// With a source time so many seconds after the beginning of the year; else the later written the newer.
    pub(super) fn at_second(mut self, second: i64) -> Self {
        self.second = Some(second);
        self
    }

    fn write(self, version: u32) -> RecordWrite {
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
        put.joins = household.map(|one| Identifier::from_trusted(IdentifierKind::HouseholdNumber, one)).into_iter().collect();
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

pub(super) fn person(key: &str, number: &str) -> NaturalPerson {
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

pub(super) fn member(key: &str, number: &str, household: &str, relation: &str) -> NaturalPerson {
    NaturalPerson { household_number: household.into(), relation_to_head: relation.into(), ..person(key, number) }
}

pub(super) fn enterprise(n: u32) -> LegalPerson {
    LegalPerson {
        uscc: uscc(n),
        source_id: format!("P{n}"),
        name: format!("示例{n}公司"),
        registration_authority_code: "110101".into(),
        ..LegalPerson::default()
    }
}

/// An enterprise as others name it.
pub(super) fn company(n: u32) -> Party {
    Party {
        name: format!("示例{n}公司"),
        identifier: by("uscc", &uscc(n)),
        kind: PartyKind::Organisation.into(),
        share: String::new(),
    }
}

/// A person as others name them.
pub(super) fn investor(n: u32) -> Party {
    Party {
        name: format!("张{n}"),
        identifier: by("citizen-number", &citizen(n)),
        kind: PartyKind::Person.into(),
        share: String::new(),
    }
}

/// A share in the enterprise `P<n>`.
pub(super) fn share(n: u32, inv: u32, holder: Party, percent: &str) -> Put {
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

pub(super) fn licence(number: &str, holder: Party) -> FoodOperationLicence {
    FoodOperationLicence {
        number: number.into(),
        holders: vec![holder],
        valid_to: "2027-02-28".into(),
        status: CertificateStatus::Valid.into(),
        items: "预包装食品销售".into(),
        ..FoodOperationLicence::default()
    }
}

pub(super) fn business_licence(n: u32) -> Put {
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
pub(super) fn status(view: &v1::RecordView) -> CertificateStatus {
    body::<Certificate>(view).status()
}
