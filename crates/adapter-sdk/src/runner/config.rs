//! What a runner is told, and what it tells.

use crate::{error::IntakeError, state::Counters};
use chrono::FixedOffset;
use domain::{Language, date};
use security::control::Identity;
use std::{path::PathBuf, sync::Arc, thread, time::Duration};

/// How a department's adapter is run.
#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// The folder that the department drops its files into.
    pub inbox: PathBuf,
    /// The folder of the adapter's own state; no other adapter's.
    pub state_dir: PathBuf,
    /// Id of the node that the adapter runs on, by which its lease names it.
    pub node: String,
    /// How often the folder is looked into.
    pub poll: Duration,
    /// Language of the sentences in rejects and `.why` files.
    pub language: Language,
    /// The node's time zone, for times that people read.
    pub offset: FixedOffset,
    /// Partitions of the department's topics, when they are made.
    pub partitions: u32,
    /// Rows that may be in flight.
    pub window_rows: usize,
    /// Bytes of messages that may be in flight.
    pub window_bytes: usize,
    /// The largest message that is sent, in bytes; a row that makes a larger one is rejected.
    pub max_message: usize,
    /// Whose entries on the control topic are believed, and how its own are signed; without it everybody's are, and its
    /// own are believed by no node that asks for signatures.
    pub identity: Option<Arc<dyn Identity>>,
}

impl RunnerConfig {
    /// Runs on a node called `node`, polls every 2 s, writes Chinese, is at UTC+08:00, keeps at most 8,192 rows or 8 MiB in
    /// flight and sends messages of at most 900 KiB, which an unconfigured Kafka takes.
    #[must_use]
    pub fn new(inbox: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            inbox: inbox.into(),
            state_dir: state_dir.into(),
            node: "node".to_owned(),
            poll: Duration::from_secs(2),
            language: Language::Chinese,
            offset: date::local_offset(),
            partitions: contract::topics::DEPARTMENT_PARTITIONS,
            window_rows: 8192,
            window_bytes: 8 << 20,
            max_message: 900 << 10,
            identity: None,
        }
    }
}

/// Says when to stop, and how to pass the time until then.
///
/// Any `Fn() -> bool` is one.
pub trait Stop: Sync {
    /// Whether to stop.
    fn is_stopped(&self) -> bool;

    /// Does nothing for as long as `time`, or until it is time to stop.
    fn pause(&self, time: Duration) {
        let slice = Duration::from_millis(50);
        let mut left = time;
        while !left.is_zero() && !self.is_stopped() {
            thread::sleep(left.min(slice));
            left = left.saturating_sub(slice);
        }
    }
}

impl<F: Fn() -> bool + Sync> Stop for F {
    fn is_stopped(&self) -> bool {
        self()
    }
}

/// Looked at before whatever cannot be interrupted.
pub(crate) fn unless_stopped(stop: &dyn Stop) -> Result<(), IntakeError> {
    if stop.is_stopped() { Err(IntakeError::Stopped) } else { Ok(()) }
}

/// How far a file is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Name of the file.
    pub file: String,
    /// Bytes taken in.
    pub bytes: u64,
    /// Bytes of the file.
    pub of: u64,
    /// Rows taken in.
    pub rows: u64,
}

/// Hears how the work goes on; called on the runner's thread, so it must not take long.
pub trait Observer: Send + Sync {
    /// A file was begun, went on, or (`bytes == of`) came to its end.
    fn progress(&self, _progress: &Progress) {}

    /// A checkpoint was written; rows so far, since the adapter's state began.
    fn counters(&self, _department: &str, _counters: &Counters) {}
}

impl Observer for () {}
