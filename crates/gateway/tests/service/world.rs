//! A gateway with the shipped catalogue, and callers with certificates of its authority.

use crate::client::{Answer, Caller, Outcome};
use adapter_sdk::{Runner, RunnerConfig, push::push};
use bus::{Bus, Message as BusMessage};
use chrono::{DateTime, Utc};
use contract::{
    canonical::v1::{Identifier, NaturalPerson, Operation, Record},
    topics,
    v1::{DepartmentIntake, IntakeRows, Reject, RejectState, TopicPosition},
};
use domain::{Clock, ManualClock};
use gateway::{Config, Gateway, Links, Running, open_bus};
use prost::{Message, Name};
use prost_types::Timestamp;
use runtime::Process;
use security::pki::{self, IssueRequest};
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

pub(crate) const DEPARTMENT: &str = "public-security";
pub(crate) const NUMBER: &str = "11010519491231002X";
pub(crate) const MATTER: &str = "000172149001";
const CALLERS: [&str; 6] = [
    "node/city",
    "consumer/one-window",
    "consumer/stranger",
    "operator/anna",
    "department/public-security",
    "department/health",
];
const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/catalogue");

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) process: Process,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) running: Running,
}

impl World {
    /// A gateway that answers questions.
    pub(crate) async fn ready() -> Self {
        let world = Self::on(|bus| bus).await;
        world.until_ready().await;
        world
    }

    /// A gateway on a bus of the test's.
    pub(crate) async fn on(hold: impl FnOnce(Arc<dyn Bus>) -> Arc<dyn Bus>) -> Self {
        Self::start(|_| {}, hold, false).await
    }

    /// A gateway with the intake of health, which pushes; on a bus of the test's.
    pub(crate) async fn pushing(hold: impl FnOnce(Arc<dyn Bus>) -> Arc<dyn Bus>) -> Self {
        Self::start(|_| {}, hold, true).await
    }

    /// A gateway with other configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start(change, |bus| bus, false).await
    }

    async fn start(
        change: impl FnOnce(&mut Config),
        hold: impl FnOnce(Arc<dyn Bus>) -> Arc<dyn Bus>,
        is_pushing: bool,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = DateTime::parse_from_rfc3339("2026-11-02T10:00:00+08:00").unwrap().with_timezone(&Utc);
        let clock = Arc::new(ManualClock::at(start));
        let pki = folder.path().join("pki");
        pki::init(&pki, &*clock).unwrap();
        for name in CALLERS {
            let caller = domain::Caller::from_name(name).unwrap();
            pki::issue(&pki, &IssueRequest { caller, dns: vec![], ips: vec![], days: 60 }, &*clock).unwrap();
        }
        let mut config = config(folder.path());
        change(&mut config);
        let process = Process::start_with_clock(clock.clone()).unwrap();
        let bus = hold(open_bus(&config, clock.clone()).unwrap());
        let (handle, source) = push(clock.clone());
        let pushes = is_pushing.then(|| ("health".to_owned(), handle)).into_iter().collect();
        let links = Links { pushes, ..Links::default() };
        let running = Gateway::start_with(&process, &config, Arc::clone(&bus), links).await.unwrap();
        if is_pushing {
            let config = RunnerConfig::new("", folder.path().join("health"));
            let runner =
                Runner::asking(Box::new(source), health::adapter(), config, Arc::clone(&bus), clock.clone()).unwrap();
            process.spawn_thread("health", move |stop| take_in(runner, &stop));
        }
        Self { folder, clock, process, bus, running }
    }

    pub(crate) async fn until_ready(&self) {
        while self.ops("/readyz").await.status != 200 {}
        // The topics of a department are made just after its catalogue entry is in force.
        while self.bus.end(&topics::rejects(DEPARTMENT)).is_err() {
            tokio::task::yield_now().await;
        }
        // The entries of a folder come into force one after the other.
        while !self.running.directory.now().catalogue.resources.contains_key("natural-person") {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn caller(&self, name: &str) -> Caller {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Caller::new(&self.folder.path().join("pki"), name, self.running.service, clock)
    }

    pub(crate) fn anonymous(&self) -> Caller {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Caller::anonymous(&self.folder.path().join("pki"), self.running.service, clock)
    }

    pub(crate) fn consumer(&self) -> Caller {
        self.caller("consumer-one-window")
    }

    pub(crate) fn operator(&self) -> Caller {
        self.caller("operator-anna")
    }

    pub(crate) async fn ops(&self, path: &str) -> Answer {
        crate::client::plain(self.running.ops, path, "localhost", "*/*").await
    }

    /// Publishes a message and waits until it is durable; its offset.
    pub(crate) fn publish(&self, topic: &str, key: &str, payload: &[u8]) -> u64 {
        let mut producer = self.bus.producer().unwrap();
        producer.send(topic, 1, &BusMessage { key: key.as_bytes(), headers: &[], payload: Some(payload) }).unwrap();
        let mut acks = Vec::new();
        while acks.is_empty() {
            producer.poll(Duration::from_millis(50), &mut acks).unwrap();
        }
        acks.remove(0).result.unwrap().offset
    }

    /// Takes in one person, and says that the file is finished.
    pub(crate) async fn take_in_a_person(&self) {
        let record = person();
        let topic = topics::records(DEPARTMENT);
        let offset = self.publish(&topic, &topics::record_key(&record.resource, &record.key), &record.encode_to_vec());
        let now = Timestamp { seconds: self.clock.now().timestamp(), nanos: 0 };
        let intake = DepartmentIntake {
            department: DEPARTMENT.into(),
            intake: 1,
            finished: true,
            full: true,
            as_of: Some(now),
            last_success: Some(now),
            rows: Some(IntakeRows { read: 3, published: 1, unchanged: 1, rejected: 1, ..IntakeRows::default() }),
            resources: vec!["natural-person".into()],
            positions: vec![TopicPosition { partition: 0, offset: i64::try_from(offset + 1).unwrap() }],
            finished_units: 1,
            finished_full_units: 1,
            files_refused: 2,
            ..DepartmentIntake::default()
        };
        self.publish(topics::STATUS, DEPARTMENT, &intake.encode_to_vec());
        while !self.running.directory.now().intakes.contains_key(DEPARTMENT) {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn take_in_a_reject(&self, id: &str) {
        self.take_in_a_reject_of(id, "张三|110105").await;
    }

    /// A reject of this row; of none, when the row was too large to be kept.
    pub(crate) async fn take_in_a_reject_of(&self, id: &str, row: &str) {
        let reject = Reject {
            reject_id: id.into(),
            department: DEPARTMENT.into(),
            resource: "natural-person".into(),
            rule: "citizen-id.checksum".into(),
            field: "SFZH".into(),
            encoding: "GB18030".into(),
            original: encoding_rs::GB18030.encode(row).0.into_owned(),
            rejected_at: Some(Timestamp { seconds: self.clock.now().timestamp(), nanos: 0 }),
            state: RejectState::Open.into(),
            ..Reject::default()
        };
        self.publish(&topics::rejects(DEPARTMENT), id, &reject.encode_to_vec());
        let path = format!("/v1/operations/rejects/{id}");
        while self.operator().rest("GET", &path, None).await.status != 200 {}
    }

    /// The consumer's question about the person, both ways.
    pub(crate) async fn resolve_both_ways(&self, question: &Value) -> (Answer, Outcome) {
        let text = question.to_string();
        let rest = self.consumer().rest("POST", "/v1/resolve", Some(&text)).await;
        let bytes = contract::json::from_str("ResolveRequest", &text).unwrap();
        let grpc = self.consumer().grpc("exchange.v1.ExchangeService/Resolve", &bytes).await;
        (rest, grpc)
    }
}

fn take_in(mut runner: Runner, stop: &runtime::Stop) -> Result<(), adapter_sdk::IntakeError> {
    runner.run(&|| stop.is_stopped())
}

pub(crate) fn question() -> Value {
    serde_json::json!({
        "resource": "natural-person",
        "by": { "kind": "citizen-number", "value": NUMBER },
        "purpose": { "matter": MATTER, "case_number": "2026-0001" },
    })
}

pub(crate) fn config(folder: &Path) -> Config {
    let text = format!(
        "[tls]\nca = \"pki/ca.pem\"\ncert = \"pki/node-city.pem\"\nkey = \"pki/node-city.key\"\ncrl = \"pki/ca.crl\"\n\
         [listen]\nservice = \"127.0.0.1:0\"\nops = \"127.0.0.1:0\"\n[catalogue]\ndir = {CATALOGUE:?}\n"
    );
    let path = folder.join("exchange.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path).unwrap()
}

fn person() -> Record {
    let body = NaturalPerson {
        source_person_id: "P1".into(),
        citizen_number: NUMBER.into(),
        name: "张三".into(),
        sex: "1".into(),
        division: "110105".into(),
        ..NaturalPerson::default()
    };
    Record {
        resource: "natural-person".into(),
        department: DEPARTMENT.into(),
        key: "P1".into(),
        version: "20261101000000.0000000001.0000000001".into(),
        operation: Operation::Upsert.into(),
        subjects: vec![Identifier { kind: "citizen-number".into(), value: NUMBER.into() }],
        source_time: Some(Timestamp { seconds: 1_780_000_000, nanos: 0 }),
        received_at: Some(Timestamp { seconds: 1_780_000_001, nanos: 0 }),
        body: Some(contract::pack(&NaturalPerson::full_name(), body.encode_to_vec())),
        ..Record::default()
    }
}
