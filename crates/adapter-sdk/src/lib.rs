//! Everything a department adapter does *not* have to say.
//!
//! An adapter is a [`Mapping`] (what a row means) over a source (where rows come from). This crate
//! owns reading, framing, checkpoints, versions, counts, rejects and publishing:
//! * [`Runner`] takes in what a department drops into its folder;
//! * [`try_files`] shows what would be published, without publishing;
//! * [`check`] says whether an adapter can work where it is set up;
//! * `kit` (feature `test-kit`) holds every adapter to the same promises.
//!
//! A row's way: file → framing → mapping → judgement (against the newest *seen* of its key) → bus.
//! The position in a file moves only over rows whose every message is acknowledged, together with what
//! those rows made seen, in one atomic batch. A crash at any point repeats messages under the same
//! versions, which changes nothing.
mod adapter;
mod check;
mod envelope;
mod error;
mod files;
mod frontier;
mod hash;
mod judge;
#[cfg(feature = "test-kit")]
pub mod kit;
mod mapping;
mod publisher;
pub mod push;
pub mod reading;
mod runner;
pub mod source;
mod state;
#[cfg(test)]
mod testing;
mod translate;
pub mod transport;
mod try_files;
mod uncounted;

pub use ::formats;
pub use domain::rules;

pub use self::{
    adapter::{Adapter, FileKind, FileName, Way},
    check::{Finding, check, check_state},
    error::IntakeError,
    mapping::{Department, Draft, Effect, Mapping, Rejection, Resource, Row, Translated},
    runner::{Observer, Progress, Runner, RunnerConfig, Step, Stop},
    state::{Counters, Written},
    try_files::{TryConfig, TryLine, TrySource, TrySubject, TrySummary, try_files},
};
