//! The department pushes: requests that the gateway was sent, as a source that is asked.
//!
//! [`push`] makes two ends. The gateway's end, a [`PushHandle`], hands requests in and waits for what became of each record;
//! the runner's end, a [`PushSource`], gives out all requests that wait as one batch (group commit) and answers them once their
//! effects are durable. What was answered under a key is kept with the checkpoint, so that the same request gets the same
//! answers, even from the next process.

mod answers;
mod queue;
mod source;

pub use self::{
    queue::{PushFault, PushHandle, PushRecord, PushRequest},
    source::PushSource,
};

use domain::Clock;
use std::sync::Arc;

/// The two ends of a department's push.
#[must_use]
pub fn push(clock: Arc<dyn Clock>) -> (PushHandle, PushSource) {
    let queue = Arc::default();
    (PushHandle::new(Arc::clone(&queue)), PushSource::new(queue, clock))
}
