//! The Merkle tree of RFC 9162 §2.1 (SHA-256) and its growth at the right edge.

use security::digest::Sha256;

/// A hash of the tree: SHA-256.
pub type Hash = [u8; 32];

/// Hash of a leaf's bytes: `SHA-256(0x00 || leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut digest = Sha256::new();
    digest.update(&[0]);
    digest.update(leaf);
    digest.finish()
}

/// Hash of a node over its children: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update(&[1]);
    digest.update(left);
    digest.update(right);
    digest.finish()
}

/// Root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::new().finish()
}

/// The right edge of a tree: the hashes of its complete subtrees, largest first. All that is needed
/// to go on with the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a tree of `size` leaves; `None` when it has another number of complete subtrees
    /// than there are `hashes`.
    #[must_use]
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        (u64::from(size.count_ones()) == hashes.len() as u64).then_some(Self { size, hashes })
    }

    /// Leaves of the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the complete subtrees, largest first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.hashes).unwrap_or_else(empty_root)
    }

    /// Adds leaves, by their hashes, and gives what they made of the tree.
    pub fn grow(&mut self, leaves: &[Hash]) -> Growth {
        let from = self.size;
        let size = from + leaves.len() as u64;
        let mut levels = Vec::new();
        let mut made = leaves.to_vec();
        for level in 0..=u64::BITS - 1 - size.max(1).leading_zeros() {
            let row = Row::new(from >> level, self.subtree(level), made);
            made = row.parents();
            levels.push(row);
        }
        let growth = Growth { from, size, root: empty_root(), levels, edge: Vec::new() };
        self.hashes = set_bits(size).map(|level| growth.complete(level, (size >> level) - 1)).collect();
        self.size = size;
        Growth { root: self.root(), edge: growth.edge(), ..growth }
    }

    /// The complete subtree of `2^level` leaves at the edge, if there is one.
    fn subtree(&self, level: u32) -> Option<Hash> {
        let rest = self.size >> level;
        let larger = (rest >> 1).count_ones() as usize;
        (rest & 1 == 1).then(|| self.hashes.get(larger).copied()).flatten()
    }
}

/// What a growth made: enough to prove each new leaf in the new tree without reading anything else.
#[derive(Debug, Clone)]
pub struct Growth {
    from: u64,
    size: u64,
    root: Hash,
    levels: Vec<Row>,
    /// The last subtree of each level, complete or not.
    edge: Vec<Hash>,
}

impl Growth {
    /// Leaves before the growth: the index of the first new leaf.
    #[must_use]
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Leaves after the growth.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root after the growth.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Inclusion path of the new leaf at `index` in the new tree, leaf to root. Empty for a leaf that is not new
    /// (and, rightly, for the only leaf of a tree).
    #[must_use]
    pub fn path(&self, index: u64) -> Vec<Hash> {
        if index < self.from || index >= self.size {
            return Vec::new();
        }
        (0..).zip(&self.edge).filter_map(|(level, edge)| self.sibling(index, level, edge)).collect()
    }

    /// What a leaf's node of a level is joined with; none where it stands for its parent.
    fn sibling(&self, leaf: u64, level: u32, edge: &Hash) -> Option<Hash> {
        let (node, last) = (leaf >> level, (self.size - 1) >> level);
        match node & 1 {
            1 => Some(self.complete(level, node - 1)),
            _ if node == last => None,
            _ if node + 1 == last => Some(*edge),
            _ => Some(self.complete(level, node + 1)),
        }
    }

    /// From leaf to root: a node without a sibling stands for its parent.
    fn edge(&self) -> Vec<Hash> {
        let Some(last) = self.size.checked_sub(1).filter(|last| *last >= self.from) else { return Vec::new() };
        let mut hash = self.complete(0, last);
        let mut edge = Vec::with_capacity(self.levels.len());
        for (level, _) in (0..).zip(&self.levels) {
            edge.push(hash);
            let node = last >> level;
            if node & 1 == 1 {
                hash = node_hash(&self.complete(level, node - 1), &hash);
            }
        }
        edge
    }

    /// A complete subtree that was made, or taken over from the old tree's edge.
    fn complete(&self, level: u32, index: u64) -> Hash {
        let held = self.held(level, index);
        debug_assert!(
            held.is_some(),
            "subtree {index} of level {level} is not among those of {}..{}",
            self.from,
            self.size
        );
        held.unwrap_or_else(empty_root)
    }

    fn held(&self, level: u32, index: u64) -> Option<Hash> {
        let row = self.levels.get(level as usize)?;
        row.hashes.get(usize::try_from(index.checked_sub(row.first)?).ok()?).copied()
    }
}

/// Complete subtrees of one level, beginning with the edge's own if it has one there.
#[derive(Debug, Clone)]
struct Row {
    first: u64,
    hashes: Vec<Hash>,
}

impl Row {
    fn new(next: u64, edge: Option<Hash>, made: Vec<Hash>) -> Self {
        match edge {
            Some(edge) => Self { first: next - 1, hashes: [&[edge], made.as_slice()].concat() },
            None => Self { first: next, hashes: made },
        }
    }

    /// The row begins at an even index, so its pairs are whole nodes.
    fn parents(&self) -> Vec<Hash> {
        self.hashes.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect()
    }
}

/// Joins complete subtrees, largest first, into the hash over them all; `None` of none.
pub(crate) fn fold(hashes: &[Hash]) -> Option<Hash> {
    let (last, larger) = hashes.split_last()?;
    Some(larger.iter().rfold(*last, |right, left| node_hash(left, &right)))
}

/// Levels of the complete subtrees of a tree of `size` leaves, largest first.
pub(crate) fn set_bits(size: u64) -> impl Iterator<Item = u32> {
    (0..u64::BITS).rev().filter(move |level| (size >> level) & 1 == 1)
}

#[cfg(test)]
mod tests;
