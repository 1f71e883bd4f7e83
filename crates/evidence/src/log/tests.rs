mod crash;
mod epochs;
mod faults;
mod keeping;
mod world;

pub(crate) use self::world::World;
use crate::{Note, VerifierKey, proof::verify_inclusion, tree::leaf_hash};
use prost::Message as _;

#[test]
fn receipts_of_one_group_share_a_checkpoint_and_lead_to_it() {
    let mut world = World::new(1);
    world.append(3);
    let recorded = world.append(5);
    let notes: Vec<_> = recorded.iter().map(|one| Note::parse(&one.message().unwrap().checkpoint).unwrap()).collect();
    assert!(notes.windows(2).all(|pair| pair[0] == pair[1]));
    for (index, one) in (3..).zip(&recorded) {
        let key: VerifierKey = one.message().unwrap().verifier_key.parse().unwrap();
        assert!(notes[0].signed_by(&key));
        let statement = one.message().unwrap().statement.unwrap();
        assert_eq!((one.id.index(), &one.id.to_string()), (index, &statement.evidence_id));
        let (leaf, path) = (leaf_hash(&statement.encode_to_vec()), world::path(&one.message().unwrap()));
        assert_eq!(leaf.as_slice(), one.message().unwrap().leaf_hash);
        let checkpoint = world::checkpoint(&one.message().unwrap());
        assert!(verify_inclusion(&leaf, index, 8, &path, &checkpoint.root));
    }
    assert_eq!((world.log.size(), world.log.origin()), (8, "exchange/city/1".to_owned()));
}

#[test]
fn later_evidence_is_proved_against_the_newest_checkpoint() {
    let mut world = World::new(2);
    let recorded = world.append(300);
    world.keep();
    world.append(50);
    for one in [&recorded[0], &recorded[255], &recorded[256], &recorded[299]] {
        let evidence = world.log.evidence(&one.id).unwrap().unwrap();
        assert_eq!(evidence.receipt.statement, one.message().unwrap().statement);
        assert_eq!(evidence.receipt.salt, one.message().unwrap().salt);
        assert_eq!(evidence.receipt.checkpoint, world.log.checkpoint().into_bytes());
        assert_eq!(evidence.private.unwrap().signature, b"signed by the caller");
    }
    let other = "city-1-350".parse().unwrap();
    assert!(world.log.evidence(&other).unwrap().is_none());
    assert!(world.log.evidence(&"town-1-3".parse().unwrap()).unwrap().is_none());
    assert!(world.log.evidence(&"city-2-3".parse().unwrap()).unwrap().is_none());
}

#[test]
fn statement_longer_than_an_entry_is_refused_alone() {
    let mut world = World::new(3);
    let mut long = world.draft(0);
    long.statement.matter = "x".repeat(crate::MAX_ENTRY);
    let refused = pollster::block_on(world.log.append(long));
    assert!(matches!(refused, Err(crate::EvidenceError::EntryTooLong)));
    assert_eq!(world.append(1).len(), 1);
}

#[test]
fn closed_log_refuses_and_leaves_nobody_waiting() {
    let world = World::new(4);
    let mut answer = world.enqueue(1).pop().unwrap();
    let World { log, worker, .. } = world;
    drop(worker);
    assert!(matches!(answer.try_recv(), Ok(Err(crate::EvidenceError::Closed))));
    let late = Box::pin(log.append(World::new(5).draft(0)));
    assert!(matches!(pollster::block_on(late), Err(crate::EvidenceError::Closed)));
}

#[test]
fn writer_at_work_answers_and_ends_with_everything_written() {
    let world = World::new(6);
    let drafts: Vec<_> = (0..20).map(|n| world.draft(n)).collect();
    let answers = world.enqueue(30);
    let World { log, worker, .. } = world;
    worker.run(&|_| true);
    assert_eq!(log.size(), 30);
    assert!(answers.into_iter().all(|mut answer| answer.try_recv().unwrap().is_ok()));
    assert!(pollster::block_on(log.append(drafts[0].clone())).is_err());
}

#[test]
fn full_queue_is_told_at_once() {
    let world = World::new(7);
    world.enqueue(8_192);
    let refused = pollster::block_on(world.log.append(world.draft(0)));
    assert!(matches!(refused, Err(crate::EvidenceError::Busy)));
}
