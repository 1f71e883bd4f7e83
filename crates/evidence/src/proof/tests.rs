use super::*;
use crate::tree::leaf_hash;
use proptest::prelude::*;
use std::convert::Infallible;

/// All complete subtrees of a tree, in memory.
pub(crate) struct Stored(Vec<Vec<Hash>>);

impl Stored {
    /// Over the leaves `0`, `1`, ….
    pub(crate) fn of(size: usize) -> Self {
        let mut levels = vec![(0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect::<Vec<Hash>>()];
        while levels.last().unwrap().len() > 1 {
            let below = levels.last().unwrap().chunks_exact(2);
            levels.push(below.map(|pair| node_hash(&pair[0], &pair[1])).collect());
        }
        Self(levels)
    }

    pub(crate) fn leaves(&self) -> &[Hash] {
        &self.0[0]
    }

    pub(crate) fn root(&self, size: usize) -> Hash {
        root_of(self, size as u64).unwrap()
    }

    pub(crate) fn path(&self, index: usize, size: usize) -> Vec<Hash> {
        inclusion_path(self, index as u64, size as u64).unwrap()
    }

    pub(crate) fn between(&self, from: usize, to: usize) -> Vec<Hash> {
        consistency_path(self, from as u64, to as u64).unwrap()
    }
}

impl HashReader for Stored {
    type Error = Infallible;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(level)][usize::try_from(index).unwrap()])
    }
}

/// The definitions of RFC 9162, word for word.
mod rfc {
    use super::*;

    pub(super) fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&mth(left), &mth(right))
            }
        }
    }

    pub(super) fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut path, other) = if index < left.len() {
            (path(index, left), mth(right))
        } else {
            (path(index - left.len(), right), mth(left))
        };
        path.push(other);
        path
    }

    pub(super) fn subproof(from: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
        if from == leaves.len() {
            return if is_known { Vec::new() } else { vec![mth(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut path, other) = if from <= left.len() {
            (subproof(from, left, is_known), mth(right))
        } else {
            (subproof(from - left.len(), right, false), mth(left))
        };
        path.push(other);
        path
    }

    fn split(count: usize) -> usize {
        count.next_power_of_two() / 2
    }
}

#[test]
fn paths_are_those_of_the_definitions() {
    let stored = Stored::of(70);
    for size in 1..=70 {
        let leaves = &stored.leaves()[..size];
        assert_eq!(stored.root(size), rfc::mth(leaves));
        for index in 0..size {
            assert_eq!(stored.path(index, size), rfc::path(index, leaves));
            assert_eq!(stored.between(index + 1, size), rfc::subproof(index + 1, leaves, true));
        }
    }
}

#[test]
fn every_leaf_of_every_tree_up_to_three_hundred_is_proved() {
    let stored = Stored::of(300);
    for size in 1..=300 {
        let root = stored.root(size);
        for index in 0..size {
            let path = stored.path(index, size);
            assert!(verify_inclusion(&stored.leaves()[index], index as u64, size as u64, &path, &root));
        }
    }
}

#[test]
fn every_pair_of_sizes_up_to_seventy_is_consistent() {
    let stored = Stored::of(70);
    for to in 0..=70 {
        for from in 0..=to {
            let path = stored.between(from, to);
            let (old, new) = (stored.root(from), stored.root(to));
            assert!(verify_consistency(from as u64, to as u64, &old, &new, &path), "{from} {to}");
            assert_eq!(verify_consistency(to as u64, from as u64, &new, &old, &path), from == to, "{from} {to}");
            // Of another history: the same size, another root.
            assert!(!verify_consistency(from as u64, to as u64, &[9; 32], &new, &path), "{from} {to}");
            assert!(to == 0 || from == 0 || !verify_consistency(from as u64, to as u64, &old, &[9; 32], &path));
        }
    }
}

#[test]
fn path_proves_no_other_leaf_and_index() {
    let stored = Stored::of(40);
    for size in 1..=40 {
        let root = stored.root(size);
        for (index, other) in (0..size).flat_map(|index| (0..size + 2).map(move |other| (index, other))) {
            let leaf = &stored.leaves()[index];
            let proves = verify_inclusion(leaf, other as u64, size as u64, &stored.path(index, size), &root);
            assert_eq!(proves, index == other, "{index} {other} of {size}");
        }
    }
}

#[test]
fn what_is_not_in_the_tree_has_no_path() {
    let stored = Stored::of(5);
    assert_eq!(stored.path(5, 5), Vec::<Hash>::new());
    assert_eq!(stored.between(6, 5), Vec::<Hash>::new());
    assert!(!verify_inclusion(&[0; 32], 0, 0, &[], &empty_root()));
    assert!(!verify_inclusion(&[0; 32], u64::MAX, u64::MAX, &[], &[0; 32]));
    assert!(!verify_consistency(3, 5, &[0; 32], &[0; 32], &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn large_trees_are_proved(size in 1_usize..6000, at: prop::sample::Index, from: prop::sample::Index) {
        let stored = Stored::of(size);
        let (index, from) = (at.index(size), from.index(size) + 1);
        let root = stored.root(size);
        let path = stored.path(index, size);
        prop_assert!(verify_inclusion(&stored.leaves()[index], index as u64, size as u64, &path, &root));
        let path = stored.between(from, size);
        prop_assert!(verify_consistency(from as u64, size as u64, &stored.root(from), &root, &path));
    }

    #[test]
    fn altered_paths_prove_nothing(
        size in 2_usize..600,
        at: prop::sample::Index,
        element: prop::sample::Index,
        byte in 0_usize..32,
        bit in 0_u8..8,
    ) {
        let stored = Stored::of(size);
        let index = at.index(size);
        let (leaf, root) = (stored.leaves()[index], stored.root(size));
        let proves = |path: &[Hash]| verify_inclusion(&leaf, index as u64, size as u64, path, &root);
        let sound = stored.path(index, size);
        let mut altered = sound.clone();
        altered[element.index(sound.len())][byte] ^= 1 << bit;
        prop_assert!(!proves(&altered));
        prop_assert!(!proves(&sound[1..]) && !proves(&sound[..sound.len() - 1]));
        prop_assert!(!proves(&[&sound[..], &[root]].concat()));

        let from = index + 1;
        let continues = |path: &[Hash]| {
            verify_consistency(from as u64, size as u64, &stored.root(from), &root, path)
        };
        let mut altered = stored.between(from, size);
        prop_assert!(!continues(&[&altered[..], &[root]].concat()));
        if !altered.is_empty() {
            let element = element.index(altered.len());
            altered[element][byte] ^= 1 << bit;
            prop_assert!(!continues(&altered));
            prop_assert!(!continues(&altered[1..]));
        }
    }

    #[test]
    fn any_claims_are_judged(from: u64, to: u64, path: Vec<[u8; 32]>) {
        let _ = verify_inclusion(&[0; 32], from, to, &path, &[1; 32]);
        let _ = verify_consistency(from, to, &[0; 32], &[1; 32], &path);
    }
}
