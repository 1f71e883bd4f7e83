//! What this node knows: follows the bus into the store, and keeps catalogue and coverage in force.
//!
//! [`Materialiser`] is the one writer of the view; [`Directory`] is what questions are judged by;
//! [`Outbox`] is how this node writes to the bus. Nothing here spawns: both loops are blocking bodies
//! for a thread of the caller's.
mod directory;
mod error;
mod materialise;
mod outbox;
mod plan;
mod progress;
mod shape;
mod topics;

pub use self::{
    directory::{Directory, Snapshot},
    error::ViewError,
    materialise::{Materialiser, Parts},
    outbox::{Outbox, OutboxWorker, outbox},
    plan::{Change, Difference, Plan, plan, publish_plan, revision},
    progress::{Lag, Progress},
};
