use super::*;
use crate::proof::tests::Stored;
use proptest::prelude::*;

/// Leaves and roots of the test data of Certificate Transparency.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_certificate_transparency() {
    let mut frontier = Frontier::new();
    assert_eq!(hex::encode(frontier.root()), ROOTS[0]);
    assert_eq!(frontier.root(), empty_root());
    for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        frontier.grow(&[leaf_hash(&hex::decode(leaf).unwrap())]);
        assert_eq!(hex::encode(frontier.root()), *root);
    }
}

#[test]
fn frontier_needs_one_hash_for_each_complete_subtree() {
    assert!(Frontier::from_parts(7, vec![[0; 32]; 3]).is_some());
    assert!(Frontier::from_parts(7, vec![[0; 32]; 2]).is_none());
    assert!(Frontier::from_parts(u64::MAX, vec![[0; 32]; 64]).is_some());
    assert_eq!(Frontier::from_parts(0, Vec::new()), Some(Frontier::new()));
}

#[test]
fn growth_from_any_size_to_any_proves_its_own_leaves() {
    let stored = Stored::of(130);
    for from in 0..=66 {
        let before = grown(&stored, &[from]).0;
        for size in from..=130 {
            let mut frontier = before.clone();
            let growth = frontier.grow(&stored.leaves()[from..size]);
            assert_eq!(frontier, grown(&stored, &[size]).0);
            assert_eq!((growth.from(), growth.size(), growth.root()), (from as u64, size as u64, frontier.root()));
            for index in from..size {
                assert_eq!(growth.path(index as u64), stored.path(index, size), "{index} of {from}..{size}");
            }
        }
    }
}

#[test]
fn leaves_that_are_not_new_have_no_path() {
    let stored = Stored::of(20);
    let growth = grown(&stored, &[10, 20]).1;
    assert_eq!(growth.path(9), Vec::<Hash>::new());
    assert_eq!(growth.path(20), Vec::<Hash>::new());
    assert_eq!(growth.path(u64::MAX), Vec::<Hash>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn groups_of_any_size_make_the_same_tree(groups in prop::collection::vec(0_usize..700, 1..12)) {
        let ends: Vec<usize> = groups.iter().scan(0, |end, group| { *end += group; Some(*end) }).collect();
        let size = *ends.last().unwrap();
        let stored = Stored::of(size);
        let (frontier, growth) = grown(&stored, &ends);
        prop_assert_eq!(frontier.root(), stored.root(size));
        let again = Frontier::from_parts(frontier.size(), frontier.hashes().to_vec());
        prop_assert_eq!(again, Some(frontier));
        for index in growth.from()..growth.size() {
            prop_assert_eq!(growth.path(index), stored.path(usize::try_from(index).unwrap(), size));
        }
    }
}

/// The edge after growing to each of the sizes in turn, and the last growth.
fn grown(stored: &Stored, ends: &[usize]) -> (Frontier, Growth) {
    let mut frontier = Frontier::new();
    let mut last = frontier.grow(&[]);
    for end in ends {
        let from = usize::try_from(frontier.size()).unwrap();
        last = frontier.grow(&stored.leaves()[from..*end]);
    }
    (frontier, last)
}
