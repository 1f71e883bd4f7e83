use super::world::{World, subject};
use crate::{EvidenceError, disk::Disk as _};
use chrono::Duration;
use domain::Clock as _;
use std::{error::Error as _, path::Path};

/// Enough rounds without work for the disk to be tried again.
fn idle(world: &mut World) {
    for _ in 0..50 {
        world.worker.turn(std::time::Duration::ZERO);
    }
}

/// What the system said of a file or folder that cannot be used.
fn told(error: &EvidenceError, path: &Path) -> String {
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error.source().unwrap().to_string()
}

#[test]
fn full_disk_is_told_in_words_and_writing_goes_on_when_it_has_room() {
    let mut world = World::new(11);
    world.append(2);
    world.disk.fail_writes(2);
    let mut answers = world.enqueue(3);
    world.worker.turn(std::time::Duration::ZERO);
    let refused = answers.remove(0).try_recv().unwrap();
    assert!(matches!(refused, Err(EvidenceError::Unwritable(_))));
    let problem = world.log.problem().unwrap();
    assert!(problem.contains("No space left on device"), "{problem}");
    assert_eq!(world.log.size(), 2);

    world.disk.fail_writes(0);
    assert_eq!(world.append(1)[0].id.index(), 2);
    assert_eq!(world.log.problem(), None);
    world.crash();
    assert_eq!(world.log.size(), 3);
}

#[test]
fn disk_that_becomes_read_only_is_told_in_words_and_still_shows_what_was_recorded() {
    let mut world = World::new(19);
    let recorded = world.append(300);
    world.keep();
    let size = world.log.size();
    world.disk.set_read_only(true);
    let mut answers = world.enqueue(1);
    world.worker.turn(std::time::Duration::ZERO);
    let refused = answers.remove(0).try_recv().unwrap().err().unwrap();
    assert!(matches!(refused, EvidenceError::Unwritable(_)), "{refused}");
    assert!(refused.to_string().contains("Read-only file system"), "{refused}");
    world.keep();
    idle(&mut world);
    assert!(world.log.problem().unwrap().contains("Read-only file system"));
    assert!(world.log.evidence(&recorded[7].id).unwrap().is_some());
    // A month that has no key yet for the index of accesses.
    world.clock.advance(Duration::days(40));
    assert!(world.log.mark(&subject(1), world.clock.now()).is_err());

    world.disk.set_read_only(false);
    idle(&mut world);
    assert_eq!((world.log.problem(), world.log.size()), (None, size));
    assert_eq!(world.append(1)[0].id.index(), size);
}

#[test]
fn log_on_a_read_only_disk_is_not_opened_and_says_why() {
    let mut world = World::new(20);
    world.append(3);
    world.disk.set_read_only(true);
    let error = world.reopen().unwrap_err();
    assert!(told(&error, &world.config.folder).contains("Read-only file system"));
    world.disk.set_read_only(false);
    world.reopen().unwrap();
    assert_eq!(world.log.size(), 3);
}

#[test]
fn file_that_may_not_be_written_is_named() {
    let mut world = World::new(21);
    world.append(3);
    for name in [".lock", "1/journal/00000000000000000000.log"] {
        let (path, disk) = (world.file(name), world.disk.clone());
        disk.forbid(&path);
        let error = world.reopen().unwrap_err();
        let within = if name == ".lock" { &world.config.folder } else { path.parent().unwrap() };
        assert!(told(&error, within).contains("Permission denied"), "{name}");
        disk.forgive(&path);
    }
    world.reopen().unwrap();
    world.append(8_192);
    world.append(8_192);
    world.disk.forbid(&world.file("1/journal/00000000000000016387.log"));
    assert!(world.append(1).is_empty());
    assert!(world.log.problem().unwrap().contains("Permission denied"));
    assert_eq!(world.log.size(), 16_387);
}

#[test]
fn log_is_open_in_one_process_only() {
    let mut world = World::new(18);
    world.config.folder = world.file("real");
    let open = || crate::Log::open(world.config.clone());
    let first = open().unwrap();
    assert!(matches!(open(), Err(EvidenceError::InUse { .. })));
    drop(first);
    open().unwrap();
}

#[test]
fn idle_writer_finds_out_that_the_disk_takes_writes_again() {
    let mut world = World::new(12);
    world.disk.fail_syncs(1);
    assert!(world.append(1).is_empty());
    assert!(world.log.problem().is_some());
    idle(&mut world);
    assert_eq!(world.log.problem(), None);
    world.crash();
    assert_eq!(world.log.size(), 0);
}

#[test]
fn torn_end_of_the_journal_is_dropped() {
    let mut world = World::new(13);
    world.append(5);
    world.disk.break_after(1);
    assert!(world.append(4).is_empty());
    world.crash();
    assert!((5..=9).contains(&world.log.size()));
}

#[test]
fn groups_go_over_zeros_that_are_there_already() {
    let mut world = World::new(22);
    let path = world.file("1/journal/00000000000000000000.log");
    let length = |world: &World| world.disk.read(&path).unwrap().length().unwrap();
    world.append(1);
    let made = length(&world);
    world.append(100);
    assert_eq!(length(&world), made);
    // More than there are zeros for.
    world.append(3_000);
    assert!(length(&world) > made);

    // They are no entries, and are cut off when the log is opened.
    let before = length(&world);
    world.crash();
    assert!(length(&world) < before);
    assert_eq!(world.log.size(), 3_101);
    world.append(1);
    world.crash();
    assert_eq!(world.log.size(), 3_102);
}

#[test]
fn zeros_behind_a_segment_that_was_closed_are_room_and_nothing_else_is() {
    let mut world = World::new(24);
    for _ in 0..3 {
        world.append(8_192);
    }
    let name = "1/journal/00000000000000000000.log";
    let path = world.file(name);
    let mut closed = world.disk.open(&path).unwrap();
    let length = closed.length().unwrap();
    // As when power is lost before it is durable that they were cut off.
    closed.write_at(length, &[0; 1_000]).unwrap();
    closed.sync().unwrap();
    world.crash();
    assert_eq!(world.log.size(), 3 * 8_192);

    world.disk.flip(&path, usize::try_from(length).unwrap() + 500);
    let error = world.reopen().unwrap_err();
    assert!(is_damage(&error, name), "{error}");
}

#[test]
fn segment_that_began_with_a_failure_is_let_go_of_in_its_turn() {
    let mut world = World::new(25);
    for _ in 0..2 {
        world.append(8_192);
    }
    world.disk.fail_writes(1);
    let mut answers = world.enqueue(1);
    world.worker.turn(std::time::Duration::ZERO);
    assert!(answers.remove(0).try_recv().unwrap().is_err());
    for _ in 0..5 {
        world.append(8_192);
    }
    world.keep();
    assert_eq!(world.disk.list(&world.file("1/journal")).unwrap(), ["00000000000000049152.log"]);
    world.crash();
    assert_eq!(world.log.size(), 7 * 8_192);
}

#[test]
fn last_room_of_a_full_disk_is_used() {
    let mut world = World::new(23);
    // The group is written, the zeros behind it are not.
    world.disk.fail_writes_after(1, 2);
    assert_eq!(world.append(1).len(), 1);
    assert!(world.append(1).is_empty());
    assert!(world.log.problem().unwrap().contains("No space left on device"));
    assert_eq!(world.append(1)[0].id.index(), 1);
    world.crash();
    assert_eq!(world.log.size(), 2);
}

fn damage(name: &str, at: usize, prepare: impl FnOnce(&mut World)) -> EvidenceError {
    let mut world = World::new(14);
    prepare(&mut world);
    let path = world.file(name);
    world.disk.flip(&path, at);
    world.reopen().unwrap_err()
}

fn is_damage(error: &EvidenceError, name: &str) -> bool {
    matches!(error, EvidenceError::Damaged { path, .. } if path.ends_with(Path::new(name)))
}

#[test]
fn damage_before_what_is_durable_names_file_and_byte() {
    let journal = "1/journal/00000000000000000000.log";
    let error = damage(journal, 100, |world| {
        world.append(1);
        world.append(1);
    });
    assert!(is_damage(&error, journal), "{error}");
    assert!(error.to_string().contains("is damaged at byte 0"), "{error}");
}

#[test]
fn damage_at_the_end_of_what_was_signed_is_told_by_the_checkpoint() {
    let error = damage("1/journal/00000000000000000000.log", 100, |world| {
        world.append(1);
        world.keep();
    });
    assert!(is_damage(&error, "1/checkpoint"), "{error}");
}

#[test]
fn altered_tile_does_not_pass_for_the_signed_tree() {
    let error = damage("1/tile/0/000", 5, |world| {
        for _ in 0..3 {
            world.append(8_192);
        }
        world.keep();
    });
    assert!(is_damage(&error, "1/checkpoint"), "{error}");
}

#[test]
fn altered_bundle_is_told_when_it_is_read() {
    let mut world = World::new(15);
    let recorded = world.append(300);
    world.keep();
    world.disk.flip(&world.file("1/tile/entries/000"), 30);
    let error = world.log.evidence(&recorded[0].id).unwrap_err();
    assert!(is_damage(&error, "1/tile/entries/000"), "{error}");
}

#[test]
fn missing_hash_tile_is_made_again_from_the_entries() {
    use crate::Disk as _;
    let mut world = World::new(16);
    let recorded = world.append(8_192);
    world.append(8_192);
    world.append(8_192);
    world.keep();
    let tile = world.file("1/tile/0/000");
    world.disk.remove(&tile).unwrap();
    world.reopen().unwrap();
    assert!(world.log.evidence(&recorded[7].id).unwrap().is_some());
    assert!(world.disk.files().contains(&tile));
}

#[test]
fn too_many_entries_in_memory_stop_appending_until_they_are_moved() {
    let mut world = World::new(17);
    world.disk.fail_syncs(0);
    for _ in 0..8 {
        world.append(8_192);
    }
    assert_eq!(world.log.size(), 65_536);
    assert!(world.append(1).is_empty());
    assert!(world.log.problem().unwrap().contains("wait to be moved"));
    world.keep();
    assert_eq!(world.append(1).len(), 1);
    assert_eq!(world.log.problem(), None);
}
