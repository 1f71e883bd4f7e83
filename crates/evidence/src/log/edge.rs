//! Hashes that do not lie in full tiles on disk yet.

use crate::{
    tile::{Place, TILE_WIDTH, Tile},
    tree::{Hash, node_hash},
};
use std::collections::VecDeque;

const WIDTH: u64 = TILE_WIDTH as u64;

/// For each level of tiles the hashes from its first tile on that is not on disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edge {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Default)]
struct Row {
    first: u64,
    hashes: VecDeque<Hash>,
}

impl Edge {
    /// Puts in row `level`, which begins at `first`, what a tree on disk has beyond its full tiles. Rows come in order.
    pub(crate) fn restore(&mut self, first: u64, hashes: Vec<Hash>) {
        self.rows.push(Row { first, hashes: hashes.into() });
    }

    /// Adds leaves.
    pub(crate) fn extend(&mut self, leaves: &[Hash]) {
        for leaf in leaves {
            self.push(0, *leaf);
        }
    }

    /// Tiles of a level that are full in a tree of `size` leaves and not on disk: the first, and the first after them.
    pub(crate) fn full_tiles(&self, level: u8, size: u64) -> Option<(u64, u64)> {
        let row = self.rows.get(usize::from(level))?;
        Some((row.first / WIDTH, Tile::hashes(level, size) / WIDTH))
    }

    /// The bytes of a tile, its first `width` hashes; `None` when it is on disk, or not all there yet.
    pub(crate) fn tile(&self, level: u8, index: u64, width: u16) -> Option<Vec<u8>> {
        let hashes = self.hashes(Place { level, index, first: 0, count: width })?;
        Some(hashes.flatten().copied().collect())
    }

    /// The hash over hashes of a tile.
    pub(crate) fn hash(&self, place: Place) -> Option<Hash> {
        root_of_complete(self.hashes(place)?.copied().collect())
    }

    /// Forgets tiles that are on disk, those full in a tree of `size` leaves.
    pub(crate) fn release(&mut self, size: u64) {
        for (level, row) in (0..).zip(&mut self.rows) {
            let first = Tile::hashes(level, size) / WIDTH * WIDTH;
            let gone = usize::try_from(first.saturating_sub(row.first)).unwrap_or(usize::MAX).min(row.hashes.len());
            row.hashes.drain(..gone);
            row.first += gone as u64;
        }
    }

    fn hashes(&self, place: Place) -> Option<impl Iterator<Item = &Hash>> {
        let row = self.rows.get(usize::from(place.level))?;
        let first = place.index.checked_mul(WIDTH)?.checked_add(place.first.into())?.checked_sub(row.first)?;
        let first = usize::try_from(first).ok()?;
        let end = first.checked_add(place.count.into())?;
        (end <= row.hashes.len()).then(|| row.hashes.range(first..end))
    }

    fn push(&mut self, level: usize, hash: Hash) {
        if self.rows.len() == level {
            self.rows.push(Row::default());
        }
        let row = &mut self.rows[level];
        row.hashes.push_back(hash);
        if (row.first + row.hashes.len() as u64).is_multiple_of(WIDTH) {
            let from = row.hashes.len() - usize::from(TILE_WIDTH);
            let parent = root_of_complete(row.hashes.range(from..).copied().collect());
            if let Some(parent) = parent {
                self.push(level + 1, parent);
            }
        }
    }
}

/// Root over a power of two of hashes.
pub(crate) fn root_of_complete(mut hashes: Vec<Hash>) -> Option<Hash> {
    while hashes.len() > 1 {
        hashes = hashes.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|n| crate::leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn tiles_fill_on_every_level() {
        let mut edge = Edge::default();
        let all = leaves(65_536 + 3);
        edge.extend(&all);
        assert_eq!(edge.full_tiles(0, 65_539), Some((0, 256)));
        assert_eq!(edge.full_tiles(1, 65_539), Some((0, 1)));
        assert_eq!(edge.full_tiles(2, 65_539), Some((0, 0)));
        let whole = root_of_complete(all[..65_536].to_vec()).unwrap();
        assert_eq!(edge.tile(2, 0, 1), Some(whole.to_vec()));
        assert_eq!(edge.hash(Place::of(16, 0)), Some(whole));
        assert_eq!(edge.tile(0, 256, 3).map(|tile| tile.len()), Some(96));
        assert_eq!(edge.tile(0, 256, 4), None);
    }

    #[test]
    fn released_tiles_are_gone_and_the_rest_stays() {
        let mut edge = Edge::default();
        edge.extend(&leaves(600));
        edge.release(600);
        assert_eq!((edge.tile(0, 1, 256), edge.tile(1, 0, 2).map(|tile| tile.len())), (None, Some(64)));
        assert_eq!(edge.full_tiles(0, 600), Some((2, 2)));
        edge.extend(&leaves(300)[..200]);
        assert_eq!(edge.full_tiles(0, 800), Some((2, 3)));
        assert_eq!(edge.tile(1, 0, 3).map(|tile| tile.len()), Some(96));
    }
}
