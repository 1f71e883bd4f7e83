//! A node with a clock that stands still, the shipped catalogue, and synthetic records.

mod entries;
mod records;

pub(super) use self::{entries::*, records::*};

use crate::{Asking, Departure, Exchange, Finished, Form, Method, Reply, Settings, Watch};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use contract::{
    canonical::v1::Identifier as WireIdentifier,
    convert,
    v1::{self, DepartmentIntake},
};
use domain::{
    Caller, CallerKind, Language, ManualClock, Outcome, Reason, Timestamp,
    catalogue::{Catalogue, Entry, EntryKind},
};
use evidence::{Log, test_kit::TestLog};
use policy::Gate;
use prost::Message;
use security::{digest::sha256, seal::SealingKey};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{
    Batch, EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter, RecordState, ViewReader,
    ViewWriter,
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
    pub(super) evidence: Arc<TestLog>,
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

fn settings(watch: Watch, evidence: Log) -> Settings {
    let key = SealingKey::from_bytes(&[7; 32]).unwrap();
    Settings { offset: offset(), language: Language::English, key, watch, evidence }
}

/// A question as it comes over gRPC.
pub(super) fn asking<'a>(caller: &'a Caller, method: Method, request: &'a [u8]) -> Asking<'a> {
    Asking {
        caller,
        certificate: b"certificate",
        fingerprint: sha256(b"certificate"),
        method,
        request,
        canonical: b"{}",
        form: Form::Protobuf,
    }
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
        let watch = Box::new(move |departure: &Departure<'_>| {
            ledger.lock().unwrap().push((departure.outcome, departure.reason, departure.repeated));
        });
        let evidence = Arc::new(TestLog::start(Arc::<ManualClock>::clone(&clock)));
        let settings = settings(watch, evidence.log.clone());
        let exchange =
            Exchange::new(view, Arc::clone(&directory), Arc::clone(&gate), Arc::<ManualClock>::clone(&clock), settings);
        Self { exchange, clock, directory, gate, told, evidence }
    }

    pub(super) async fn ask_as(&self, caller: &Caller, method: Method, request: &impl Message) -> Finished {
        self.exchange.answer(&asking(caller, method, &request.encode_to_vec()), Duration::from_secs(10)).await
    }

    pub(super) async fn ask(&self, method: Method, request: &impl Message) -> Finished {
        self.ask_as(&consumer(), method, request).await
    }

    /// The answer without its receipt, which is never the same.
    pub(super) async fn resolve(&self, request: &v1::ResolveRequest) -> v1::ResolveResponse {
        v1::ResolveResponse { receipt: None, ..answer(self.ask(Method::Resolve, request).await) }
    }

    pub(super) async fn verify(&self, request: &v1::VerifyRequest) -> v1::VerifyResponse {
        v1::VerifyResponse { receipt: None, ..answer(self.ask(Method::Verify, request).await) }
    }

    pub(super) async fn certificates(&self, request: &v1::ListCertificatesRequest) -> v1::ListCertificatesResponse {
        v1::ListCertificatesResponse { receipt: None, ..answer(self.ask(Method::ListCertificates, request).await) }
    }

    pub(super) async fn equity(&self, request: &v1::GetEquityRequest) -> v1::GetEquityResponse {
        v1::GetEquityResponse { receipt: None, ..answer(self.ask(Method::GetEquity, request).await) }
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
    pub(super) async fn ask_by(
        &self,
        clock: Arc<dyn domain::Clock>,
        method: Method,
        request: &impl Message,
    ) -> Finished {
        let (consumer, request) = (consumer(), request.encode_to_vec());
        self.exchange_by(clock).answer(&asking(&consumer, method, &request), Duration::from_secs(10)).await
    }

    /// Another exchange over the same view.
    pub(super) fn exchange_by(&self, clock: Arc<dyn domain::Clock>) -> Exchange<EmbeddedViewReader> {
        let settings = settings(Box::new(|_| {}), self.evidence.log.clone());
        let (directory, gate) = (Arc::clone(&self.directory), Arc::clone(&self.gate));
        Exchange::new(self.reader.clone(), directory, gate, clock, settings)
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

#[expect(clippy::unnecessary_wraps, reason = "as fields of messages are")]
pub(super) fn purpose() -> Option<v1::Purpose> {
    Some(v1::Purpose { matter: MATTER.into(), case_number: "C-1".into(), ..v1::Purpose::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "as fields of messages are")]
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
