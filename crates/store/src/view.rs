//! The contract of the view; `conformance` says the same in code.

use crate::StoreError;
use bytes::Bytes;
use domain::{Identifier, Timestamp};
use std::{collections::BTreeMap, future::Future};

/// Next offset per topic and partition.
pub type Positions = BTreeMap<(String, u32), u64>;

/// Whether a record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordState {
    /// It is what the department says now.
    Current,
    /// It was taken back; found by its subjects as such.
    Withdrawn,
    /// Its key changed and it lives on under another; never shown, kept for the order of versions.
    Moved,
}

/// A version of a record, to be kept unless a newer one is there.
#[derive(Debug, Clone)]
pub struct RecordWrite {
    /// Catalogue resource id.
    pub resource: String,
    /// Key inside the resource.
    pub key: String,
    /// Version; byte order decides.
    pub version: String,
    /// What the version says of the record.
    pub state: RecordState,
    /// The source's own time of the version.
    pub source_time: Timestamp,
    /// Identifiers a question may find it by.
    pub subjects: Vec<Identifier>,
    /// Identifiers that other records find it by when they are joined at read (household number, source key).
    pub joins: Vec<Identifier>,
    /// The record's envelope as it came from the bus.
    pub envelope: Bytes,
}

/// A reject, newest state per id.
#[derive(Debug, Clone)]
pub struct RejectWrite {
    /// Its id.
    pub id: String,
    /// The department whose row it is.
    pub department: String,
    /// The rule that refused the row.
    pub rule: String,
    /// Where it stands.
    pub state: RejectState,
    /// When the row was refused.
    pub rejected_at: Timestamp,
    /// Topic position of the message, from where the original can be read again.
    pub partition: u32,
    /// Offset in that partition.
    pub offset: u64,
    /// The reject as it came from the bus.
    pub payload: Bytes,
}

/// Where a reject stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectState {
    /// Nobody has dealt with it.
    Open,
    /// It was translated again and accepted.
    Redriven,
    /// Somebody decided that it needs nothing.
    Dismissed,
}

/// A catalogue entry or other control state; the newest per key stands, `None` removes it.
#[derive(Debug, Clone)]
pub struct ControlWrite {
    /// `<kind>/<id>`.
    pub key: String,
    /// The entry as it came from the bus.
    pub payload: Option<Bytes>,
}

/// What an adapter announced about its intake; in force once the view holds all it speaks of.
#[derive(Debug, Clone)]
pub struct IntakeWrite {
    /// The department.
    pub department: String,
    /// Next offsets of its records topic that the view must have reached first.
    pub requires: Vec<(String, u32, u64)>,
    /// The announcement as it came from the bus.
    pub payload: Bytes,
}

/// Everything that one step of the materialiser changes; all of it happens or none.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Records, in bus order.
    pub records: Vec<RecordWrite>,
    /// Rejects, in bus order.
    pub rejects: Vec<RejectWrite>,
    /// Control state, in bus order.
    pub control: Vec<ControlWrite>,
    /// Announcements, in bus order.
    pub intakes: Vec<IntakeWrite>,
    /// The positions reached with this batch.
    pub positions: Positions,
}

/// What a batch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that became the newest version.
    pub changed: usize,
    /// Records that were older than, or the same as, what was there.
    pub ignored: usize,
}

/// The writing end; one per view.
pub trait ViewWriter: Send {
    /// The positions reached by the batches applied so far.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn positions(&self) -> Result<Positions, StoreError>;

    /// Applies a batch atomically. Older never replaces newer, whatever the order of arrival, inside a
    /// batch too; applying anything twice changes nothing. A subject that changed no longer finds.
    /// Announced intakes whose required positions are reached come into force in the same step.
    ///
    /// # Errors
    /// Nothing of the batch is in the view then.
    fn apply(&mut self, batch: Batch) -> Result<Applied, StoreError>;

    /// Makes everything applied so far survive a loss of power.
    ///
    /// # Errors
    /// When the disk refuses.
    fn persist(&mut self) -> Result<(), StoreError>;
}

/// By which of a record's identifiers to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// [`RecordWrite::subjects`].
    Subject,
    /// [`RecordWrite::joins`].
    Join,
}

/// Where a listing goes on: after this record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its source time.
    pub source_time: Timestamp,
    /// Its key.
    pub key: String,
}

/// A question to the index; answers come newest `source_time` first, then by key.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    /// Catalogue resource id.
    pub resource: &'a str,
    /// Which identifiers.
    pub index: Index,
    /// The identifier.
    pub by: &'a Identifier,
    /// Current or withdrawn records (moved ones are not indexed).
    pub state: RecordState,
    /// Go on after this one.
    pub after: Option<&'a Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// A record as it is kept.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// Its state.
    pub state: RecordState,
    /// The source's time of its version.
    pub source_time: Timestamp,
    /// Its key.
    pub key: String,
    /// Its envelope.
    pub envelope: Bytes,
}

impl StoredRecord {
    /// Where a listing that ended with this record goes on.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { source_time: self.source_time, key: self.key.clone() }
    }
}

/// Some records, and whether there are more.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In order.
    pub records: Vec<StoredRecord>,
    /// Whether the limit cut the answer short.
    pub more: bool,
}

/// Which rejects.
#[derive(Debug, Clone, Default)]
pub struct RejectFilter {
    /// Of this department.
    pub department: Option<String>,
    /// Refused by this rule.
    pub rule: Option<String>,
    /// In this state.
    pub state: Option<RejectState>,
    /// Refused at or after.
    pub from: Option<Timestamp>,
    /// Refused before.
    pub to: Option<Timestamp>,
    /// Go on after this id (newest first).
    pub after: Option<(Timestamp, String)>,
    /// At most so many.
    pub limit: usize,
}

/// A reject as it is kept.
#[derive(Debug, Clone)]
pub struct StoredReject {
    /// Its id.
    pub id: String,
    /// The department.
    pub department: String,
    /// The rule.
    pub rule: String,
    /// Where it stands.
    pub state: RejectState,
    /// When it was refused.
    pub rejected_at: Timestamp,
    /// Partition of its message on the rejects topic that holds the original.
    pub partition: u32,
    /// Offset of that message.
    pub offset: u64,
    /// The reject.
    pub payload: Bytes,
}

/// The reading end; cheap to share.
pub trait ViewReader: Send + Sync {
    /// The record of a key.
    fn record(
        &self,
        resource: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<StoredRecord>, StoreError>> + Send;

    /// Records found by an identifier.
    fn lookup(&self, lookup: Lookup<'_>) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Rejects, newest first.
    fn rejects(&self, filter: &RejectFilter) -> impl Future<Output = Result<Vec<StoredReject>, StoreError>> + Send;

    /// One reject.
    fn reject(&self, id: &str) -> impl Future<Output = Result<Option<StoredReject>, StoreError>> + Send;

    /// Open rejects counted by department and rule.
    fn open_rejects(&self) -> impl Future<Output = Result<BTreeMap<(String, String), u64>, StoreError>> + Send;

    /// All control entries, by key.
    fn control(&self) -> impl Future<Output = Result<BTreeMap<String, Bytes>, StoreError>> + Send;

    /// The announcement in force of each department.
    fn intakes(&self) -> impl Future<Output = Result<BTreeMap<String, Bytes>, StoreError>> + Send;

    /// The positions reached.
    fn positions(&self) -> impl Future<Output = Result<Positions, StoreError>> + Send;

    /// SHA-256-sized digest of everything but positions: equal views have equal digests.
    fn digest(&self) -> impl Future<Output = Result<[u8; 32], StoreError>> + Send;
}
