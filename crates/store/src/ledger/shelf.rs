//! Where a ledger's entries lie: in a folder or in memory.

use crate::{
    StoreError,
    engine::{Engine, Mark, Room, Use, failure},
};
use fjall::{Keyspace, PersistMode};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

const VERSION: u32 = 1;
/// An adapter runs on the department's own front-end machine, beside much else.
const ROOM: Room = Room { cache: 32 << 20, memtable: 16 << 20 };
/// There while everything is being forgotten.
const CLEARING: &[u8] = b"x";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Seen,
    Memories,
    Blobs,
}

pub(super) struct Change {
    pub(super) table: Table,
    pub(super) key: Vec<u8>,
    /// `None` removes the entry.
    pub(super) value: Option<Vec<u8>>,
}

/// Called with the key and value of each entry.
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// By table and key.
type Entries = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

pub(super) enum Shelf {
    Folder(Folder),
    Memory(Mutex<Entries>),
}

pub(super) struct Folder {
    engine: Engine,
    seen: Keyspace,
    memories: Keyspace,
    blobs: Keyspace,
}

impl Shelf {
    pub(super) fn open(dir: &Path, department: &str) -> Result<Self, StoreError> {
        let mark = Mark { kind: "ledger", version: VERSION, owner: department };
        let engine = Engine::open(dir, mark, ROOM)?;
        let folder = Folder {
            seen: engine.keyspace("seen", Use::Points)?,
            memories: engine.keyspace("memories", Use::Points)?,
            blobs: engine.keyspace("blobs", Use::Few)?,
            engine,
        };
        if folder.engine.meta.contains_key(CLEARING).map_err(failure)? {
            folder.clear()?;
        }
        Ok(Self::Folder(folder))
    }

    pub(super) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Folder(folder) => Ok(folder.keyspace(table).get(key).map_err(failure)?.map(|value| value.to_vec())),
            Self::Memory(entries) => Ok(lock(entries).get(&(table, key.to_vec())).cloned()),
        }
    }

    /// Whether there is an entry whose key begins with `prefix`.
    pub(super) fn has(&self, table: Table, prefix: &[u8]) -> Result<bool, StoreError> {
        match self {
            Self::Folder(folder) => {
                let first = folder.keyspace(table).prefix(prefix).next();
                Ok(first.map(|entry| entry.key().map_err(failure)).transpose()?.is_some())
            }
            Self::Memory(entries) => {
                let entries = lock(entries);
                let first = entries.range((table, prefix.to_vec())..).next();
                Ok(first.is_some_and(|((found, key), _)| *found == table && key.starts_with(prefix)))
            }
        }
    }

    /// Visits the entries whose key begins with `prefix`, in order. The visit must not use the shelf.
    pub(super) fn scan(&self, table: Table, prefix: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.scan(table, prefix, visit),
            Self::Memory(entries) => lock(entries)
                .range((table, prefix.to_vec())..)
                .take_while(|((found, key), _)| *found == table && key.starts_with(prefix))
                .try_for_each(|((_, key), value)| visit(key, value)),
        }
    }

    pub(super) fn commit(&self, changes: Vec<Change>, durable: bool) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.commit(changes, durable),
            Self::Memory(entries) => {
                let mut entries = lock(entries);
                for Change { table, key, value } in changes {
                    match value {
                        Some(value) => entries.insert((table, key), value),
                        None => entries.remove(&(table, key)),
                    };
                }
                Ok(())
            }
        }
    }

    pub(super) fn is_empty(&self) -> Result<bool, StoreError> {
        match self {
            Self::Folder(folder) => folder.is_empty(),
            Self::Memory(entries) => Ok(lock(entries).is_empty()),
        }
    }

    pub(super) fn clear(&self) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.clear(),
            Self::Memory(entries) => {
                lock(entries).clear();
                Ok(())
            }
        }
    }
}

impl Folder {
    fn keyspace(&self, table: Table) -> &Keyspace {
        match table {
            Table::Seen => &self.seen,
            Table::Memories => &self.memories,
            Table::Blobs => &self.blobs,
        }
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for entry in self.keyspace(table).prefix(prefix) {
            let (key, value) = entry.into_inner().map_err(failure)?;
            visit(&key, &value)?;
        }
        Ok(())
    }

    fn commit(&self, changes: Vec<Change>, durable: bool) -> Result<(), StoreError> {
        let newest = newest(changes);
        let mode = if durable { PersistMode::SyncAll } else { PersistMode::Buffer };
        if newest.is_empty() {
            return self.engine.db.persist(mode).map_err(failure);
        }
        let mut batch = self.engine.db.batch().durability(Some(mode));
        for Change { table, key, value } in newest {
            match value {
                Some(value) => batch.insert(self.keyspace(table), key, value),
                None => batch.remove(self.keyspace(table), key),
            }
        }
        batch.commit().map_err(failure)
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        for keyspace in [&self.seen, &self.memories, &self.blobs] {
            if !keyspace.is_empty().map_err(failure)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn begin_clearing(&self) -> Result<(), StoreError> {
        self.engine.meta.insert(CLEARING, []).map_err(failure)?;
        self.engine.persist()
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.begin_clearing()?;
        for keyspace in [&self.seen, &self.memories, &self.blobs] {
            keyspace.clear().map_err(failure)?;
        }
        self.engine.meta.remove(CLEARING).map_err(failure)?;
        self.engine.persist()
    }
}

/// The last change of each key, in order: the engine wants each key once in a batch, and takes them in fastest so.
fn newest(mut changes: Vec<Change>) -> Vec<Change> {
    changes.reverse();
    changes.sort_by(|one, other| (one.table, &one.key).cmp(&(other.table, &other.key)));
    changes.dedup_by(|older, newest| (older.table, &older.key) == (newest.table, &newest.key));
    changes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
