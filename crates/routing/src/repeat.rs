//! The same request again gives the same answer.

use crate::{Finished, Form, Method, Reply, answered::Answered};
use chrono::TimeDelta;
use domain::Timestamp;
use security::digest::Digest32;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};
use uuid::Uuid;

/// How long an answer is kept.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(10);
/// Most bytes kept for all callers together.
const MAX_BYTES: usize = 64 << 20;
/// Most bytes kept for one caller, so that one cannot drive out the others.
const MAX_BYTES_OF_CALLER: usize = 16 << 20;
/// What a kept answer takes beside its bytes, roughly.
const OVERHEAD: usize = 512;

/// Who asked what under which id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    /// The consumer.
    pub(crate) caller: String,
    /// The method.
    pub(crate) method: Method,
    /// The request's id.
    pub(crate) id: Uuid,
}

/// An answer that was given.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Digest of the question.
    pub(crate) question: Digest32,
    /// Digest of the grants that the caller had.
    pub(crate) standing: Digest32,
    /// The answer, without receipt.
    pub(crate) answered: Answered,
    /// The form in which it left.
    pub(crate) form: Form,
    /// The answer as it left.
    pub(crate) finished: Finished,
    /// When the question came.
    pub(crate) at: Timestamp,
}

impl Kept {
    fn length(&self) -> usize {
        let left = match &self.finished.reply {
            Reply::Answer(bytes) => bytes.len(),
            _ => 0,
        };
        self.answered.bytes.len() + left + OVERHEAD
    }
}

type Slot = Arc<Turnstile<Option<Kept>>>;

/// Answers of the last minutes by request.
#[derive(Debug, Default)]
pub(crate) struct Repeats(Mutex<Shelved>);

#[derive(Debug, Default)]
struct Shelved {
    slots: HashMap<Request, Slot>,
    /// What is kept, oldest first.
    order: VecDeque<(Timestamp, Request, usize)>,
    bytes: usize,
    bytes_by_caller: HashMap<String, usize>,
}

/// The right to answer a request; others with the same id wait until it is dropped.
pub(crate) struct Turn<'a> {
    // Dropped before the place, which then sees whether anybody else waits.
    guard: OwnedMutexGuard<Option<Kept>>,
    place: Place<'a>,
}

/// A place in the queue for one request.
struct Place<'a> {
    repeats: &'a Repeats,
    request: Request,
    slot: Slot,
}

impl Repeats {
    /// Waits until nobody else answers the same request.
    pub(crate) async fn enter(&self, request: Request) -> Turn<'_> {
        let slot = Arc::clone(self.shelved().slots.entry(request.clone()).or_default());
        let place = Place { repeats: self, request, slot };
        Turn { guard: Arc::clone(&place.slot).lock_owned().await, place }
    }

    fn shelved(&self) -> MutexGuard<'_, Shelved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The answer given before, unless it is too old.
    pub(crate) fn earlier(&self, now: Timestamp) -> Option<&Kept> {
        self.guard.as_ref().filter(|kept| now - kept.at < KEPT_FOR)
    }

    /// Keeps an answer.
    pub(crate) fn keep(mut self, kept: Kept) {
        let length = kept.length();
        let at = kept.at;
        *self.guard = Some(kept);
        let (request, slot) = (self.place.request.clone(), Arc::clone(&self.place.slot));
        self.place.repeats.shelved().shelve(at, request, slot, length);
    }
}

impl Drop for Place<'_> {
    /// Takes away a slot without answer that nobody else waits for.
    fn drop(&mut self) {
        let mut shelved = self.repeats.shelved();
        let is_last = Arc::strong_count(&self.slot) == 2;
        let is_empty = self.slot.try_lock().is_ok_and(|kept| kept.is_none());
        let is_ours = shelved.slots.get(&self.request).is_some_and(|slot| Arc::ptr_eq(slot, &self.slot));
        if is_ours && is_last && is_empty {
            shelved.slots.remove(&self.request);
        }
    }
}

impl Shelved {
    fn shelve(&mut self, at: Timestamp, request: Request, slot: Slot, length: usize) {
        while self.order.front().is_some_and(|(kept, ..)| at - *kept >= KEPT_FOR) {
            self.forget(0);
        }
        if let Some(again) = self.order.iter().position(|(_, kept, _)| *kept == request) {
            self.forget(again);
        }
        // It may have been forgotten while it was answered again.
        self.slots.insert(request.clone(), slot);
        self.bytes += length;
        *self.bytes_by_caller.entry(request.caller.clone()).or_default() += length;
        let caller = request.caller.clone();
        self.order.push_back((at, request, length));
        while self.bytes_by_caller.get(&caller).is_some_and(|bytes| *bytes > MAX_BYTES_OF_CALLER) {
            let oldest = self.order.iter().position(|(_, kept, _)| kept.caller == caller);
            self.forget(oldest.unwrap_or_default());
        }
        while self.bytes > MAX_BYTES {
            self.forget(0);
        }
    }

    fn forget(&mut self, place: usize) {
        let Some((_, request, length)) = self.order.remove(place) else { return };
        self.slots.remove(&request);
        self.bytes -= length;
        if let Some(bytes) = self.bytes_by_caller.get_mut(&request.caller) {
            *bytes -= length;
            if *bytes == 0 {
                self.bytes_by_caller.remove(&request.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests;
