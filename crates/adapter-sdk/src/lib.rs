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
//!
//! # Two adapters for one department
//! One takes in; of two that run, the one that started last. On its start an adapter takes the department's lease on
//! `exchange.control` and publishes only once it has read it back as the newest. The other reads it before its next
//! checkpoint and ends with [`IntakeError::Fenced`], and with it the process that has no other adapter left. It does not
//! move its position any more, tells no source that rows are done, and takes the lease back only when it is started
//! again. What it had on its way arrives all the same and changes nothing: every version is made of an intake number, and
//! whoever takes over leaves out the one under which rows may still come. A restart takes over at once; nothing expires.
//!
//! To move an adapter to another machine, an operator
//! * starts it there, with a state folder of its own. A state folder is never copied to where it could run twice. An empty
//!   one is put together from the department's topic, and counts go on from those that were announced last: rows of an
//!   unfinished file that were done since are not in them, and the file counts once more from its beginning;
//! * sees to it that files come to the new inbox, and drops there again what still lies in the old one, in the order of
//!   the names. Rows that the old adapter published count as unchanged. What lies in `done/` is not dropped again: which
//!   files were taken in is known to the state folder alone, and of two contents under one stamp the one read last stands.
//!   A reader of an exchange table or of a provider begins where the source keeps its position, or anew, and publishes what
//!   is not yet on the topic;
//! * keeps the old one from starting by itself: a service that is restarted without end takes the lease back each time.
//!
//! Going back is the same: the old state folder catches up with what was published and counted meanwhile.
mod adapter;
mod belief;
mod check;
mod envelope;
mod error;
mod files;
mod frontier;
mod hash;
mod judge;
#[cfg(any(test, feature = "test-kit"))]
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
