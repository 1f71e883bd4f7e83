//! Whether the files of an exported log fit together: entries under their hashes, hashes under those of the next level.

use super::archive::Archive;
use crate::output::chain;
use evidence::{Bundle, Check, Hash, TILE_HEIGHT, TILE_WIDTH, Tile, decode_entries, leaf_hash, node_hash};

/// What came of looking at every file.
pub(super) struct Audit {
    /// Every entry there is has its hash.
    pub(super) entries: Check,
    /// Every hash is over those of the level below.
    pub(super) tiles: Check,
    /// Entries that were looked at.
    pub(super) checked: u64,
    /// Entries that are not in the folder, only their hashes.
    pub(super) missing: u64,
}

impl Audit {
    /// Looks at all files of the first `size` entries that are about entry `from` or a later one.
    pub(super) fn of(archive: &Archive, size: u64, from: u64) -> Self {
        let mut audit = Self { entries: Check::Holds, tiles: Check::Holds, checked: 0, missing: 0 };
        // Hashes of full tiles of the level below, from the first that was looked at on.
        let mut below: Vec<Hash> = Vec::new();
        let (mut level, mut first) = (0, from);
        while count(size, level) > 0 {
            let mut full = Vec::new();
            for index in first / u64::from(TILE_WIDTH)..=(count(size, level) - 1) / u64::from(TILE_WIDTH) {
                let Some(tile) = Tile::in_tree(level, index, size) else { break };
                let hashes = match archive.tile(&tile) {
                    Ok(bytes) if bytes.len() == usize::from(tile.width) * size_of::<Hash>() => bytes.as_chunks().0.to_vec(),
                    Ok(_) => return audit.broken(format!("{} is cut off", tile.path())),
                    Err(error) => return audit.broken(chain(&error)),
                };
                if level == 0 {
                    audit.bundle(archive, &tile, &hashes);
                } else {
                    audit.parents(&tile, &hashes, (first, &below));
                }
                full.extend((tile.width == TILE_WIDTH).then(|| over(&hashes)));
            }
            (below, first, level) = (full, first / u64::from(TILE_WIDTH), level + 1);
        }
        audit
    }

    /// Compares the entries of a bundle with the hashes of its tile.
    fn bundle(&mut self, archive: &Archive, tile: &Tile, hashes: &[Hash]) {
        let bundle = Bundle { index: tile.index, width: tile.width };
        let bytes = match archive.entries(&bundle) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.missing += u64::from(tile.width);
                return;
            }
            Err(error) => return fail(&mut self.entries, chain(&error)),
        };
        match decode_entries(&bytes) {
            Ok(entries) if entries.len() == hashes.len() => {
                self.checked += u64::from(tile.width);
                let wrong = entries.iter().zip(hashes).position(|(entry, hash)| leaf_hash(entry) != *hash);
                if let Some(place) = wrong {
                    let index = tile.index * u64::from(TILE_WIDTH) + place as u64;
                    fail(&mut self.entries, format!("entry {index} is not the one that {} has the hash of", tile.path()));
                }
            }
            Ok(_) => fail(&mut self.entries, format!("{} has another number of entries", bundle.path())),
            Err(error) => fail(&mut self.entries, format!("{}: {error}", bundle.path())),
        }
    }

    /// Compares the hashes of a tile with those of the full tiles below; `below` begins at `first`.
    fn parents(&mut self, tile: &Tile, hashes: &[Hash], (first, below): (u64, &[Hash])) {
        let begins = tile.index * u64::from(TILE_WIDTH);
        let wrong = (begins..).zip(hashes).find(|(index, hash)| {
            let known = index.checked_sub(first).and_then(|place| below.get(usize::try_from(place).ok()?));
            known.is_some_and(|known| known != *hash)
        });
        if wrong.is_some() {
            fail(&mut self.tiles, format!("{} is not over the hashes of the level below", tile.path()));
        }
    }

    fn broken(mut self, why: String) -> Self {
        fail(&mut self.tiles, why);
        self
    }

    /// Why something does not fit together, if it does not.
    pub(super) fn failure(&self) -> Option<&str> {
        self.entries.failure().or_else(|| self.tiles.failure())
    }
}

/// The first failure is the one that is told.
fn fail(check: &mut Check, why: String) {
    if check.holds() {
        *check = Check::Fails(why);
    }
}

/// Hashes at a level of tiles in a tree.
fn count(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// The hash over a full tile.
fn over(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_default()
}
