//! The evidence log: opened, kept going, and read back for the quotas of the day.

use crate::{Config, GatewayError, elsewhere::Elsewhere};
use bus::{Bus, BusError, Topic};
use chrono::{FixedOffset, NaiveTime, TimeZone as _, Utc};
use contract::{convert::from_wire, v1};
use domain::{Timestamp, clock::local_day};
use evidence::{EvidenceError, Log, LogConfig, LogKeeper, LogWorker, MirrorWorker, Private, newest_on_bus};
use policy::{Counted, Gate};
use runtime::{Process, Stop};
use security::ServerTls;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use view::Directory;

/// How long a bus that is away is let be before the next try.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The evidence log of this node, and whether what was counted before this process is counted again.
#[derive(Clone)]
pub(crate) struct Record {
    /// The log.
    pub(crate) log: Log,
    is_counted: Arc<AtomicBool>,
}

impl Record {
    /// Not open yet.
    pub(crate) fn closed() -> Self {
        Self { log: Log::closed(), is_counted: Arc::default() }
    }

    /// Whether the log is open, and the questions of today are counted.
    pub(crate) fn is_counted(&self) -> bool {
        self.is_counted.load(Ordering::Relaxed)
    }

    /// Why nothing can be recorded now.
    pub(crate) fn problem(&self) -> Option<String> {
        let uncounted = || (!self.is_counted()).then(|| "counting the questions of today".to_owned());
        self.log.problem().or_else(uncounted)
    }
}

/// What opening the log needs.
pub(crate) struct Opening {
    /// The log.
    pub(crate) record: Record,
    /// Where it ended is known there, too.
    pub(crate) bus: Arc<dyn Bus>,
    /// Whose certificate vouches for the log's keys.
    pub(crate) tls: Arc<ServerTls>,
    /// Counts.
    pub(crate) gate: Arc<Gate>,
    /// Knows which grants have a limit per subject.
    pub(crate) directory: Arc<Directory>,
}

/// Everything that keeps an open log going.
struct Workers {
    committer: LogWorker,
    keeper: LogKeeper,
    mirror: MirrorWorker,
}

/// Opens the log of this node where it ended, on its disk and on the bus, as soon as the bus is there, and keeps it going.
///
/// What cannot pass ends the process: nothing is answered that cannot be recorded.
pub(crate) fn spawn(process: &Process, config: &Config, opening: Opening) {
    let settings = LogConfig {
        folder: config.node.data_dir.join("evidence"),
        key: config.evidence.key.clone(),
        node: config.node.id.clone(),
        offset: config.offset(),
        retention: Some(config.evidence.retention.get()),
        clock: process.clock(),
        signer: opening.tls.signer(),
        mirrored: None,
    };
    let (within, clock, offset) = (process.clone(), process.clock(), config.offset());
    process.spawn_thread("evidence", move |stop: Stop| {
        let Some(workers) = opening.open(&settings, &stop)? else { return Ok(()) };
        opening.recount(clock.now(), offset)?;
        let Workers { committer, keeper, mirror } = workers;
        let elsewhere = Elsewhere { bus: opening.bus, node: settings.node, gate: opening.gate, clock, offset };
        aside(&within, "quotas of other nodes", move |stop| elsewhere.run(stop));
        aside(&within, "evidence tiles", move |stop| keeper.run(&|limit| stop.wait(limit)));
        aside(&within, "evidence mirror", move |stop| mirror.run(&|limit| stop.wait(limit)));
        committer.run(&|limit| stop.wait(limit));
        Ok::<_, GatewayError>(())
    });
}

fn aside(process: &Process, name: &str, body: impl FnOnce(&Stop) + Send + 'static) {
    process.spawn_thread(name, move |stop: Stop| {
        body(&stop);
        Ok::<_, GatewayError>(())
    });
}

impl Opening {
    /// Waits for the bus; none when the process is to end before.
    fn open(&self, settings: &LogConfig, stop: &Stop) -> Result<Option<Workers>, GatewayError> {
        loop {
            match self.try_open(settings) {
                Err(error) if passes(&error) => {}
                opened => return opened.map(Some),
            }
            if stop.wait(BACK_OFF) {
                return Ok(None);
            }
        }
    }

    fn try_open(&self, settings: &LogConfig) -> Result<Workers, GatewayError> {
        let topic = Topic { name: contract::topics::EVIDENCE.to_owned(), partitions: 1, compacted: false };
        match self.bus.create_topics(&[topic]) {
            // Somebody who may has made it, or the mirror waits until somebody does.
            Ok(()) | Err(BusError::NotAllowed(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mirrored = newest_on_bus(&*self.bus, &settings.node)?;
        let log = &self.record.log;
        // The certificate may have been renewed while the bus was away.
        let signer = self.tls.signer();
        let (committer, keeper) = log.open_now(LogConfig { mirrored: mirrored.clone(), signer, ..settings.clone() })?;
        let mirror = MirrorWorker::new(log, Arc::clone(&self.bus), mirrored.as_ref())?;
        Ok(Workers { committer, keeper, mirror })
    }

    /// Counts the questions of today again that were counted before this process began.
    fn recount(&self, now: Timestamp, offset: FixedOffset) -> Result<(), GatewayError> {
        for entry in self.record.log.since(midnight(now, offset)) {
            let (statement, private) = entry?;
            self.count((&statement, &private), now);
        }
        self.record.is_counted.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn count(&self, (statement, private): (&v1::Statement, &Private), now: Timestamp) {
        if !private.counted {
            return;
        }
        let at = statement.time.as_ref().and_then(|time| from_wire(time).ok()).unwrap_or(now);
        let grants = &self.directory.now().catalogue.grants;
        for grant in statement.grant.split(',') {
            let limits_subject = grants.get(grant).is_none_or(|grant| grant.quota.per_subject_per_day.is_some());
            let subject = private.marks.first().map(evidence::Mark::short).filter(|_| limits_subject);
            self.gate.recount(&Counted { grant, subject, weight: private.weight, at }, now);
        }
    }
}

/// Whether the bus may be there at the next try.
fn passes(error: &GatewayError) -> bool {
    match error {
        GatewayError::Evidence(EvidenceError::Bus(error)) | GatewayError::Bus(error) => error.is_retryable(),
        _ => false,
    }
}

fn midnight(now: Timestamp, offset: FixedOffset) -> Timestamp {
    let midnight = local_day(now, offset).and_time(NaiveTime::MIN);
    offset.from_local_datetime(&midnight).single().map_or(now, |midnight| midnight.with_timezone(&Utc))
}
