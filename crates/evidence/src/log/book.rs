//! One epoch of the log: what is in memory of it, and what is in its files.

use super::{
    edge::{Edge, root_of_complete},
    keys::Signed,
};
use crate::{
    EvidenceError, Origin,
    accesses::AccessIndex,
    disk::{Disk, read_whole, write_whole},
    proof::HashReader,
    tile::{Bundle, Place, TILE_WIDTH, Tile, TilePath, decode_entries, encode_entries, index_path},
    tree::{Hash, leaf_hash},
};
use bytes::Bytes;
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use tracing::warn;

/// Entries in a full bundle.
pub(crate) const WIDTH: u64 = TILE_WIDTH as u64;
const FULL_TILE: usize = TILE_WIDTH as usize * size_of::<Hash>();

/// An epoch of the log.
pub(crate) struct Book {
    pub(crate) origin: Origin,
    /// The origin as text.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) accesses: AccessIndex,
    state: RwLock<State>,
}

/// What of an epoch is in memory.
#[derive(Default)]
pub(crate) struct State {
    /// Entries before it are in bundles on disk.
    pub(crate) cut: u64,
    /// Entries before it were removed: their time is over.
    pub(crate) pruned: u64,
    /// Entries before it are off the disk, too.
    pub(crate) removed: u64,
    /// Entries from `cut` on.
    pub(crate) window: VecDeque<Entry>,
    pub(crate) edge: Edge,
    /// First entries of the journal's segments.
    pub(crate) segments: VecDeque<u64>,
    /// The newest checkpoint; only an epoch that ended may be without.
    pub(crate) signed: Option<Arc<Signed>>,
}

/// An entry, as it is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) leaf: Bytes,
    pub(crate) sealed: Bytes,
}

impl State {
    /// Entries, signed or not.
    pub(crate) fn total(&self) -> u64 {
        self.cut + self.window.len() as u64
    }

    /// Entries from `from` on, unless they are on disk; none of those that were removed.
    fn in_memory(&self, from: u64, most: usize) -> Option<Vec<Entry>> {
        if from < self.pruned {
            return Some(Vec::new());
        }
        let skipped = usize::try_from(from.checked_sub(self.cut)?).unwrap_or(usize::MAX);
        Some(self.window.iter().skip(skipped).take(most).cloned().collect())
    }
}

impl Book {
    pub(crate) fn new(origin: Origin, folder: PathBuf, disk: Arc<dyn Disk>, state: State) -> Self {
        let accesses = AccessIndex::new(folder.join("accesses"), Arc::clone(&disk), origin.to_string());
        let name = origin.to_string();
        Self { origin, name, folder, disk, accesses, state: RwLock::new(state) }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signed(&self) -> Option<Arc<Signed>> {
        self.read().signed.clone()
    }

    /// Entries that the newest checkpoint covers.
    pub(crate) fn size(&self) -> u64 {
        self.read().signed.as_ref().map_or(0, |signed| signed.checkpoint.size)
    }

    /// Consecutive entries from `from` on, at most `most`, fewer where a bundle ends; none when there are none, or
    /// no more.
    pub(crate) fn entries(&self, from: u64, most: usize) -> Result<Vec<Entry>, EvidenceError> {
        if let Some(entries) = self.read().in_memory(from, most) {
            return Ok(entries);
        }
        let group = from / WIDTH;
        let (Some(leaves), Some(sealed)) = (self.bundle_on_disk(group)?, self.sealed_on_disk(group)?) else {
            return Ok(Vec::new());
        };
        let entries = leaves.into_iter().zip(sealed).map(|(leaf, sealed)| Entry { leaf, sealed });
        Ok(entries.skip(place_in_group(from)).take(most).collect())
    }

    /// As [`Book::entries`], without what is kept beside them.
    pub(crate) fn leaves(&self, from: u64, most: usize) -> Result<Vec<Bytes>, EvidenceError> {
        if from >= self.read().cut {
            return Ok(self.entries(from, most)?.into_iter().map(|entry| entry.leaf).collect());
        }
        let leaves = self.bundle_on_disk(from / WIDTH)?.unwrap_or_default();
        Ok(leaves.into_iter().skip(place_in_group(from)).take(most).collect())
    }

    /// A tile or bundle as its path names it; `None` when the newest checkpoint has it not, or its time is over.
    pub(crate) fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, EvidenceError> {
        let size = self.size();
        match path {
            TilePath::Hashes(tile) => match Tile::in_tree(tile.level, tile.index, size) {
                Some(there) if there.width >= tile.width => self.hashes(tile).map(Some),
                _ => Ok(None),
            },
            TilePath::Entries(bundle) => match Bundle::in_tree(bundle.index, size) {
                Some(there) if there.width >= bundle.width => self.bundle(bundle),
                _ => Ok(None),
            },
        }
    }

    /// Reads hashes of complete subtrees, each tile file once.
    pub(crate) fn reader(&self) -> Hashes<'_> {
        Hashes { book: self, read: RefCell::default() }
    }

    /// The root over a full tile.
    pub(crate) fn root_of_tile(&self, level: u8, index: u64) -> Result<Hash, EvidenceError> {
        let bytes = self.hashes(Tile { level, index, width: TILE_WIDTH })?;
        let path = self.path(TilePath::Hashes(Tile { level, index, width: TILE_WIDTH }));
        root_of_complete(bytes.as_chunks().0.to_vec()).ok_or_else(|| EvidenceError::damaged(&path, 0, "is empty"))
    }

    pub(crate) fn path(&self, path: TilePath) -> PathBuf {
        self.folder.join(path.to_string())
    }

    pub(crate) fn sealed_path(&self, group: u64) -> PathBuf {
        self.folder.join("private").join(index_path(group))
    }

    /// The first `width` hashes of a tile that the tree has.
    fn hashes(&self, tile: Tile) -> Result<Vec<u8>, EvidenceError> {
        if let Some(bytes) = self.read().edge.tile(tile.level, tile.index, tile.width) {
            return Ok(bytes);
        }
        let full = Tile { width: TILE_WIDTH, ..tile };
        let path = self.path(TilePath::Hashes(full));
        let mut bytes = match self.file(&path)? {
            Some(bytes) => bytes,
            None => self.rebuild(full, &path)?,
        };
        if bytes.len() != FULL_TILE {
            return Err(EvidenceError::damaged(&path, bytes.len() as u64, "is no full tile"));
        }
        bytes.truncate(usize::from(tile.width) * size_of::<Hash>());
        Ok(bytes)
    }

    /// Makes a full tile that is missing from the entries, or the tiles, below it.
    fn rebuild(&self, tile: Tile, path: &Path) -> Result<Vec<u8>, EvidenceError> {
        let missing = || EvidenceError::damaged(path, 0, "is missing");
        let first = tile.index * WIDTH;
        if Tile::hashes(tile.level, self.read().cut) < first + WIDTH {
            return Err(missing());
        }
        let hashes: Vec<Hash> = if tile.level == 0 {
            let leaves = self.bundle_on_disk(tile.index)?.ok_or_else(missing)?;
            leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
        } else {
            (first..first + WIDTH).map(|child| self.root_of_tile(tile.level - 1, child)).collect::<Result<_, _>>()?
        };
        warn!(path = %path.display(), "rebuilt a missing tile");
        let bytes = hashes.concat();
        if let Err(error) = write_whole(&*self.disk, path, &bytes) {
            warn!(path = %path.display(), %error, "rebuilt tile cannot be written");
        }
        Ok(bytes)
    }

    fn bundle(&self, bundle: Bundle) -> Result<Option<Vec<u8>>, EvidenceError> {
        let first = bundle.index * WIDTH;
        let width = usize::from(bundle.width);
        if first < self.read().cut {
            let Some(leaves) = self.bundle_on_disk(bundle.index)? else { return Ok(None) };
            return encode_entries(&leaves[..width]).map(Some);
        }
        let leaves = self.leaves(first, width)?;
        if leaves.len() < width { Ok(None) } else { encode_entries(&leaves).map(Some) }
    }

    /// A full bundle; `None` when its time is over.
    fn bundle_on_disk(&self, group: u64) -> Result<Option<Vec<Bytes>>, EvidenceError> {
        let path = self.path(TilePath::Entries(Bundle { index: group, width: TILE_WIDTH }));
        let Some(bytes) = self.file(&path)? else { return self.unless_pruned(group, &path) };
        let bytes = Bytes::from(bytes);
        let entries = decode_entries(&bytes).map_err(|error| EvidenceError::damaged(&path, 0, error.to_string()))?;
        if entries.len() as u64 != WIDTH {
            return Err(EvidenceError::damaged(&path, bytes.len() as u64, "is no full bundle"));
        }
        Ok(Some(entries.into_iter().map(|entry| bytes.slice_ref(entry)).collect()))
    }

    /// What is kept beside the entries of a full bundle.
    fn sealed_on_disk(&self, group: u64) -> Result<Option<Vec<Bytes>>, EvidenceError> {
        let path = self.sealed_path(group);
        let Some(bytes) = self.file(&path)? else { return self.unless_pruned(group, &path) };
        let mut rest = Bytes::from(bytes);
        let mut sealed = Vec::with_capacity(usize::from(TILE_WIDTH));
        while let Some(length) = rest.first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            if rest.len() - 4 < length {
                break;
            }
            let mut one = rest.split_to(4 + length);
            sealed.push(one.split_off(4));
        }
        if rest.is_empty() && sealed.len() as u64 == WIDTH {
            return Ok(Some(sealed));
        }
        Err(EvidenceError::damaged(&path, 0, "does not hold what stands beside 256 entries"))
    }

    fn unless_pruned<T>(&self, group: u64, path: &Path) -> Result<Option<T>, EvidenceError> {
        if group * WIDTH < self.read().pruned { Ok(None) } else { Err(EvidenceError::damaged(path, 0, "is missing")) }
    }

    fn file(&self, path: &Path) -> Result<Option<Vec<u8>>, EvidenceError> {
        read_whole(&*self.disk, path).map_err(|source| EvidenceError::disk(path, source))
    }
}

/// The bytes of a file of what is kept beside entries: each after its length, four bytes, little endian.
pub(crate) fn encode_sealed(entries: &[Entry]) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|entry| entry.sealed.len() + 4).sum());
    for entry in entries {
        let length = u32::try_from(entry.sealed.len()).map_err(|_| EvidenceError::EntryTooLong)?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&entry.sealed);
    }
    Ok(bytes)
}

fn place_in_group(index: u64) -> usize {
    usize::try_from(index % WIDTH).unwrap_or(usize::MAX)
}

/// Hashes of an epoch.
pub(crate) struct Hashes<'a> {
    book: &'a Book,
    read: RefCell<BTreeMap<(u8, u64), Vec<u8>>>,
}

impl HashReader for Hashes<'_> {
    type Error = EvidenceError;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, EvidenceError> {
        let place = Place::of(level, index);
        if let Some(hash) = self.book.read().edge.hash(place) {
            return Ok(hash);
        }
        let mut read = self.read.borrow_mut();
        let tile = match read.entry((place.level, place.index)) {
            std::collections::btree_map::Entry::Occupied(tile) => tile.into_mut(),
            std::collections::btree_map::Entry::Vacant(tile) => {
                tile.insert(self.book.hashes(Tile { level: place.level, index: place.index, width: TILE_WIDTH })?)
            }
        };
        place.hash_in(tile).ok_or_else(|| EvidenceError::malformed("tile", "is too narrow"))
    }
}
