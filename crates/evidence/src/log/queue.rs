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
    /// How many the writer waits for.
    wanted: usize,
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
        let count = waiting.drafts.len();
        let is_enough = count == 1 || count == waiting.wanted;
        drop(waiting);
        if is_enough {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// The next group, empty when none arrived in `wait`.
    pub(crate) fn take(&self, wait: Duration) -> Vec<Pending> {
        self.take_many(wait, (1, Duration::ZERO))
    }

    /// The same; once the first has arrived, waits a little longer for so many.
    pub(crate) fn take_many(&self, wait: Duration, (wanted, longer): (usize, Duration)) -> Vec<Pending> {
        let waiting = self.until(1, self.lock(), wait);
        let is_some = !waiting.drafts.is_empty() && !longer.is_zero();
        let mut waiting = if is_some { self.until(wanted.min(GROUP), waiting, longer) } else { waiting };
        let mut bytes = 0;
        let fits = |pending: &&Pending| {
            bytes += pending.bytes;
            bytes <= GROUP_BYTES
        };
        let count = waiting.drafts.iter().take(GROUP).take_while(fits).count().max(1);
        let count = count.min(waiting.drafts.len());
        waiting.drafts.drain(..count).collect()
    }

    fn until<'a>(
        &'a self,
        wanted: usize,
        mut waiting: MutexGuard<'a, Waiting>,
        wait: Duration,
    ) -> MutexGuard<'a, Waiting> {
        waiting.wanted = wanted;
        let too_few = |waiting: &mut Waiting| waiting.drafts.len() < wanted && !waiting.closed;
        self.arrived.wait_timeout_while(waiting, wait, too_few).unwrap_or_else(PoisonError::into_inner).0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Private;
    use contract::v1::Statement;

    fn pending() -> Pending {
        let draft =
            Draft { statement: Statement::default(), salt: Salt::random().unwrap(), private: Private::default() };
        Pending::new(draft).0
    }

    #[test]
    fn group_is_taken_as_soon_as_it_is_as_large_as_wanted() {
        let queue = Queue::default();
        let endless = Duration::from_hours(1);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..4).for_each(|_| queue.push(pending()).unwrap()));
            assert_eq!(queue.take_many(endless, (4, endless)).len(), 4);
        });
        queue.push(pending()).unwrap();
        assert_eq!(queue.take_many(endless, (1, Duration::ZERO)).len(), 1);
        queue.push(pending()).unwrap();
        queue.close();
        assert_eq!(queue.take_many(endless, (4, endless)).len(), 1);
    }
}
