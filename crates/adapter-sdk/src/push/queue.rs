//! Requests that wait for the runner.

use super::answers;
use crate::{runner::Stop, source::RowFate};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Requests that may wait.
const REQUESTS: usize = 256;
/// Bytes of records that may wait.
const BYTES: usize = 64 << 20;
/// How long to wait for a request before looking whether to stop.
const SLICE: Duration = Duration::from_millis(50);

/// What becomes of a request.
pub(super) type Answer = Result<Vec<RowFate>, PushFault>;

/// Records that a department hands in at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    key: Option<String>,
    first: u64,
    is_whole: bool,
    records: Vec<PushRecord>,
}

/// A record as the department states it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PushRecord {
    /// The catalogue resource that the caller names; empty when none.
    pub resource: String,
    /// The department's own fields, as received.
    pub bytes: Vec<u8>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushFault {
    /// As many requests as may are waiting; nothing of this one was looked at.
    #[error("too many requests wait")]
    Busy,
    /// The intake does not run now; what was handed in may have been published.
    #[error("intake does not run")]
    Away,
    /// The key was used for other records.
    #[error("key was used for other records")]
    KeyReused,
}

/// Hands requests in; its copies lead to the same intake.
#[derive(Debug, Clone)]
pub struct PushHandle {
    queue: Arc<Queue>,
}

/// A request on its way, and whom to answer.
#[derive(Debug)]
pub(super) struct Order {
    /// What its answers are kept under.
    pub(super) key: Option<String>,
    /// Digest of the request as a whole, where all of it is here.
    pub(super) whole: String,
    /// Line of its first record.
    pub(super) first: u64,
    pub(super) records: Vec<PushRecord>,
    pub(super) digests: Vec<String>,
    pub(super) replies: Vec<oneshot::Sender<Answer>>,
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Order>,
    bytes: usize,
    is_closed: bool,
}

impl fmt::Debug for PushRecord {
    /// Shows no content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushRecord").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl PushRequest {
    /// A request that is here as a whole. Under the same `key` it is answered as the first time; without one it is judged anew.
    #[must_use]
    pub fn whole(key: Option<String>, records: Vec<PushRecord>) -> Self {
        Self { key, first: 1, is_whole: true, records }
    }

    /// Records of a stream, the first of which is its `first`, from 1. Under the same `key` a line that was answered before is
    /// answered alike.
    #[must_use]
    pub fn part(key: Option<String>, first: u64, records: Vec<PushRecord>) -> Self {
        Self { key, first, is_whole: false, records }
    }
}

impl PushHandle {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Waits until every record is judged and what follows from it durable on the bus; what became of each, in order. Who no
    /// longer waits withdraws what was not begun; what was begun is ended, and answered under its key when it comes again.
    ///
    /// # Errors
    /// [`PushFault`].
    pub async fn publish(&self, request: PushRequest) -> Result<Vec<RowFate>, PushFault> {
        self.submit(request)?.await.unwrap_or(Err(PushFault::Away))
    }

    pub(crate) fn submit(&self, request: PushRequest) -> Result<oneshot::Receiver<Answer>, PushFault> {
        let (reply, answer) = oneshot::channel();
        let digests: Vec<String> = request.records.iter().map(answers::digest).collect();
        let order = Order {
            key: request.key.map(|key| answers::name(&key)),
            whole: if request.is_whole { answers::digest_of_all(&digests) } else { String::new() },
            first: request.first,
            records: request.records,
            digests,
            replies: vec![reply],
        };
        self.queue.put(order)?;
        Ok(answer)
    }
}

impl Order {
    /// Whether nobody waits for it any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.replies.iter().all(oneshot::Sender::is_closed)
    }

    /// Answers everybody who waits for it.
    pub(super) fn answer(self, answer: &Answer) {
        for reply in self.replies {
            // Who no longer waits is not told.
            drop(reply.send(answer.clone()));
        }
    }

    fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.bytes.len() + record.resource.len()).sum()
    }
}

impl Queue {
    fn put(&self, order: Order) -> Result<(), PushFault> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(PushFault::Away);
        }
        let bytes = state.bytes + order.bytes();
        if state.waiting.len() >= REQUESTS || (bytes > BYTES && !state.waiting.is_empty()) {
            return Err(PushFault::Busy);
        }
        state.bytes = bytes;
        state.waiting.push_back(order);
        self.filled.notify_all();
        Ok(())
    }

    /// The next request, if it has at most `room` records or `is_first`.
    pub(super) fn take(&self, room: usize, is_first: bool) -> Option<Order> {
        let mut state = self.lock();
        state.waiting.front().filter(|order| is_first || order.records.len() <= room)?;
        let order = state.waiting.pop_front()?;
        state.bytes -= order.bytes();
        Some(order)
    }

    /// Waits for a request, at most `limit`.
    pub(super) fn wait(&self, stop: &dyn Stop, limit: Duration) {
        let mut left = limit;
        let mut state = self.lock();
        while state.waiting.is_empty() && !left.is_zero() && !stop.is_stopped() {
            let slice = left.min(SLICE);
            let waited = self.filled.wait_timeout(state, slice);
            state = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
            left -= slice;
        }
    }

    /// Takes nothing any more, and lets go of what waits.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bytes: usize) -> PushRequest {
        PushRequest::whole(None, vec![PushRecord { resource: String::new(), bytes: vec![b'x'; bytes] }])
    }

    fn handle() -> PushHandle {
        PushHandle::new(Arc::default())
    }

    #[test]
    fn a_full_queue_says_so_at_once() {
        let handle = handle();
        let waiting: Vec<_> = (0..REQUESTS).map(|_| handle.submit(request(1)).unwrap()).collect();
        assert_eq!(handle.submit(request(1)).unwrap_err(), PushFault::Busy);
        drop(handle.queue.take(1, true));
        assert!(handle.submit(request(1)).is_ok());
        drop(waiting);
    }

    #[test]
    fn bytes_are_bounded_but_one_request_always_fits() {
        let handle = handle();
        let first = handle.submit(request(BYTES + 1)).unwrap();
        assert_eq!(handle.submit(request(1)).unwrap_err(), PushFault::Busy);
        assert!(handle.queue.take(0, false).is_none());
        assert!(handle.queue.take(0, true).is_some());
        assert!(handle.submit(request(1)).is_ok());
        drop(first);
    }

    #[test]
    fn a_closed_queue_lets_go_of_whoever_waits() {
        let handle = handle();
        let answer = handle.submit(request(1)).unwrap();
        handle.queue.close();
        assert!(answer.blocking_recv().is_err());
        assert_eq!(handle.submit(request(1)).unwrap_err(), PushFault::Away);
    }
}
