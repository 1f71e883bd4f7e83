//! What a caller has going on over all its connections.

use super::limits;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls and bytes in memory.
#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

/// What one caller has, and all together.
#[derive(Debug)]
pub(super) struct Load {
    own: Tally,
    port: Arc<Tally>,
    room: Room,
}

/// Room for what a caller asks at once on streams, over all its connections.
#[derive(Debug, Clone)]
pub(in crate::service) struct Room(Arc<Semaphore>);

impl Room {
    /// Room for so many questions.
    pub(super) fn of(questions: usize) -> Self {
        Self(Arc::new(Semaphore::new(questions)))
    }

    /// Waits for room for a question, which is given back when this is dropped.
    pub(in crate::service) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// There is no room for more at the moment.
#[derive(Debug, thiserror::Error)]
#[error("too much is in memory at once")]
pub(in crate::service) struct Crowded;

/// Bytes of a request or an answer; given back when dropped, or when nobody needs them any longer.
#[derive(Debug)]
pub(super) struct Held {
    load: Arc<Load>,
    bytes: AtomicUsize,
}

impl Load {
    /// A caller's, beside those of the others.
    pub(super) fn beside(port: &Arc<Tally>) -> Self {
        Self { own: Tally::default(), port: Arc::clone(port), room: Room::of(limits::CALLER_CALLS) }
    }

    /// Room for what it asks on streams.
    pub(super) fn room(&self) -> Room {
        self.room.clone()
    }

    /// Whether another call may begin.
    pub(super) fn has_room(&self) -> bool {
        self.own.calls.load(Ordering::Relaxed) < limits::CALLER_CALLS && self.has_room_for_bytes()
    }

    /// A call begins; `end` must follow.
    pub(super) fn begin(&self) {
        self.own.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// A call has ended.
    pub(super) fn end(&self) {
        self.own.calls.fetch_sub(1, Ordering::Relaxed);
    }

    fn has_room_for_bytes(&self) -> bool {
        self.own.bytes.load(Ordering::Relaxed) < limits::CALLER_BYTES
            && self.port.bytes.load(Ordering::Relaxed) < limits::PORT_BYTES
    }
}

impl Held {
    /// Nothing yet.
    pub(super) fn none(load: Arc<Load>) -> Self {
        Self { load, bytes: AtomicUsize::new(0) }
    }

    /// More, while there is room.
    pub(super) fn take(&self, bytes: usize) -> Result<(), Crowded> {
        if !self.load.has_room_for_bytes() {
            return Err(Crowded);
        }
        self.add(bytes);
        Ok(())
    }

    /// More, which is there already.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        for tally in [&self.load.own, &self.load.port] {
            tally.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Gives them back.
    pub(super) fn release(&self) {
        let bytes = self.bytes.swap(0, Ordering::Relaxed);
        for tally in [&self.load.own, &self.load.port] {
            tally.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_while_there_is_room_and_given_back() {
        let port = Arc::new(Tally::default());
        let load = Arc::new(Load::beside(&port));
        let large = Held::none(Arc::clone(&load));
        large.take(limits::CALLER_BYTES).unwrap();
        assert!(!load.has_room() && Held::none(Arc::clone(&load)).take(1).is_err());
        let other = Arc::new(Load::beside(&port));
        assert!(other.has_room(), "one caller leaves room for the others");
        drop(large);
        assert!(load.has_room());
    }

    #[test]
    fn all_callers_together_are_bounded() {
        let port = Arc::new(Tally::default());
        let callers = [(); limits::PORT_BYTES / limits::CALLER_BYTES].map(|()| Arc::new(Load::beside(&port)));
        let held = callers.map(|load| {
            let held = Held::none(load);
            held.take(limits::CALLER_BYTES).unwrap();
            held
        });
        assert!(!Load::beside(&port).has_room());
        drop(held);
        assert!(Load::beside(&port).has_room());
    }

    #[tokio::test]
    async fn a_caller_whose_room_is_full_waits_and_leaves_the_others_theirs() {
        let port = Arc::default();
        let (crowded, other) = (Load::beside(&port), Load::beside(&port));
        let room = crowded.room();
        let mut inside = Vec::new();
        for _ in 0..limits::CALLER_CALLS {
            inside.push(room.enter().await.unwrap());
        }
        let mut late = Box::pin(room.enter());
        assert!(futures_util::poll!(&mut late).is_pending());
        assert!(other.room().enter().await.is_some());
        inside.pop();
        assert!(late.await.is_some());
    }

    #[test]
    fn calls_of_a_caller_are_bounded() {
        let load = Load::beside(&Arc::default());
        (0..limits::CALLER_CALLS).for_each(|_| load.begin());
        assert!(!load.has_room());
        load.end();
        assert!(load.has_room());
    }
}
