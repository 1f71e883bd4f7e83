//! Whether the files of an exported log fit together: entries under their hashes, hashes under those of the next level.

use super::archive::Archive;
use crate::output::chain;
use evidence::{Bundle, Check, Hash, TILE_WIDTH, Tile, decode_entries, leaf_hash, node_hash};

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

/// Hashes of the full tiles of a level, from the first that was looked at on.
struct Below {
    first: u64,
    hashes: Vec<Hash>,
}

impl Below {
    fn at(&self, index: u64) -> Option<&Hash> {
        self.hashes.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }
}

impl Audit {
    /// Looks at all files of the first `size` entries that are about entry `from` or a later one.
    pub(super) fn of(archive: &Archive, size: u64, from: u64) -> Self {
        let mut audit = Self { entries: Check::Holds, tiles: Check::Holds, checked: 0, missing: 0 };
        let mut below = Below { first: from, hashes: Vec::new() };
        for level in (0..=u8::MAX).take_while(|level| Tile::hashes(*level, size) > 0) {
            match audit.level(archive, (level, size), &below) {
                Ok(above) => below = above,
                Err(why) => {
                    fail(&mut audit.tiles, why);
                    break;
                }
            }
        }
        audit
    }

    /// Looks at the tiles of a level; what the level above is made of.
    fn level(&mut self, archive: &Archive, (level, size): (u8, u64), below: &Below) -> Result<Below, String> {
        let first = below.first / u64::from(TILE_WIDTH);
        let mut above = Below { first, hashes: Vec::new() };
        for tile in (first..).map_while(|index| Tile::in_tree(level, index, size)) {
            let bytes = archive.tile(&tile).map_err(|error| chain(&error))?;
            let (hashes, rest) = bytes.as_chunks();
            if hashes.len() != usize::from(tile.width) || !rest.is_empty() {
                return Err(format!("{} is cut off", tile.path()));
            }
            if level == 0 {
                self.bundle(archive, &tile, hashes);
            } else {
                self.parents(&tile, hashes, below);
            }
            above.hashes.extend((tile.width == TILE_WIDTH).then(|| over(hashes)));
        }
        Ok(above)
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
                    fail(
                        &mut self.entries,
                        format!("entry {index} is not the one that {} has the hash of", tile.path()),
                    );
                }
            }
            Ok(_) => fail(&mut self.entries, format!("{} has another number of entries", bundle.path())),
            Err(error) => fail(&mut self.entries, format!("{}: {error}", bundle.path())),
        }
    }

    /// Compares the hashes of a tile with those of the full tiles below.
    fn parents(&mut self, tile: &Tile, hashes: &[Hash], below: &Below) {
        let begins = tile.index * u64::from(TILE_WIDTH);
        let wrong = (begins..).zip(hashes).any(|(index, hash)| below.at(index).is_some_and(|known| known != hash));
        if wrong {
            fail(&mut self.tiles, format!("{} is not over the hashes of the level below", tile.path()));
        }
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

/// The hash over a full tile.
fn over(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evidence::{Frontier, encode_entries};
    use std::fs;
    use tempfile::TempDir;

    const SIZE: usize = 600;

    /// An exported log of 600 entries, and its root.
    fn exported() -> (TempDir, Archive, Hash) {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::at(folder.path());
        let entries: Vec<Vec<u8>> = (0..SIZE).map(|number| number.to_string().into_bytes()).collect();
        let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        for (index, (entries, hashes)) in (0..).zip(entries.chunks(256).zip(hashes.chunks(256))) {
            let width = u16::try_from(entries.len()).unwrap();
            archive.put(&Bundle { index, width }.path(), &encode_entries(entries).unwrap()).unwrap();
            archive.put(&Tile { level: 0, index, width }.path(), hashes.as_flattened()).unwrap();
        }
        let above: Vec<Hash> = hashes.chunks_exact(256).map(over).collect();
        archive.put("tile/1/000.p/2", above.as_flattened()).unwrap();
        let mut tree = Frontier::new();
        tree.grow(&hashes);
        (folder, archive, tree.root())
    }

    #[test]
    fn a_log_as_it_was_exported_fits_together() {
        let (_folder, archive, root) = exported();
        let audit = Audit::of(&archive, SIZE as u64, 0);
        assert_eq!((audit.failure(), audit.checked, audit.missing), (None, 600, 0));
        assert_eq!(archive.root(SIZE as u64).unwrap(), root);
        let audit = Audit::of(&archive, SIZE as u64, 300);
        assert_eq!((audit.failure(), audit.checked), (None, 344), "from the bundle of the first entry on");
    }

    #[test]
    fn an_altered_byte_anywhere_is_found() {
        let (folder, archive, root) = exported();
        let files = ["entries/000", "entries/001", "entries/002.p/88", "0/000", "0/001", "0/002.p/88", "1/000.p/2"];
        for file in files {
            let path = folder.path().join("tile").join(file);
            let good = fs::read(&path).unwrap();
            for at in (0..good.len()).step_by(61).chain([good.len() - 1]) {
                let mut bad = good.clone();
                bad[at] ^= 1;
                fs::write(&path, bad).unwrap();
                let audit = Audit::of(&archive, SIZE as u64, 0);
                let leads = archive.root(SIZE as u64).is_ok_and(|found| found == root);
                assert!(audit.failure().is_some() || !leads, "{file} at {at}");
            }
            fs::write(&path, &good[..good.len() - 1]).unwrap();
            assert!(Audit::of(&archive, SIZE as u64, 0).failure().is_some(), "{file} cut off");
            fs::write(&path, good).unwrap();
        }
    }

    #[test]
    fn entries_that_were_left_out_are_counted_and_their_hashes_stay() {
        let (folder, archive, root) = exported();
        fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
        let audit = Audit::of(&archive, SIZE as u64, 0);
        assert_eq!((audit.failure(), audit.checked, audit.missing), (None, 344, 256));
        assert_eq!(archive.root(SIZE as u64).unwrap(), root);
        fs::remove_file(folder.path().join("tile/0/000")).unwrap();
        assert!(Audit::of(&archive, SIZE as u64, 0).failure().is_some());
    }

    #[test]
    fn older_sizes_are_read_from_what_has_grown_since() {
        let (_folder, archive, _) = exported();
        for size in [1, 255, 256, 257, 511, 599] {
            let mut tree = Frontier::new();
            tree.grow(&(0..size).map(|number: u64| leaf_hash(number.to_string().as_bytes())).collect::<Vec<_>>());
            assert_eq!(archive.root(size).unwrap(), tree.root(), "{size}");
        }
    }
}
