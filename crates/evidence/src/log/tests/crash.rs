//! What was answered is in the log, whatever happens to the disk.
//!
//! 1. Every recorded answer is found again, with the same statement and salt.
//! 2. Every checkpoint ever handed out is one of the recovered log: it never falls back below a signed size, and
//!    never signs two roots at one size.
//! 3. Who asked about a subject is found again.
//! 4. The log can always be opened again, and stays in its epoch.

use super::world::{World, checkpoint, subject};
use crate::{Checkpoint, Hash, Note, Recorded, proof::root_of};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Op {
    Append(u64),
    Keep,
    Crash,
    FailWrites(u32),
    FailSyncs(u32),
    BreakAfter(u32),
    /// Loses power again while the log is opened.
    CrashTwice(u32),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (1..400_u64).prop_map(Op::Append),
        // Enough of them to begin segments of the journal and to drop others.
        2 => Just(Op::Append(8_000)),
        3 => Just(Op::Keep),
        2 => Just(Op::Crash),
        1 => (1..3_u32).prop_map(Op::FailWrites),
        1 => (1..3_u32).prop_map(Op::FailSyncs),
        2 => (0..40_u32).prop_map(Op::BreakAfter),
        1 => (0..12_u32).prop_map(Op::CrashTwice),
    ]
}

#[derive(Default)]
struct Handed {
    recorded: Vec<Recorded>,
    roots: BTreeMap<u64, Hash>,
}

impl Handed {
    fn take(&mut self, recorded: Vec<Recorded>) {
        for one in recorded {
            let signed = checkpoint(&one.message().unwrap());
            let root = *self.roots.entry(signed.size).or_insert(signed.root);
            assert_eq!(root, signed.root, "two roots at size {}", signed.size);
            self.recorded.push(one);
        }
    }

    /// The checkpoint that is signed when the log is opened.
    fn sign(&mut self, world: &World) {
        let note = Note::parse(world.log.checkpoint().as_bytes()).unwrap();
        let signed = Checkpoint::parse(note.text()).unwrap();
        assert_eq!(*self.roots.entry(signed.size).or_insert(signed.root), signed.root);
    }

    fn check(&self, world: &World) {
        assert_eq!(world.log.epoch(), 1);
        assert!(world.log.size() >= self.roots.keys().next_back().copied().unwrap_or(0));
        let reader = world.log.shared().unwrap().newest().reader();
        for (size, root) in &self.roots {
            assert_eq!(root_of(&reader, *size).unwrap(), *root);
        }
        let mut by_subject: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for (number, one) in self.recorded.iter().enumerate() {
            if number % 37 == 0 || number + 1 == self.recorded.len() {
                let evidence = world.log.evidence(&one.id).unwrap().unwrap();
                assert_eq!(evidence.receipt.statement, one.message().unwrap().statement);
                assert_eq!(evidence.receipt.salt, one.message().unwrap().salt);
            }
            let resource = one.message().unwrap().statement.unwrap().resource;
            let number: u64 = resource["resource-".len()..].parse().unwrap();
            by_subject.entry(number % 7).or_default().push(one.id.to_string());
        }
        for (number, ids) in by_subject {
            let found = world.log.accesses(&subject(number), None, usize::MAX).unwrap();
            let found: std::collections::BTreeSet<_> = found.iter().map(ToString::to_string).collect();
            assert!(ids.iter().all(|id| found.contains(id)));
        }
    }
}

fn apply(world: &mut World, handed: &mut Handed, op: &Op) {
    match op {
        Op::Append(count) => handed.take(world.append(*count)),
        Op::Keep => world.keep(),
        Op::Crash => {
            world.crash();
            handed.sign(world);
        }
        Op::FailWrites(count) => world.disk.fail_writes(*count),
        Op::FailSyncs(count) => world.disk.fail_syncs(*count),
        Op::BreakAfter(changes) => world.disk.break_after(*changes),
        Op::CrashTwice(changes) => {
            world.disk.crash();
            world.disk.break_after(*changes);
            let _ = world.reopen();
            world.crash();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn what_was_answered_stays_answered(seed: u64, ops in prop::collection::vec(op(), 1..14)) {
        let mut world = World::new(seed);
        let mut handed = Handed::default();
        for op in &ops {
            apply(&mut world, &mut handed, op);
            if matches!(op, Op::Crash | Op::CrashTwice(_)) {
                handed.check(&world);
            }
        }
        world.crash();
        handed.check(&world);
        world.keep();
        handed.take(world.append(300));
        handed.check(&world);
    }
}
