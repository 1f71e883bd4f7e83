//! A log of a test's own: on a disk in memory, with a certificate that is good for it alone.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use crate::{Log, LogConfig, disk::LossyDisk};
use chrono::FixedOffset;
use domain::{CallerKind, Clock, ManualClock};
use security::{
    pki::{self, IssueRequest},
    sign::{ChainTrust, Signer},
};
use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tempfile::TempDir;

/// Node of the log.
pub const NODE: &str = "city";

/// A log at work; it ends when this is dropped.
pub struct TestLog {
    /// The log.
    pub log: Log,
    /// The disk that it stands on.
    pub disk: LossyDisk,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    _keys: TempDir,
}

impl TestLog {
    /// A new log.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let disk = LossyDisk::new(1);
        let config = LogConfig {
            folder: keys.path().join("evidence"),
            key: keys.path().join("evidence.key"),
            node: NODE.to_owned(),
            offset: FixedOffset::east_opt(8 * 3_600).unwrap(),
            retention: None,
            clock,
            signer: signer(),
            mirrored: None,
        };
        let (log, committer, keeper) = Log::open_on(config, Arc::new(disk.clone())).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (one, other) = (Arc::clone(&stop), Arc::clone(&stop));
        let threads = vec![
            spawn(move || committer.run(&|limit| wait(&one, limit))),
            spawn(move || keeper.run(&|limit| wait(&other, limit))),
        ];
        Self { log, disk, stop, threads, _keys: keys }
    }
}

impl Drop for TestLog {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// The authority of the certificates of all test logs of this process.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn trust() -> ChainTrust {
    ChainTrust::load(&AUTHORITY.path().join("ca.pem")).unwrap()
}

/// The certificate of the node [`NODE`].
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn signer() -> Arc<Signer> {
    let file = |end: &str| AUTHORITY.path().join(format!("node-{NODE}.{end}"));
    Arc::new(Signer::load(&file("pem"), &file("key")).unwrap())
}

static AUTHORITY: LazyLock<TempDir> = LazyLock::new(|| authority().unwrap());

fn authority() -> Option<TempDir> {
    let folder = tempfile::tempdir().ok()?;
    let clock = ManualClock::at(domain::Timestamp::from_timestamp(1_767_225_600, 0)?);
    issue(folder.path(), &clock)?;
    Some(folder)
}

fn issue(folder: &Path, clock: &dyn Clock) -> Option<()> {
    pki::init(folder, clock).ok()?;
    let caller = domain::Caller::new(CallerKind::Node, NODE)?;
    let request = IssueRequest { caller, dns: Vec::new(), ips: Vec::new(), days: 3_650 };
    pki::issue(folder, &request, clock).ok()?;
    Some(())
}

#[expect(clippy::disallowed_methods, reason = "a test has no process skeleton")]
fn spawn(body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::spawn(body)
}

fn wait(stop: &AtomicBool, limit: Duration) -> bool {
    thread::park_timeout(limit.min(Duration::from_millis(20)));
    stop.load(Ordering::Relaxed)
}
