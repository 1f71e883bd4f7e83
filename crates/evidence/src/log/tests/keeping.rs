use super::world::{World, subject};
use crate::{Disk as _, proof::verify_consistency};
use chrono::Duration;
use domain::Clock as _;

#[test]
fn full_groups_move_to_tiles_and_are_served_from_there() {
    let mut world = World::new(21);
    world.append(700);
    let from_memory: Vec<_> = ["tile/0/000", "tile/entries/001", "tile/0/002.p/188", "tile/1/000.p/2"]
        .map(|path| world.log.tile(path).unwrap().unwrap())
        .into();
    world.keep();
    world.crash();
    let from_disk: Vec<_> = ["tile/0/000", "tile/entries/001", "tile/0/002.p/188", "tile/1/000.p/2"]
        .map(|path| world.log.tile(path).unwrap().unwrap())
        .into();
    assert_eq!(from_memory, from_disk);
    for name in ["1/tile/0/001", "1/tile/entries/000", "1/private/001", "1/checkpoint"] {
        assert!(world.disk.files().contains(&world.file(name)), "{name}");
    }
    assert_eq!(world.log.tile("tile/0/000.p/9").unwrap().map(|tile| tile.len()), Some(9 * 32));
    assert_eq!(world.log.tile("tile/entries/002.p/189").unwrap(), None);
    assert_eq!(world.log.tile("tile/0/002").unwrap(), None);
    assert_eq!(world.log.tile("tile/../journal").unwrap(), None);
}

#[test]
fn journal_lets_go_of_what_is_in_tiles() {
    let mut world = World::new(22);
    for _ in 0..5 {
        world.append(8_192);
    }
    let journals = |world: &World| world.disk.list(&world.file("1/journal")).unwrap().len();
    assert_eq!(journals(&world), 3);
    world.keep();
    assert_eq!(journals(&world), 1);
    world.append(3);
    world.crash();
    assert_eq!(world.log.size(), 5 * 8_192 + 3);
}

#[test]
fn consistency_is_proved_over_tiles_and_memory() {
    let mut world = World::new(23);
    world.append(400);
    let old = world.log.checkpoint();
    world.keep();
    world.append(300);
    let size_and_root = |note: &str| {
        let note = crate::Note::parse(note.as_bytes()).unwrap();
        let checkpoint = crate::Checkpoint::parse(note.text()).unwrap();
        (checkpoint.size, checkpoint.root)
    };
    let ((from, old), (to, new)) = (size_and_root(&old), size_and_root(&world.log.checkpoint()));
    let path = world.log.consistency(from, to).unwrap();
    assert!(verify_consistency(from, to, &old, &new, &path));
}

#[test]
fn accesses_of_a_subject_are_found_newest_first_across_months() {
    let mut world = World::new(24);
    world.append(10);
    world.clock.advance(Duration::days(40));
    world.append(10);
    let ids = |found: Vec<crate::EvidenceId>| found.iter().map(crate::EvidenceId::index).collect::<Vec<_>>();
    let all = world.log.accesses(&subject(1), None, 100).unwrap();
    assert_eq!(ids(all.clone()), [18, 11, 8, 1]);
    assert_eq!(ids(world.log.accesses(&subject(1), Some(&all[1]), 1).unwrap()), [8]);
    world.crash();
    assert_eq!(ids(world.log.accesses(&subject(1), None, 100).unwrap()), [18, 11, 8, 1]);
    assert_eq!(ids(world.log.accesses(&subject(9), None, 100).unwrap()), [] as [u64; 0]);
}

#[test]
fn accesses_are_found_in_closed_blocks_and_in_the_open_one() {
    let mut world = World::new(25);
    for _ in 0..9 {
        world.append(8_000);
        world.keep();
    }
    assert!(world.disk.files().contains(&world.file("1/accesses/0000000000")));
    let before = world.log.accesses(&subject(3), None, usize::MAX).unwrap();
    world.crash();
    let after = world.log.accesses(&subject(3), None, usize::MAX).unwrap();
    assert_eq!(before, after);
    assert!(after.windows(2).all(|pair| pair[0].index() > pair[1].index()));
    assert_eq!(after.len(), 9 * 1_143);
    let before_40_000 = world.log.accesses(&subject(3), after.iter().find(|id| id.index() < 40_000), 5).unwrap();
    assert!(before_40_000.len() == 5 && before_40_000[0].index() < 40_000);
}

#[test]
fn time_over_removes_entries_and_marks_but_no_hashes() {
    let mut world = World::new(26);
    let old = world.append(600);
    world.clock.advance(Duration::days(60));
    world.append(100);
    world.keep();
    world.log.prune(world.clock.now() - Duration::days(1)).unwrap();
    assert!(world.log.evidence(&old[511].id).unwrap().is_none());
    assert!(world.log.evidence(&old[512].id).unwrap().is_some(), "shares a bundle with what is kept");
    assert_eq!(world.log.tile("tile/entries/001").unwrap(), None);
    assert!(world.log.tile("tile/0/001").unwrap().is_some());
    world.crash();
    assert_eq!(world.log.size(), 700);
    assert!(!world.disk.files().contains(&world.file("1/tile/entries/001")));
    assert!(world.log.accesses(&subject(1), None, 1_000).unwrap().iter().all(|id| id.index() >= 600));
    assert_eq!(world.append(1)[0].id.index(), 700);
    world.keep();
    assert!(!world.disk.files().contains(&world.file("1/tile/entries/001")));
}

#[test]
fn journal_does_not_keep_what_was_removed() {
    let mut world = World::new(29);
    world.append(512);
    world.keep();
    world.clock.advance(Duration::days(60));
    world.log.prune(world.clock.now()).unwrap();
    world.append(256);
    world.keep();
    let segments = world.disk.list(&world.file("1/journal")).unwrap();
    assert_eq!(segments, ["00000000000000000512.log"]);
    world.crash();
    assert_eq!(world.log.size(), 768);
}

#[test]
fn ended_epoch_goes_once_all_of_it_is_over() {
    let mut world = World::new(30);
    let old = world.append(300);
    world.keep();
    std::fs::remove_file(&world.config.key).unwrap();
    world.crash();
    world.clock.advance(Duration::days(10));
    world.append(1);
    world.log.prune(world.clock.now()).unwrap();
    assert!(world.log.evidence(&old[299].id).unwrap().is_none());
    let has_journal = |path: &std::path::PathBuf| path.starts_with(world.file("1/journal"));
    assert!(!world.disk.files().iter().any(has_journal));
    world.crash();
    assert_eq!((world.log.epochs(), world.log.size()), (vec![2], 2));
}

#[test]
fn retention_is_kept_without_being_asked() {
    let mut world = World::new(27);
    world.config.retention = Some(std::time::Duration::from_hours(24 * 365));
    world.reopen().unwrap();
    world.append(256);
    world.keep();
    world.clock.advance(Duration::days(366));
    world.keep();
    assert_eq!(world.log.tile("tile/entries/000").unwrap(), None);
    assert_eq!(world.log.size(), 256);
}

#[test]
fn statements_since_an_instant_come_with_what_counts() {
    let mut world = World::new(28);
    world.append(700);
    world.keep();
    world.clock.advance(Duration::hours(1));
    let since = world.clock.now();
    world.append(300);
    let read: Vec<_> = world.log.since(since).map(Result::unwrap).collect();
    assert_eq!(read.len(), 300);
    assert!(read.iter().all(|(_, private)| private.counted && private.weight == 1));
    assert_eq!(read[0].0.evidence_id, "city-1-700");
    let all = world.log.since(since - Duration::days(1)).count();
    assert_eq!(all, 1_000);
    assert_eq!(world.log.statements(690, 20).unwrap().len(), 20);
    assert_eq!(world.log.statements(995, 20).unwrap().len(), 5);
}
