//! The log alone, in this process: the same drafts in the same groups as those of the node.

use crate::{
    line::Line,
    measure::{Pass, Process, median, real},
    place::Place,
    serving::{Questions, answer_row},
};
use anyhow::Result;
use bus::{Bus, Topic};
use bytes::Bytes;
use chrono::FixedOffset;
use contract::{convert::to_wire, json, topics, v1, wire};
use domain::{Clock as _, Identifier, IdentifierKind};
use evidence::{Draft, Log, LogConfig, LogKeeper, LogWorker, MirrorWorker, Part, Private, Salt, subject_bytes};
use runtime::SystemClock;
use security::{digest::sha256, sign::Signer};
use std::{
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinSet};

const METHOD: &str = "/exchange.v1.ExchangeService/Resolve";
/// Field of the receipt in an answer.
const RECEIPT: u32 = 100;
/// A look at how large groups become, before anything is measured.
const TRIAL: Duration = Duration::from_millis(500);
/// Most appends open at once.
const MOST_OPEN: f64 = 1_024.0;
const SLICE: Duration = Duration::from_millis(20);

/// What a log is made of.
pub(super) struct Workshop<'a> {
    /// Certificates of a node.
    pub(super) pki: &'a Path,
    /// On the disk of the node.
    pub(super) folder: &'a Path,
    /// What is recorded.
    pub(super) questions: &'a Questions,
}

/// What the rounds gave.
#[derive(Default)]
pub(super) struct Appended {
    passes: Vec<Pass>,
    groups: Vec<f64>,
}

/// A log with everything that keeps it going.
struct Works {
    log: Log,
    writer: LogWorker,
    keeper: LogKeeper,
    mirror: MirrorWorker,
}

/// Everything that is recorded, again and again.
struct Sample {
    log: Log,
    request: Bytes,
    answer: Vec<u8>,
    subject: Identifier,
    fingerprint: [u8; 32],
}

impl Workshop<'_> {
    /// Appends in groups of about `group` for `time`, to a new log each round.
    pub(super) fn rounds(&self, rounds: usize, group: f64, time: Duration) -> Result<Appended> {
        let mut appended = Appended::default();
        for round in 1..=rounds {
            eprintln!("evidence: the log alone, round {round} of {rounds}");
            let folder = TempDir::new_in(self.folder)?;
            let (pass, group) = self.round(folder.path(), group, time)?;
            appended.passes.push(pass);
            appended.groups.push(group);
        }
        Ok(appended)
    }

    fn round(&self, folder: &Path, group: f64, time: Duration) -> Result<(Pass, f64)> {
        let Works { log, writer, keeper, mirror } = self.open(folder)?;
        let sample = Arc::new(self.sample(log)?);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let stop = &stop;
            scope.spawn(move || writer.run(&|limit| wait(stop, limit)));
            scope.spawn(move || keeper.run(&|limit| wait(stop, limit)));
            scope.spawn(move || mirror.run(&|limit| wait(stop, limit)));
            let measured = sample.measure(group, time);
            stop.store(true, Ordering::Relaxed);
            measured
        })
    }

    /// As the node opens its own.
    fn open(&self, folder: &Path) -> Result<Works> {
        let bus: Arc<dyn Bus> = Place::Embedded(folder.join("bus")).open()?;
        bus.create_topics(&[Topic { name: topics::EVIDENCE.to_owned(), partitions: 1, compacted: false }])?;
        let file = |end: &str| self.pki.join(format!("node-city.{end}"));
        let (log, writer, keeper) = Log::open(LogConfig {
            folder: folder.join("evidence"),
            key: folder.join("evidence.key"),
            node: "city".to_owned(),
            offset: FixedOffset::east_opt(8 * 3_600).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc)),
            retention: None,
            clock: Arc::new(SystemClock),
            signer: Arc::new(Signer::load(&file("pem"), &file("key"))?),
            mirrored: None,
        })?;
        let mirror = MirrorWorker::new(&log, bus, None)?;
        Ok(Works { log, writer, keeper, mirror })
    }

    fn sample(&self, log: Log) -> Result<Sample> {
        let (key, answer) = answer_row(0, &to_wire(SystemClock.now()));
        let certificate = std::fs::read(self.pki.join("consumer-one-window.pem"))?;
        let subject = Identifier::from_trusted(IdentifierKind::Uscc, key);
        Ok(Sample { log, request: self.questions.nth(0), answer, subject, fingerprint: sha256(&certificate) })
    }
}

impl Sample {
    fn measure(self: &Arc<Self>, group: f64, time: Duration) -> Result<(Pass, f64)> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let mut open = group.clamp(1.0, MOST_OPEN);
        for _ in 0..2 {
            let tried = self.groups(|| self.append(&runtime, open, TRIAL))?.1;
            open = (open * group / tried.max(1.0)).clamp(1.0, MOST_OPEN);
        }
        self.groups(|| self.append(&runtime, open, time))
    }

    /// What `work` took, and how many were made durable together on the average.
    fn groups(&self, work: impl FnOnce() -> Result<u64>) -> Result<(Pass, f64)> {
        let before = self.log.signed();
        let pass = Process::Own.pass(work)?;
        Ok((pass, real(pass.units) / real((self.log.signed() - before).max(1))))
    }

    /// Keeps about `open` appends open for `time`; how many were done.
    fn append(self: &Arc<Self>, runtime: &Runtime, open: f64, time: Duration) -> Result<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 1,024")]
        let open = open.round() as usize;
        let end = Instant::now() + time;
        let mut appending = JoinSet::new();
        for _ in 0..open {
            appending.spawn_on(Arc::clone(self).until(end), runtime.handle());
        }
        runtime.block_on(async {
            let mut done = 0;
            while let Some(one) = appending.join_next().await {
                done += one??;
            }
            Ok(done)
        })
    }

    async fn until(self: Arc<Self>, end: Instant) -> Result<u64> {
        let mut done = 0;
        while Instant::now() < end {
            let recorded = self.log.append(self.draft()?).await?;
            let mut answer = self.answer.clone();
            wire::append_message_field(&mut answer, RECEIPT, &recorded.receipt);
            black_box(answer);
            done += 1;
        }
        Ok(done)
    }

    /// What the exchange records of an answered question.
    fn draft(&self) -> Result<Draft> {
        let now = SystemClock.now();
        let canonical = json::canonical_of("exchange.v1.ResolveRequest", &self.request, "request_signature")?;
        let salt = Salt::random()?;
        let commitments = salt.commitments();
        let commit = |part: Part, bytes: &[u8]| commitments.to(part, bytes).to_vec();
        let statement = v1::Statement {
            time: Some(to_wire(now)),
            consumer: "one-window".to_owned(),
            method: METHOD.to_owned(),
            resource: "legal-person".to_owned(),
            matter: "000172149001".to_owned(),
            outcome: v1::Outcome::Found.into(),
            grant: "one-window".to_owned(),
            grant_version: "5f2b1c9d8e7a60413f2b1c9d8e7a6041".to_owned(),
            subject_commitment: commit(Part::Subject, &subject_bytes(&self.subject)),
            request_commitment: commit(Part::Request, &canonical),
            answer_commitment: commit(Part::Answer, &self.answer),
            case_commitment: commit(Part::Case, b"2026-0001"),
            caller_certificate: self.fingerprint.to_vec(),
            form: v1::AnswerForm::Protobuf.into(),
            ..v1::Statement::default()
        };
        let marks = vec![self.log.mark(&self.subject, now)?];
        Ok(Draft { statement, salt, private: Private { marks, weight: 1, counted: true, signature: Vec::new() } })
    }
}

impl Appended {
    /// Beside what the node took for its answers.
    pub(super) fn line(&self, node: &[Pass]) -> Line {
        let line = Line::new("evidence/append").ours(&self.passes).goal("evidence_cpu_share <= 0.15");
        let (own, whole) = (line.cpu_us_per_unit, median(node.iter().map(Pass::cpu_us_per_unit)));
        let share = own.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(own, whole)| own / whole);
        let line = Line {
            limit: Some("processor time of the node for a whole answer; it has no rate of its own".to_owned()),
            limit_cpu_us_per_unit: whole,
            ..line
        };
        line.with("evidence_cpu_share", share.map(|share| (share * 1000.0).round() / 1000.0))
            .with("answers_a_group", median(self.groups.iter().copied()).map(f64::round))
    }
}

/// Waits for at most `limit`; whether the log is to end.
fn wait(stop: &AtomicBool, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    while !stop.load(Ordering::Relaxed) && Instant::now() < end {
        thread::sleep(SLICE.min(end.saturating_duration_since(Instant::now())));
    }
    stop.load(Ordering::Relaxed)
}
