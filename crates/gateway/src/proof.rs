//! The evidence log: opened, kept going, and read back for the quotas of the day.

use crate::{Config, GatewayError};
use bus::{Bus, Topic};
use chrono::{FixedOffset, NaiveTime, TimeZone as _, Utc};
use contract::{convert::from_wire, v1};
use domain::{Clock, Timestamp, catalogue::Catalogue, clock::local_day};
use evidence::{Log, LogConfig, LogKeeper, LogWorker, MirrorWorker, Private, newest_on_bus};
use policy::{Counted, Gate};
use runtime::{Process, Stop};
use security::ServerTls;
use std::sync::Arc;

/// A log, and the bodies of the threads that keep it going.
pub(crate) struct Opened {
    /// The log.
    pub(crate) log: Log,
    committer: LogWorker,
    keeper: LogKeeper,
    mirror: MirrorWorker,
}

impl Opened {
    /// Starts the threads.
    pub(crate) fn spawn(self, process: &Process) {
        let Self { committer, keeper, mirror, .. } = self;
        let endless = |run: Box<dyn FnOnce(Stop) + Send>| {
            move |stop: Stop| {
                run(stop);
                Ok::<_, GatewayError>(())
            }
        };
        process.spawn_thread("evidence", endless(Box::new(|stop| committer.run(&|limit| stop.wait(limit)))));
        process.spawn_thread("evidence tiles", endless(Box::new(|stop| keeper.run(&|limit| stop.wait(limit)))));
        process.spawn_thread("evidence mirror", endless(Box::new(|stop| mirror.run(&|limit| stop.wait(limit)))));
    }
}

/// Opens the log of this node where it ended, on its disk and on the bus, off the async threads.
pub(crate) async fn open(
    config: &Config,
    bus: Arc<dyn Bus>,
    tls: &Arc<ServerTls>,
    clock: Arc<dyn Clock>,
) -> Result<Opened, GatewayError> {
    let settings = LogConfig {
        folder: config.node.data_dir.join("evidence"),
        key: config.evidence.key.clone(),
        node: config.node.id.clone(),
        offset: config.offset(),
        retention: Some(config.evidence.retention.get()),
        clock,
        signer: tls.signer(),
        mirrored: None,
    };
    let opened = tokio::task::spawn_blocking(move || {
        let topic = Topic { name: contract::topics::EVIDENCE.to_owned(), partitions: 1, compacted: false };
        bus.create_topics(&[topic])?;
        let mirrored = newest_on_bus(&*bus, &settings.node)?;
        let (log, committer, keeper) = Log::open(LogConfig { mirrored: mirrored.clone(), ..settings })?;
        let mirror = MirrorWorker::new(&log, bus, mirrored.as_ref());
        Ok(Opened { log, committer, keeper, mirror })
    });
    opened.await.unwrap_or(Err(GatewayError::Stopped))
}

/// Counts the questions of today again that were counted before this process began.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn recount(
    log: &Log,
    gate: Arc<Gate>,
    catalogue: Arc<Catalogue>,
    (now, offset): (Timestamp, FixedOffset),
) -> Result<(), GatewayError> {
    let log = log.clone();
    let counted = tokio::task::spawn_blocking(move || {
        for entry in log.since(midnight(now, offset)) {
            let (statement, private) = entry?;
            count(&gate, &catalogue, (&statement, &private), now);
        }
        Ok(())
    });
    counted.await.unwrap_or(Err(GatewayError::Stopped))
}

fn midnight(now: Timestamp, offset: FixedOffset) -> Timestamp {
    let midnight = local_day(now, offset).and_time(NaiveTime::MIN);
    offset.from_local_datetime(&midnight).single().map_or(now, |midnight| midnight.with_timezone(&Utc))
}

fn count(gate: &Gate, catalogue: &Catalogue, (statement, private): (&v1::Statement, &Private), now: Timestamp) {
    if !private.counted {
        return;
    }
    let at = statement.time.as_ref().and_then(|time| from_wire(time).ok()).unwrap_or(now);
    for grant in statement.grant.split(',') {
        let limits_subject = catalogue.grants.get(grant).is_none_or(|grant| grant.quota.per_subject_per_day.is_some());
        let subject = private.marks.first().map(evidence::Mark::short).filter(|_| limits_subject);
        gate.recount(&Counted { grant, subject, weight: private.weight, at }, now);
    }
}
