//! Inclusion and consistency: making the paths from stored subtrees, and checking them (RFC 9162 §2.1.3, §2.1.4).

use crate::tree::{Hash, empty_root, fold, node_hash, set_bits};

/// Reads the hashes of complete subtrees.
pub trait HashReader {
    /// Why a hash cannot be read.
    type Error;

    /// Hash of the complete subtree `index` at `level`: over the leaves from `index * 2^level` on, `2^level` of
    /// them; level 0 are the leaves themselves.
    ///
    /// # Errors
    /// The hash is not there or cannot be read.
    fn hash(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Root of the tree of the first `size` leaves.
///
/// # Errors
/// A hash cannot be read.
pub fn root_of<R: HashReader>(reader: &R, size: u64) -> Result<Hash, R::Error> {
    range_root(reader, 0, size)
}

/// Inclusion path of the leaf at `index` in the tree of the first `size` leaves, leaf to root; empty when the tree
/// has no such leaf.
///
/// # Errors
/// A hash cannot be read.
pub fn inclusion_path<R: HashReader>(reader: &R, index: u64, size: u64) -> Result<Vec<Hash>, R::Error> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while index < size && high - low > 1 {
        let middle = low + left_half(high - low);
        if index < middle {
            path.push(range_root(reader, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(reader, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Path that shows that the tree of the first `from` leaves is the beginning of the tree of the first `to`; empty
/// when they are the same, when `from` is zero, and when `from` is beyond `to`.
///
/// # Errors
/// A hash cannot be read.
pub fn consistency_path<R: HashReader>(reader: &R, from: u64, to: u64) -> Result<Vec<Hash>, R::Error> {
    let (mut low, mut high) = (0, to);
    let mut path = Vec::new();
    if from == 0 || from >= to {
        return Ok(path);
    }
    while from != high {
        let middle = low + left_half(high - low);
        if from <= middle {
            path.push(range_root(reader, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(reader, low, middle)?);
            low = middle;
        }
    }
    // The verifier knows the old root; it needs the subtree only where that is not the whole old tree.
    if low > 0 {
        path.push(range_root(reader, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` leads from the leaf at `index` to the `root` of a tree of `size` leaves (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for other in path {
        if last == 0 {
            return false;
        }
        if is_right(node) || node == last {
            hash = node_hash(other, &hash);
            skip_missing(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `from` leaves with root `old` is the beginning of the tree of `to` leaves
/// with root `new` (RFC 9162 §2.1.4.2). The tree without leaves is the beginning of every tree.
#[must_use]
pub fn verify_consistency(from: u64, to: u64, old: &Hash, new: &Hash, path: &[Hash]) -> bool {
    if from == to || from == 0 {
        return path.is_empty() && if from == to { old == new } else { from < to && *old == empty_root() };
    }
    let (start, rest) = match path.split_first() {
        _ if from > to => return false,
        None => return false,
        Some(_) if from.is_power_of_two() => (old, path),
        Some((start, rest)) => (start, rest),
    };
    let complete = (from - 1).trailing_ones();
    let (mut node, mut last) = ((from - 1) >> complete, (to - 1) >> complete);
    let (mut old_hash, mut new_hash) = (*start, *start);
    for other in rest {
        if last == 0 {
            return false;
        }
        if is_right(node) || node == last {
            old_hash = node_hash(other, &old_hash);
            new_hash = node_hash(other, &new_hash);
            skip_missing(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old_hash == *old && new_hash == *new
}

/// Root over the leaves from `low` to `high`, which begin a subtree large enough for them.
fn range_root<R: HashReader>(reader: &R, low: u64, high: u64) -> Result<Hash, R::Error> {
    let mut at = low;
    let mut hashes = Vec::new();
    for level in set_bits(high - low) {
        #[expect(clippy::cast_possible_truncation, reason = "a level is below 64")]
        hashes.push(reader.hash(level as u8, at >> level)?);
        at += 1 << level;
    }
    Ok(fold(&hashes).unwrap_or_else(empty_root))
}

/// Leaves of the left child of a node over `count` (at least two) leaves: the largest power of two below `count`.
fn left_half(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

fn is_right(node: u64) -> bool {
    node & 1 == 1
}

/// The last node of a level may have no sibling; it then stands for its parents, too.
fn skip_missing(node: &mut u64, last: &mut u64) {
    while *node != 0 && !is_right(*node) {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

#[cfg(test)]
pub(crate) mod tests;
