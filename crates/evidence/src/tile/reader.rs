//! A tree, read through its tiles: what a witness or an auditor has of somebody else's log.

use super::{Place, Tile};
use crate::{EvidenceError, proof::HashReader, tree::Hash};
use std::{
    cell::RefCell,
    collections::{BTreeMap, btree_map::Entry},
};

/// Reads the subtrees of a log out of its tiles, each tile once. The tiles need not be trusted: a path made of them
/// either leads to a signed root or does not.
pub struct TileReader<F> {
    size: u64,
    read: F,
    kept: RefCell<BTreeMap<Tile, Vec<u8>>>,
}

impl<F: Fn(&Tile) -> Result<Vec<u8>, EvidenceError>> TileReader<F> {
    /// Over the tiles of a tree of `size` leaves, as a checkpoint names it. `read` gives a tile's bytes; where a
    /// partial one is gone it may give the full one instead.
    #[must_use]
    pub fn new(size: u64, read: F) -> Self {
        Self { size, read, kept: RefCell::default() }
    }
}

impl<F: Fn(&Tile) -> Result<Vec<u8>, EvidenceError>> HashReader for TileReader<F> {
    type Error = EvidenceError;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, EvidenceError> {
        let place = Place::of(level, index);
        let tile = Tile::in_tree(place.level, place.index, self.size);
        let tile = tile.ok_or_else(|| EvidenceError::malformed("tile", "not in the tree"))?;
        let mut kept = self.kept.borrow_mut();
        let bytes = match kept.entry(tile) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((self.read)(&tile)?),
        };
        place.hash_in(bytes).ok_or_else(|| EvidenceError::malformed("tile", "too narrow"))
    }
}
