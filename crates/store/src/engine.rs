//! The storage engine: opening a folder for its owner, and what the engine's errors mean.

use crate::StoreError;
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, LsmError, PersistMode,
    config::{CompressionPolicy, FilterPolicy, PartitioningPolicy},
};
use std::{fs, io::ErrorKind, path::Path};

/// Journals are read whole at start; this bounds how long that takes.
const JOURNAL_BYTES: u64 = 128 * 1024 * 1024;
const SMALL_MEMTABLE_BYTES: u64 = 4 * 1024 * 1024;
/// Threads that write tables and compact them, of each engine, however few cores there are. The engine (fjall 3.1) keeps one
/// of them free to write tables, and that one hands on what there is to compact, without a pause: with two, for as long as the
/// other compacts (a fifth of all processor time while a view was filled on two cores); with four, only while all three others
/// do. One alone could wait for itself, as it would send to its own full queue.
const WORKERS: usize = 4;

const META: &str = "meta";
const MARK_KEY: &[u8] = b"s";

/// Whose a folder is, written into it when it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark<'a> {
    /// `view` or `ledger`.
    pub(crate) kind: &'a str,
    /// The version of its layout.
    pub(crate) version: u32,
    /// The department, of a ledger.
    pub(crate) owner: &'a str,
}

/// What an engine may keep in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Blocks read from disk, of all keyspaces together.
    pub(crate) cache: u64,
    /// Entries that are not in a table yet, by their own size; for each keyspace of many entries. In memory they take up to
    /// twice as much, and while a table is written as much again. It also bounds how long that holds up a batch.
    pub(crate) memtable: u64,
}

/// How a keyspace is used.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    /// Many entries, read by key.
    Points,
    /// Many entries, read in order only.
    Ranges,
    /// Few entries.
    Few,
}

/// An open folder.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) db: Database,
    /// The keyspace that every folder has; the key `s` is the mark's.
    pub(crate) meta: Keyspace,
    room: Room,
}

impl Engine {
    /// Opens the folder, or makes it: beside its place and then renamed, so that a process that is killed meanwhile leaves
    /// no half of an engine behind.
    pub(crate) fn open(dir: &Path, mark: Mark<'_>, room: Room) -> Result<Self, StoreError> {
        if is_absent(dir)? {
            let aside = dir.with_extension("new");
            remove(&aside)?;
            drop(Self::at(&aside, mark, room)?);
            // An empty folder that somebody made is not in the way.
            fs::remove_dir(dir).or_else(unless_absent).and_then(|()| fs::rename(&aside, dir)).map_err(disk)?;
        }
        Self::at(dir, mark, room)
    }

    fn at(dir: &Path, mark: Mark<'_>, room: Room) -> Result<Self, StoreError> {
        let db = Database::builder(dir)
            .cache_size(room.cache)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(WORKERS)
            .open()
            .map_err(|error| opening_failure(error, dir))?;
        if !db.keyspace_exists(META) && db.keyspace_count() > 0 {
            return Err(StoreError::Foreign { place: place(dir), owner: "another program".to_owned() });
        }
        let meta = db.keyspace(META, || options(Use::Few, room)).map_err(failure)?;
        let engine = Self { db, meta, room };
        engine.claim(dir, mark)?;
        Ok(engine)
    }

    pub(crate) fn keyspace(&self, name: &str, used: Use) -> Result<Keyspace, StoreError> {
        self.db.keyspace(name, || options(used, self.room)).map_err(failure)
    }

    pub(crate) fn persist(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll).map_err(failure)
    }

    /// The mark is durable before anything else is made in the folder.
    fn claim(&self, dir: &Path, mark: Mark<'_>) -> Result<(), StoreError> {
        if let Some(found) = self.meta.get(MARK_KEY).map_err(failure)? {
            return mark.compare(&String::from_utf8_lossy(&found), dir);
        }
        if self.db.keyspace_count() > 1 {
            return Err(StoreError::Corrupt { what: "schema version is missing".to_owned() });
        }
        self.meta.insert(MARK_KEY, mark.text()).map_err(failure)?;
        self.persist()
    }
}

impl Mark<'_> {
    fn text(&self) -> String {
        format!("{}/{}/{}", self.kind, self.version, self.owner)
    }

    fn compare(&self, found: &str, dir: &Path) -> Result<(), StoreError> {
        let mut parts = found.splitn(3, '/');
        let (kind, version, owner) = (parts.next(), parts.next().unwrap_or_default(), parts.next());
        if kind != Some(self.kind) || (version == self.version.to_string() && owner != Some(self.owner)) {
            let owner = format!("{} {}", kind.unwrap_or_default(), owner.unwrap_or_default());
            return Err(StoreError::Foreign { place: place(dir), owner: owner.trim_end().to_owned() });
        }
        if version != self.version.to_string() {
            return Err(unknown_schema(dir, version.to_owned(), self.version));
        }
        Ok(())
    }
}

/// Whether nothing is there, not even an empty folder's content.
fn is_absent(dir: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) => unless_absent(error).map(|()| true).map_err(disk),
    }
}

fn remove(dir: &Path) -> Result<(), StoreError> {
    fs::remove_dir_all(dir).or_else(unless_absent).map_err(disk)
}

fn unless_absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn disk(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// What an error of the engine means to the caller.
pub(crate) fn failure(error: fjall::Error) -> StoreError {
    use fjall::Error;
    match error {
        Error::Storage(LsmError::Io(error)) | Error::Io(error) => StoreError::Unavailable(Box::new(error)),
        Error::Storage(_)
        | Error::JournalRecovery(_)
        | Error::Decompress(_)
        | Error::InvalidTrailer
        | Error::InvalidTag(_)
        | Error::Unrecoverable => StoreError::Corrupt { what: error.to_string() },
        Error::Poisoned => StoreError::Stopped,
        other => StoreError::Unavailable(Box::new(other)),
    }
}

fn opening_failure(error: fjall::Error, dir: &Path) -> StoreError {
    use fjall::{Error, FormatVersion};
    match error {
        Error::Locked => StoreError::InUse { place: place(dir) },
        Error::InvalidVersion(Some(found)) => {
            unknown_schema(dir, format!("of engine format {found:?}"), FormatVersion::V3 as u32)
        }
        Error::InvalidVersion(None) => StoreError::Corrupt { what: "engine's version mark cannot be read".to_owned() },
        Error::Io(error) if error.kind() == ErrorKind::AlreadyExists => {
            StoreError::Corrupt { what: "engine's version mark is missing".to_owned() }
        }
        other => failure(other),
    }
}

fn unknown_schema(dir: &Path, found: String, known: u32) -> StoreError {
    StoreError::UnknownSchema { place: place(dir), found, known }
}

fn place(dir: &Path) -> String {
    dir.display().to_string()
}

fn options(used: Use, room: Room) -> KeyspaceCreateOptions {
    use fjall::CompressionType::{Lz4, None};
    // In pieces that the cache can hold: the whole filter of a large table is larger than what the cache takes at once, and
    // was read and summed anew for every key looked up. The few newest tables keep theirs in memory.
    let in_pieces = PartitioningPolicy::new([false, true]);
    let options = KeyspaceCreateOptions::default()
        .data_block_compression_policy(CompressionPolicy::new([None, Lz4]))
        .index_block_partitioning_policy(in_pieces.clone())
        .filter_block_partitioning_policy(in_pieces);
    match used {
        Use::Points => options.max_memtable_size(room.memtable),
        Use::Ranges => options.max_memtable_size(room.memtable).filter_policy(FilterPolicy::disabled()),
        Use::Few => options.max_memtable_size(SMALL_MEMTABLE_BYTES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const ROOM: Room = Room { cache: 1024 * 1024, memtable: 1024 * 1024 };
    const MARK: Mark<'static> = Mark { kind: "view", version: 1, owner: "" };

    fn refusal(dir: &Path, mark: Mark<'_>) -> StoreError {
        match Engine::open(dir, mark, ROOM) {
            Ok(_) => panic!("opened"),
            Err(error) => error,
        }
    }

    #[test]
    fn another_schema_version_is_refused() {
        let folder = TempDir::new().unwrap();
        drop(Engine::open(folder.path(), Mark { version: 2, ..MARK }, ROOM).unwrap());
        let StoreError::UnknownSchema { found, known, .. } = refusal(folder.path(), MARK) else { panic!() };
        assert_eq!((found.as_str(), known), ("2", 1));
    }

    #[test]
    fn another_programs_folder_is_refused_and_left_as_it_is() {
        let folder = TempDir::new().unwrap();
        let other = Database::builder(folder.path()).open().unwrap();
        other.keyspace("other", KeyspaceCreateOptions::default).unwrap();
        drop(other);
        assert!(matches!(refusal(folder.path(), MARK), StoreError::Foreign { .. }));
        assert!(!Database::builder(folder.path()).open().unwrap().keyspace_exists(META));
    }

    #[test]
    fn an_engine_that_takes_no_more_writes_is_not_tried_again() {
        let error = failure(fjall::Error::Poisoned);
        assert!(matches!(error, StoreError::Stopped) && !error.is_retryable());
        assert!(failure(fjall::Error::Io(ErrorKind::StorageFull.into())).is_retryable());
    }

    #[test]
    fn a_missing_mark_is_damage() {
        let folder = TempDir::new().unwrap();
        let engine = Engine::open(folder.path(), MARK, ROOM).unwrap();
        engine.keyspace("records", Use::Few).unwrap();
        engine.meta.remove(MARK_KEY).unwrap();
        drop(engine);
        assert!(matches!(refusal(folder.path(), MARK), StoreError::Corrupt { .. }));
    }
}
