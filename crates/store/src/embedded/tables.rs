//! The keyspaces of a view.

use super::EmbeddedViewConfig;
use crate::{
    StoreError,
    engine::{Engine, Mark, Room, Use, failure},
};
use fjall::{Keyspace, OwnedWriteBatch, Snapshot};
use std::path::Path;

const MEMTABLE: u64 = 32 << 20;
const MARK: Mark<'static> = Mark { kind: "view", version: 1, owner: "" };

#[derive(Clone)]
pub(super) struct Tables {
    engine: Engine,
    /// Newest version of every key.
    pub(super) records: Keyspace,
    /// Identifiers to keys; entries without value.
    pub(super) lookup: Keyspace,
    /// Rejects by id and by time.
    pub(super) rejects: Keyspace,
    /// Positions, control state, announcements, counts.
    pub(super) meta: Keyspace,
}

impl Tables {
    pub(super) fn open(dir: &Path, config: EmbeddedViewConfig) -> Result<Self, StoreError> {
        let engine = Engine::open(dir, MARK, Room { cache: config.cache_bytes, memtable: MEMTABLE })?;
        Ok(Self {
            records: engine.keyspace("records", Use::Points)?,
            lookup: engine.keyspace("lookup", Use::Ranges)?,
            rejects: engine.keyspace("rejects", Use::Points)?,
            meta: engine.meta.clone(),
            engine,
        })
    }

    /// What the batches applied so far left behind; a batch under way is not seen.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.engine.db.snapshot()
    }

    /// Whether no record was ever written: none is ever removed. Reads where the first would lie.
    pub(super) fn has_no_records(&self) -> Result<bool, StoreError> {
        self.records.is_empty().map_err(failure)
    }

    pub(super) fn step(&self) -> Step<'_> {
        Step { tables: self, batch: self.engine.db.batch() }
    }

    pub(super) fn persist(&self) -> Result<(), StoreError> {
        self.engine.persist()
    }
}

/// Changes that happen together; a key may be changed once in a step.
pub(super) struct Step<'a> {
    pub(super) tables: &'a Tables,
    pub(super) batch: OwnedWriteBatch,
}

impl Step<'_> {
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.batch.commit().map_err(failure)
    }
}
