//! The two threads of the log.

use super::{Shared, commit::Committer, cutting::Cutter};
use crate::EvidenceError;
use std::{sync::Arc, time::Duration};

/// How long the writer waits for drafts before it looks whether it is to end.
const IDLE: Duration = Duration::from_millis(50);
/// Idle rounds after which a disk that refused is tried again.
const ROUNDS_TO_PROBE: u32 = 20;
/// A group of at least so many shows that more are coming: the next one waits for them, as a group costs the disk and the
/// signature the same whether few or many are in it.
const BUSY: usize = 4;
/// How long it waits at most.
const GATHER: Duration = Duration::from_micros(300);
/// How often the keeper looks round: what it writes is in the way of the groups, so it is never much at once.
const ROUND: Duration = Duration::from_millis(250);

/// Writes what is appended. Without it running nothing is, and when it is dropped the log is closed.
pub struct LogWorker {
    committer: Committer,
    idle: u32,
    /// How many the last group was of.
    last: usize,
}

/// Moves what was appended from the journal to tiles, and keeps the index of accesses, the checkpoint on disk, and
/// the end of retention.
pub struct LogKeeper {
    cutter: Cutter,
}

impl LogWorker {
    pub(crate) fn new(committer: Committer) -> Self {
        Self { committer, idle: 0, last: 0 }
    }

    /// Writes in groups until `stop`, which waits for at most the time it is given, says that it is to end. What waits
    /// then is still written; what comes later is refused. Blocks a thread of its own.
    pub fn run(mut self, stop: &dyn Fn(Duration) -> bool) {
        while !stop(Duration::ZERO) {
            self.turn(IDLE);
        }
        self.committer.shared.queue.close();
        while self.turn(Duration::ZERO) {}
    }

    /// Writes one group, when one comes within `wait`; whether one did.
    pub(crate) fn turn(&mut self, wait: Duration) -> bool {
        let more = if self.last >= BUSY { (2 * self.last, GATHER) } else { (1, Duration::ZERO) };
        let pending = self.committer.shared.queue.take_many(wait, more);
        self.last = pending.len();
        if pending.is_empty() {
            self.idle += 1;
            if self.idle.is_multiple_of(ROUNDS_TO_PROBE) {
                self.committer.probe();
            }
            return false;
        }
        self.idle = 0;
        self.committer.commit(pending);
        true
    }
}

impl Drop for LogWorker {
    fn drop(&mut self) {
        let queue = &self.committer.shared.queue;
        queue.close();
        loop {
            let left = queue.take(Duration::ZERO);
            if left.is_empty() {
                break;
            }
            for one in left {
                drop(one.reply.send(Err(EvidenceError::Closed)));
            }
        }
    }
}

impl LogKeeper {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { cutter: Cutter::new(shared) }
    }

    /// Keeps the log until `stop`, which waits for at most the time it is given, says that it is to end. Blocks a
    /// thread of its own, never an append.
    pub fn run(mut self, stop: &dyn Fn(Duration) -> bool) {
        while !stop(ROUND) {
            self.cutter.round();
        }
        self.cutter.round();
    }

    #[cfg(test)]
    pub(crate) fn turn(&mut self) {
        self.cutter.round();
    }
}
