//! The view that a node answers from, and the memory that an adapter judges by.
//!
//! Hides fjall. Two contracts, each of whole domain operations without engine types:
//! * the *view* ([`ViewWriter`], [`ViewReader`]): newest version of every record with its lookups,
//!   rejects, catalogue entries and intake announcements, and the bus positions they came from, all
//!   in one atomic batch; [`EmbeddedView`] keeps it in a folder;
//! * the [`Ledger`]: what an adapter has seen, newest stamp and content digest per key, with its
//!   checkpoint in the same batch.
//!
//! Who fills an empty one asks [`Fresh`] first, which knows what cannot be there yet.
//!
//! Both refuse a folder of another schema version, of another owner, or in use by another process.
#[cfg(any(test, feature = "test-kit"))]
pub mod conformance;
mod embedded;
mod encoding;
mod engine;
mod error;
mod fresh;
mod ledger;
mod view;

pub use self::{
    embedded::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter},
    error::StoreError,
    fresh::Fresh,
    ledger::{Commit, Ledger, Seen},
    view::{
        Applied, Batch, ControlWrite, Cursor, Index, IntakeWrite, Lookup, Page, Positions, RecordState, RecordWrite,
        RejectFilter, RejectState, RejectWrite, StoredRecord, StoredReject, ViewReader, ViewWriter,
    },
};
