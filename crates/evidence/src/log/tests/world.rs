//! A log on a lossy disk, driven step by step.

use crate::{
    Checkpoint, Draft, EvidenceError, Hash, Log, LogConfig, LogKeeper, LogWorker, Mirrored, Note, Private, Recorded,
    Salt,
    disk::LossyDisk,
    log::queue::{Answer, Pending},
    test_kit::{NODE, signer},
};
use chrono::{Duration, FixedOffset};
use contract::{convert::to_wire, v1};
use domain::{Clock as _, Identifier, IdentifierKind, ManualClock, Timestamp};
use std::{path::PathBuf, sync::Arc, time};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) disk: LossyDisk,
    _place: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: LogConfig,
    pub(crate) log: Log,
    pub(crate) worker: LogWorker,
    pub(crate) keeper: LogKeeper,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let place = tempfile::tempdir().unwrap();
        let start = Timestamp::from_timestamp(1_780_000_000, 0).unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let config = LogConfig {
            folder: place.path().join("evidence"),
            key: place.path().join("evidence.key"),
            node: NODE.to_owned(),
            offset: FixedOffset::east_opt(8 * 3_600).unwrap(),
            retention: None,
            clock: Arc::clone(&clock) as _,
            signer: signer(),
            mirrored: None,
        };
        let disk = LossyDisk::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (log, worker, keeper) = Log::open_on(config.clone(), Arc::new(disk.clone())).unwrap();
        Self { disk, _place: place, clock, config, log, worker, keeper }
    }

    /// Loses power and opens again.
    pub(crate) fn crash(&mut self) {
        self.disk.crash();
        self.reopen().unwrap();
    }

    pub(crate) fn reopen(&mut self) -> Result<(), EvidenceError> {
        let opened = Log::open_on(self.config.clone(), Arc::new(self.disk.clone()))?;
        (self.log, self.worker, self.keeper) = opened;
        Ok(())
    }

    pub(crate) fn keep(&mut self) {
        self.keeper.turn();
    }

    pub(crate) fn draft(&self, number: u64) -> Draft {
        let now = self.clock.now();
        let statement = v1::Statement {
            time: Some(to_wire(now)),
            consumer: "one-window".to_owned(),
            method: "/exchange.v1.ExchangeService/Resolve".to_owned(),
            resource: format!("resource-{number}"),
            ..v1::Statement::default()
        };
        let private = Private {
            marks: vec![self.log.mark(&subject(number % 7), now).unwrap()],
            weight: 1,
            counted: true,
            signature: b"signed by the caller".to_vec(),
        };
        Draft { statement, salt: Salt::random().unwrap(), private }
    }

    pub(crate) fn enqueue(&self, count: u64) -> Vec<Answer> {
        let queue = |number| {
            let (pending, answer) = Pending::new(self.draft(number));
            self.log.shared().unwrap().queue.push(pending).unwrap();
            answer
        };
        (0..count).map(queue).collect()
    }

    /// Appends in one turn of the writer or more, and gives what was recorded.
    pub(crate) fn append(&mut self, count: u64) -> Vec<Recorded> {
        self.clock.advance(Duration::seconds(1));
        let answers = self.enqueue(count);
        while self.worker.turn(time::Duration::ZERO) {}
        let recorded = |mut answer: Answer| self.log.recorded(answer.try_recv().unwrap().ok()?).ok();
        answers.into_iter().filter_map(recorded).collect()
    }

    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.config.folder.join(path)
    }

    /// What the bus would know now.
    pub(crate) fn mirrored(&self) -> Mirrored {
        Mirrored { origin: self.log.origin(), checkpoint: self.log.checkpoint(), entries: self.log.size() }
    }
}

pub(crate) fn subject(number: u64) -> Identifier {
    Identifier::parse(IdentifierKind::SourceKey, &format!("S{number}")).unwrap()
}

pub(crate) fn checkpoint(receipt: &v1::Receipt) -> Checkpoint {
    Checkpoint::parse(Note::parse(&receipt.checkpoint).unwrap().text()).unwrap()
}

pub(crate) fn path(receipt: &v1::Receipt) -> Vec<Hash> {
    receipt.inclusion_path.iter().map(|hash| hash.as_slice().try_into().unwrap()).collect()
}
