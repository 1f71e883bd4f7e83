//! Drafts that wait for the disk.

use super::{Draft, keys::Signed};
use crate::{EvidenceError, Growth, Salt, tree::Hash};
use bytes::Bytes;
use prost::Message as _;
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Drafts that may wait.
const LONGEST: usize = 8_192;
/// Most drafts, and most bytes, that share a sync.
const GROUP: usize = 1_024;
const GROUP_BYTES: usize = 4 << 20;

/// A draft and who waits for it.
pub(crate) struct Pending {
    pub(crate) draft: Draft,
    bytes: usize,
    pub(crate) reply: Reply,
}

pub(crate) type Reply = oneshot::Sender<Result<Committed, EvidenceError>>;
pub(crate) type Answer = oneshot::Receiver<Result<Committed, EvidenceError>>;

/// A draft that is durable and signed; its receipt is made by who waited for it.
pub(crate) struct Committed {
    /// The encoded statement.
    pub(crate) leaf: Bytes,
    pub(crate) salt: Salt,
    pub(crate) index: u64,
    pub(crate) leaf_hash: Hash,
    pub(crate) growth: Arc<Growth>,
    pub(crate) signed: Arc<Signed>,
}

#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    drafts: VecDeque<Pending>,
    closed: bool,
}

impl Pending {
    pub(crate) fn new(draft: Draft) -> (Self, Answer) {
        let (reply, answer) = oneshot::channel();
        let marks = draft.private.marks.len() * 32;
        let bytes = draft.statement.encoded_len() + marks + draft.private.signature.len();
        (Self { draft, bytes, reply }, answer)
    }
}

impl Queue {
    pub(crate) fn push(&self, pending: Pending) -> Result<(), EvidenceError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(EvidenceError::Closed);
        }
        if waiting.drafts.len() >= LONGEST {
            return Err(EvidenceError::Busy);
        }
        waiting.drafts.push_back(pending);
        let first = waiting.drafts.len() == 1;
        drop(waiting);
        if first {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// The next group, empty when none arrived in `wait`.
    pub(crate) fn take(&self, wait: Duration) -> Vec<Pending> {
        let empty = |waiting: &mut Waiting| waiting.drafts.is_empty() && !waiting.closed;
        let waited = self.arrived.wait_timeout_while(self.lock(), wait, empty);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut bytes = 0;
        let fits = |pending: &&Pending| {
            bytes += pending.bytes;
            bytes <= GROUP_BYTES
        };
        let count = waiting.drafts.iter().take(GROUP).take_while(fits).count().max(1);
        let count = count.min(waiting.drafts.len());
        waiting.drafts.drain(..count).collect()
    }

    /// Takes nothing more; what waits can still be taken out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
