use super::*;
use crate::proof::{HashReader as _, consistency_path, inclusion_path, root_of, tests::Stored};
use proptest::prelude::*;
use std::cell::Cell;

#[test]
fn paths_are_those_of_the_specification() {
    let tile = Tile { level: 0, index: 1_234_067, width: 256 };
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    assert_eq!(Tile { level: 1, index: 0, width: 17 }.path(), "tile/1/000.p/17");
    assert_eq!(Bundle { index: 999, width: 256 }.path(), "tile/entries/999");
    assert_eq!(Bundle { index: 1000, width: 1 }.path(), "tile/entries/x001/000.p/1");
}

#[test]
fn tree_of_seventy_thousand_has_the_tiles_of_the_specification() {
    let in_tree = |level, index| Tile::in_tree(level, index, 70_000).map(|tile| tile.width);
    let hashes = |level| Tile::hashes(level, 70_000);
    assert_eq!((hashes(0), hashes(1), hashes(2), hashes(3), hashes(u8::MAX)), (70_000, 273, 1, 0, 0));
    assert_eq!((in_tree(0, 272), in_tree(0, 273), in_tree(0, 274)), (Some(256), Some(112), None));
    assert_eq!((in_tree(1, 0), in_tree(1, 1), in_tree(1, 2)), (Some(256), Some(17), None));
    assert_eq!((in_tree(2, 0), in_tree(2, 1), in_tree(3, 0)), (Some(1), None, None));
    assert_eq!(Tile::in_tree(1, 0, 256).map(|tile| tile.width), Some(1));
    assert_eq!(Tile::in_tree(63, u64::MAX, u64::MAX), None);
    assert_eq!(Bundle::in_tree(273, 70_000), Some(Bundle { index: 273, width: 112 }));
}

#[test]
fn paths_written_otherwise_are_refused() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/67",
        "tile/00/067",
        "tile/64/067",
        "tile/-1/067",
        "tile/+1/067",
        "tile/0/0067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/067/",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/01",
        "tile/0/067.p/",
        "tile/0/067.p/1/",
        "tile/0/../067",
        "/tile/0/067",
        "tile/entries",
        "tile/entries/",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(TilePath::parse(path), None, "{path}");
    }
    let last = "tile/63/x018/x446/x744/x073/x709/x551/615";
    assert_eq!(TilePath::parse(last), Some(TilePath::Hashes(Tile { level: 63, index: u64::MAX, width: 256 })));
}

#[test]
fn subtrees_are_found_in_their_tiles() {
    let stored = Stored::of(1000);
    for level in 0..10 {
        for index in 0..1000_u64 >> level {
            let place = Place::of(level, index);
            let tile = Tile::in_tree(place.level, place.index, 1000).unwrap();
            let first = place.index * 256;
            let hashes = first..first + u64::from(tile.width);
            let bytes: Vec<u8> = hashes.flat_map(|at| stored.hash(place.level * 8, at).unwrap()).collect();
            assert_eq!(place.hash_in(&bytes), stored.hash(level, index).ok(), "{index} at {level}");
            assert_eq!(place.hash_in(&bytes[..usize::from(place.first) * 32]), None);
        }
    }
}

#[test]
fn tree_is_read_through_its_tiles_each_once() {
    let stored = Stored::of(1000);
    for size in [1, 255, 256, 257, 700, 1000] {
        let reads = Cell::new(0);
        let reader = TileReader::new(size, |tile: &Tile| {
            reads.set(reads.get() + 1);
            let first = tile.index * 256;
            let hashes = first..first + u64::from(tile.width);
            Ok(hashes.flat_map(|at| stored.hash(tile.level * 8, at).unwrap()).collect())
        });
        assert_eq!(root_of(&reader, size).unwrap(), root_of(&stored, size).unwrap());
        for from in (1..=size).step_by(37) {
            let index = from - 1;
            assert_eq!(inclusion_path(&reader, index, size).unwrap(), inclusion_path(&stored, index, size).unwrap());
            assert_eq!(consistency_path(&reader, from, size).unwrap(), consistency_path(&stored, from, size).unwrap());
        }
        assert!(reads.get() <= 5, "{}", reads.get());
        assert!(reader.hash(0, size).is_err() && reader.hash(63, 1).is_err());
    }
    let narrow = TileReader::new(10, |_: &Tile| Ok(vec![0; 9 * 32]));
    assert!(narrow.hash(0, 8).is_ok() && narrow.hash(0, 9).is_err());
}

#[test]
fn entries_have_their_length_before_them() {
    assert_eq!(encode_entries(&["ab", "", "c"]).unwrap(), b"\x00\x02ab\x00\x00\x00\x01c");
    assert!(encode_entries(&[vec![0; MAX_ENTRY]]).is_ok());
    assert!(matches!(encode_entries(&[vec![0; MAX_ENTRY + 1]]), Err(EvidenceError::EntryTooLong)));
    assert!(decode_entries(&[0; 512]).is_ok());
    for broken in [&[0][..], &[0, 1], &[0, 0, 0, 2, 1], &[0; 514]] {
        assert!(decode_entries(broken).is_err());
    }
}

proptest! {
    #[test]
    fn every_path_reads_back(level in 0_u8..64, index: u64, width in 1_u16..=256) {
        let tile = TilePath::Hashes(Tile { level, index, width });
        prop_assert_eq!(TilePath::parse(&tile.to_string()), Some(tile));
        let bundle = TilePath::Entries(Bundle { index, width });
        prop_assert_eq!(TilePath::parse(&bundle.to_string()), Some(bundle));
    }

    #[test]
    fn any_path_is_read_or_refused(path in "(tile/)?([0-9x/.p]|entries){0,20}") {
        if let Some(read) = TilePath::parse(&path) {
            prop_assert_eq!(read.to_string(), path);
        }
    }

    #[test]
    fn every_bundle_reads_back(entries: Vec<Vec<u8>>) {
        let bytes = encode_entries(&entries).unwrap();
        prop_assert_eq!(decode_entries(&bytes).unwrap(), entries);
    }

    #[test]
    fn any_bytes_are_a_bundle_or_not(bytes: Vec<u8>) {
        if let Ok(entries) = decode_entries(&bytes) {
            prop_assert_eq!(encode_entries(&entries).unwrap(), bytes);
        }
    }
}
