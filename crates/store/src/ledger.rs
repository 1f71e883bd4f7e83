//! What an adapter has seen of its source, and how far it has come: one ledger per department.

mod entry;
mod shelf;
#[cfg(test)]
mod tests;

pub use self::entry::Seen;

use self::shelf::{Change, Shelf, Table};
use crate::{
    StoreError,
    encoding::{Pack, Unpack},
};
use std::path::Path;

/// Everything that one step of an adapter's runner changes; all of it happens or none.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// What is now the newest seen: resource, key, entry.
    pub seen: Vec<(String, String, Seen)>,
    /// What a mapping remembers: identity of the source entity, memory.
    pub memories: Vec<(String, Vec<u8>)>,
    /// Named state of the runner; `None` removes it.
    pub blobs: Vec<(String, Option<Vec<u8>>)>,
    /// Whether it must survive a loss of power when the call returns. Without it the end of the process is survived.
    pub durable: bool,
}

/// What an adapter has seen, with its checkpoint in the same atomic step.
///
/// Of several changes of one key in a commit the last stands. Reads see whole commits only through the caller's
/// own order: a ledger has one runner, which commits and reads.
pub struct Ledger {
    shelf: Shelf,
}

impl Ledger {
    /// Opens the ledger of `department` in `dir`, or makes one there.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the folder is another department's or no ledger, [`StoreError::UnknownSchema`]
    /// when another version wrote it, [`StoreError::InUse`] when it is open elsewhere, [`StoreError::Corrupt`] when
    /// it cannot be read, [`StoreError::Unavailable`] when the disk fails.
    pub fn open(dir: &Path, department: &str) -> Result<Self, StoreError> {
        Ok(Self { shelf: Shelf::open(dir, department)? })
    }

    /// A ledger that leaves nothing behind, for translating a sample.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { shelf: Shelf::in_memory() }
    }

    /// The newest seen of a record's key.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn seen(&self, resource: &str, key: &str) -> Result<Option<Seen>, StoreError> {
        let value = self.shelf.get(Table::Seen, &seen_key(resource, key)?)?;
        value.map(|value| Seen::unpack(&value)).transpose()
    }

    /// What a mapping remembers of a source entity.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn memory(&self, identity: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.shelf.get(Table::Memories, &named_key(identity)?)
    }

    /// Whether there is named state of the runner whose name begins with `prefix`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn has_blobs(&self, prefix: &str) -> Result<bool, StoreError> {
        self.shelf.has(Table::Blobs, &named_key(prefix)?)
    }

    /// Named state of the runner.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.shelf.get(Table::Blobs, &named_key(name)?)
    }

    /// All named state whose name begins with `prefix`, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn blobs(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut blobs = Vec::new();
        self.shelf.scan(Table::Blobs, &named_key(prefix)?, &mut |key, value| {
            let name = Unpack::new("name", key.get(1..).unwrap_or_default()).rest_text()?;
            blobs.push((name, value.to_vec()));
            Ok(())
        })?;
        Ok(blobs)
    }

    /// Applies a commit atomically.
    ///
    /// # Errors
    /// Nothing of the commit is in the ledger then; or, when `durable`, it is there but may not survive a loss of
    /// power.
    pub fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let mut changes = Vec::with_capacity(commit.seen.len() + commit.memories.len() + commit.blobs.len());
        for (resource, key, seen) in commit.seen {
            changes.push(Change { table: Table::Seen, key: seen_key(&resource, &key)?, value: Some(seen.pack()) });
        }
        for (identity, memory) in commit.memories {
            changes.push(Change { table: Table::Memories, key: named_key(&identity)?, value: Some(memory) });
        }
        for (name, value) in commit.blobs {
            changes.push(Change { table: Table::Blobs, key: named_key(&name)?, value });
        }
        self.shelf.commit(changes, commit.durable)
    }

    /// How many current keys of a resource in `scope` were last mentioned in another intake than `intake`. Reads all
    /// keys of the resource.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn count_unmentioned(&self, resource: &str, scope: &str, intake: u64) -> Result<u64, StoreError> {
        let mut count = 0;
        self.shelf.scan(Table::Seen, &seen_key(resource, "")?, &mut |_, value| {
            let seen = Seen::unpack(value)?;
            count += u64::from(seen.current && seen.scope == scope && seen.mentioned != intake);
            Ok(())
        })?;
        Ok(count)
    }

    /// Whether nothing was ever committed, or all of it was cleared.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        self.shelf.is_empty()
    }

    /// Forgets everything; when the process ends half-way, the next [`Ledger::open`] completes it.
    ///
    /// # Errors
    /// When the disk refuses; call again.
    pub fn clear(&self) -> Result<(), StoreError> {
        self.shelf.clear()
    }
}

fn seen_key(resource: &str, key: &str) -> Result<Vec<u8>, StoreError> {
    let pack = Pack::with_room(resource.len() + key.len() + 1);
    pack.text(resource.as_bytes()).rest(key.as_bytes()).into_key("a record's key")
}

/// The engine takes no empty key, hence the tag.
fn named_key(name: &str) -> Result<Vec<u8>, StoreError> {
    Pack::with_room(name.len() + 1).byte(b'n').rest(name.as_bytes()).into_key("a name")
}
