use super::world::World;
use crate::{Checkpoint, EvidenceError, Mirrored, Note, disk::LossyDisk};
use security::sign::LogKey;
use std::fs;

fn first_leaf(world: &World) -> contract::v1::Statement {
    world.log.statements(0, 1).unwrap().remove(0)
}

#[test]
fn disk_that_continues_the_bus_goes_on() {
    let mut world = World::new(31);
    world.append(5);
    world.config.mirrored = Some(world.mirrored());
    world.append(5);
    world.crash();
    assert_eq!((world.log.epoch(), world.log.size()), (1, 10));
}

#[test]
fn empty_disk_begins_an_epoch_that_names_the_last_checkpoint_known() {
    let mut world = World::new(32);
    world.append(5);
    let mirrored = world.mirrored();
    let old_key = fs::read(&world.config.key).unwrap();
    world.config.mirrored = Some(mirrored.clone());
    world.disk = LossyDisk::new(3);
    world.reopen().unwrap();
    assert_eq!((world.log.origin(), world.log.size()), ("exchange/city/2".to_owned(), 1));
    let first = first_leaf(&world);
    assert_eq!((first.previous_checkpoint.as_str(), first.method.as_str()), (mirrored.checkpoint.as_str(), ""));
    assert_eq!(first.evidence_id, "city-2-0");
    assert_ne!(fs::read(&world.config.key).unwrap(), old_key);
    assert_eq!(fs::read(world.config.key.with_extension("key.1")).unwrap(), old_key);
    world.append(2);
    world.crash();
    assert_eq!((world.log.epoch(), world.log.size()), (2, 3));
}

#[test]
fn disk_put_back_to_an_older_state_begins_an_epoch() {
    let mut world = World::new(33);
    world.append(3);
    let own = LogKey::read_all(&world.config.key).unwrap();
    let longer = Checkpoint { origin: world.log.origin(), size: 5, root: [9; 32] }.sign(&own).unwrap().to_string();
    world.config.mirrored = Some(Mirrored { checkpoint: longer.clone(), ..world.mirrored() });
    world.crash();
    assert_eq!((world.log.epoch(), world.log.epochs()), (2, vec![1, 2]));
    assert_eq!(first_leaf(&world).previous_checkpoint, longer);
}

#[test]
fn another_tree_on_the_bus_begins_an_epoch() {
    let mut world = World::new(35);
    world.append(5);
    let own = LogKey::read_all(&world.config.key).unwrap();
    let other = Checkpoint { origin: world.log.origin(), size: 4, root: [1; 32] }.sign(&own).unwrap();
    world.config.mirrored = Some(Mirrored { checkpoint: other.to_string(), ..world.mirrored() });
    world.crash();
    assert_eq!(world.log.epoch(), 2);
}

#[test]
fn checkpoint_on_the_bus_that_none_of_our_keys_signed_is_passed_over() {
    let mut world = World::new(36);
    world.append(5);
    let other = Checkpoint { origin: world.log.origin(), size: 400, root: [1; 32] };
    let other = other.sign(&[LogKey::generate().unwrap()]).unwrap();
    world.config.mirrored = Some(Mirrored { checkpoint: other.to_string(), ..world.mirrored() });
    world.crash();
    assert_eq!((world.log.epoch(), world.log.size()), (1, 5));
}

#[test]
fn lost_key_begins_an_epoch_and_old_evidence_stays_proved() {
    let mut world = World::new(37);
    let old = world.append(300);
    world.keep();
    fs::remove_file(&world.config.key).unwrap();
    world.crash();
    assert_eq!((world.log.epoch(), world.log.size()), (2, 1));
    let evidence = world.log.evidence(&old[299].id).unwrap().unwrap();
    let note = Note::parse(&evidence.receipt.checkpoint).unwrap();
    assert!(note.signed_by(&evidence.receipt.verifier_key.parse().unwrap()));
    assert!(note.text().starts_with("exchange/city/1\n300\n"));
    assert_eq!(first_leaf(&world).previous_checkpoint, note.to_string());
    assert!(world.log.checkpoint_of(1).unwrap().is_some());
    assert!(world.log.tile_of(1, "tile/0/000").unwrap().is_some());
    let subject = super::world::subject(1);
    let all = world.log.accesses(&subject, None, 1_000).unwrap();
    assert_eq!(all.len(), 43);
    world.append(10);
    assert_eq!(world.log.accesses(&subject, None, 3).unwrap()[0].to_string(), "city-2-9");
}

#[test]
fn crash_at_any_point_of_a_new_epoch_leaves_one_that_names_the_old() {
    for changes in 0..40 {
        let mut world = World::new(100 + u64::from(changes));
        world.append(5);
        world.keep();
        world.config.mirrored = Some(Mirrored {
            checkpoint: Checkpoint { origin: world.log.origin(), size: 9, root: [1; 32] }
                .sign(&LogKey::read_all(&world.config.key).unwrap())
                .unwrap()
                .to_string(),
            ..world.mirrored()
        });
        world.disk.break_after(changes);
        let _ = world.reopen();
        world.crash();
        assert_eq!((world.log.epoch(), world.log.size()), (2, 1), "{changes}");
        assert!(first_leaf(&world).previous_checkpoint.starts_with("exchange/city/1\n9\n"), "{changes}");
    }
}

#[test]
fn added_key_signs_beside_the_old_one_and_receipts_name_it() {
    let mut world = World::new(38);
    let before = world.append(1).remove(0);
    LogKey::add(&world.config.key).unwrap();
    world.log.reload_key().unwrap();
    let after = world.append(1).remove(0);
    assert_ne!(before.message().unwrap().verifier_key, after.message().unwrap().verifier_key);
    let note = Note::parse(&after.message().unwrap().checkpoint).unwrap();
    for key in [before, after].map(|one| one.message().unwrap().verifier_key) {
        assert!(note.signed_by(&key.parse().unwrap()));
    }
    world.crash();
    assert_eq!(world.log.epoch(), 1);
}

#[test]
fn file_without_any_of_the_keys_that_sign_is_refused() {
    let mut world = World::new(39);
    fs::remove_file(&world.config.key).unwrap();
    LogKey::create(&world.config.key).unwrap();
    assert!(matches!(world.log.reload_key(), Err(EvidenceError::OtherKeys { .. })));
    assert_eq!(world.append(1).len(), 1);
}

#[test]
fn renewed_certificate_vouches_from_the_next_receipt_on() {
    let mut world = World::new(40);
    world.log.renew_signer(crate::test_kit::signer()).unwrap();
    assert_eq!(world.append(1)[0].message().unwrap().certificate_chain, crate::test_kit::signer().chain());
}
