//! Tiles: where the log's hashes and entries lie as plain files (C2SP tlog-tiles).

mod reader;

pub use self::reader::TileReader;

use crate::{
    EvidenceError,
    tree::{Hash, node_hash},
};
use std::fmt;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Levels of the tree that one tile spans.
pub const TILE_HEIGHT: u8 = 8;
/// Longest entry of a bundle, in bytes.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Highest level that a path can name.
const TOP_LEVEL: u8 = 63;
/// Longest path that is read: an index has at most 20 digits.
const MAX_PATH: usize = 64;

/// A tile of hashes: the `index`-th one of its level, with `width` hashes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// Level of tiles; its hashes are of the tree's level `8 * level`.
    pub level: u8,
    /// Index within the level.
    pub index: u64,
    /// Hashes in it, 1 to 256; fewer than 256 in a partial tile.
    pub width: u16,
}

/// A bundle of entries: the leaves of the level-0 tile of the same index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bundle {
    /// Index of the bundle.
    pub index: u64,
    /// Entries in it, 1 to 256.
    pub width: u16,
}

/// What a path under the log's prefix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`
    Hashes(Tile),
    /// `tile/entries/<N>[.p/<W>]`
    Entries(Bundle),
}

/// Where the hash of a complete subtree comes from: over `count` hashes of a tile, from `first` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Level of the tile.
    pub level: u8,
    /// Index of the tile within its level.
    pub index: u64,
    /// First of the hashes.
    pub first: u16,
    /// How many there are, a power of two up to 128.
    pub count: u16,
}

impl Tile {
    /// The tile as it stands in a tree of `size` leaves: full, partial, or `None` when the tree has no hash of it.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let width = width_of(Self::hashes(level, size), index)?;
        Some(Self { level, index, width })
    }

    /// How many hashes the tiles of a level have together, in a tree of `size` leaves.
    #[must_use]
    pub fn hashes(level: u8, size: u64) -> u64 {
        size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
    }

    /// Path under the log's prefix.
    #[must_use]
    pub fn path(&self) -> String {
        TilePath::Hashes(*self).to_string()
    }
}

impl Bundle {
    /// The bundle as it stands in a tree of `size` leaves; `None` when the tree has no entry of it.
    #[must_use]
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        Some(Self { index, width: width_of(size, index)? })
    }

    /// Path under the log's prefix.
    #[must_use]
    pub fn path(&self) -> String {
        TilePath::Entries(*self).to_string()
    }
}

impl TilePath {
    /// Reads a path under the log's prefix (`tile/0/x001/x234/067.p/5`); `None` for anything but the one way to
    /// write it.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > MAX_PATH {
            return None;
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, partial_width(width)?),
            None => (rest, TILE_WIDTH),
        };
        let index = parse_index(index)?;
        if level == "entries" {
            return Some(Self::Entries(Bundle { index, width }));
        }
        let level = decimal(level).and_then(|level| u8::try_from(level).ok()).filter(|level| *level <= TOP_LEVEL)?;
        Some(Self::Hashes(Tile { level, index, width }))
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Hashes(tile) => {
                write!(f, "tile/{}/", tile.level)?;
                (tile.index, tile.width)
            }
            Self::Entries(bundle) => {
                f.write_str("tile/entries/")?;
                (bundle.index, bundle.width)
            }
        };
        f.write_str(&index_path(index))?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

impl Place {
    /// Where the hash of the complete subtree `index` at `level` of the tree comes from.
    #[must_use]
    pub fn of(level: u8, index: u64) -> Self {
        let within = level % TILE_HEIGHT;
        let first = index << within;
        #[expect(clippy::cast_possible_truncation, reason = "the rest of a division by 256")]
        let offset = (first % u64::from(TILE_WIDTH)) as u16;
        Self { level: level / TILE_HEIGHT, index: first / u64::from(TILE_WIDTH), first: offset, count: 1 << within }
    }

    /// The hash, out of the tile's bytes; `None` when the tile is too narrow.
    #[must_use]
    pub fn hash_in(&self, tile: &[u8]) -> Option<Hash> {
        let (first, count) = (usize::from(self.first), usize::from(self.count));
        let mut row = tile.as_chunks::<32>().0.get(first..first + count)?.to_vec();
        while row.len() > 1 {
            row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        row.pop()
    }
}

/// The bytes of a bundle: each entry after its length, two bytes, big endian.
///
/// # Errors
/// [`EvidenceError::EntryTooLong`].
pub fn encode_entries<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|entry| entry.as_ref().len() + 2).sum());
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| EvidenceError::EntryTooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle.
///
/// # Errors
/// [`EvidenceError::Malformed`] when the bytes do not end with an entry, or hold more than 256.
pub fn decode_entries(mut bytes: &[u8]) -> Result<Vec<&[u8]>, EvidenceError> {
    let cut_off = || EvidenceError::malformed("bundle of entries", "ends within an entry");
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        if entries.len() == usize::from(TILE_WIDTH) {
            return Err(EvidenceError::malformed("bundle of entries", "holds more than 256"));
        }
        let (length, rest) = bytes.split_first_chunk().ok_or_else(cut_off)?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(cut_off)?;
        entries.push(entry);
        bytes = rest;
    }
    Ok(entries)
}

/// The index as the path writes it: `x001/x234/067`.
#[must_use]
pub fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

fn parse_index(path: &str) -> Option<u64> {
    let mut index: u64 = 0;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    (index_path(index) == path).then_some(index)
}

fn partial_width(text: &str) -> Option<u16> {
    decimal(text).and_then(|width| u16::try_from(width).ok()).filter(|width| (1..TILE_WIDTH).contains(width))
}

/// A decimal number without sign or leading zeroes.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// Of `count` hashes at a level, those that lie in its tile `index`.
fn width_of(count: u64, index: u64) -> Option<u16> {
    let first = index.checked_mul(TILE_WIDTH.into())?;
    let width = count.checked_sub(first).filter(|width| *width > 0)?;
    u16::try_from(width.min(TILE_WIDTH.into())).ok()
}

#[cfg(test)]
mod tests;
