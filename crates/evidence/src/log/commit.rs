//! Group commit: one write, one sync, one signature for all that wait.

use super::{
    Shared,
    book::{Book, Entry},
    frame::{self, Parts},
    journal::{Journal, Write},
    keys::Signed,
    queue::{Committed, Pending},
    told,
};
use crate::{
    EvidenceError, Growth,
    tree::{Frontier, Hash, leaf_hash},
};
use bytes::Bytes;
use std::sync::{Arc, atomic::Ordering};

/// Entries that may wait to be cut into bundles; beyond them nothing is appended.
const WINDOW: usize = 65_536;

/// The writing end of the log; there is one.
pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) book: Arc<Book>,
    pub(crate) journal: Journal,
    pub(crate) frontier: Frontier,
}

/// A group as it goes to disk.
struct Group {
    bytes: Vec<u8>,
    parts: Vec<Parts>,
    hashes: Vec<Hash>,
}

/// A group that is durable and signed.
struct Done {
    leaves: Vec<Bytes>,
    hashes: Vec<Hash>,
    growth: Arc<Growth>,
    signed: Arc<Signed>,
}

impl Committer {
    /// Makes a group durable, signs the tree that it makes, and tells everybody in it.
    pub(crate) fn commit(&mut self, mut pending: Vec<Pending>) {
        match self.write(&mut pending) {
            Ok(done) => {
                self.shared.set_trouble(None);
                reply(pending, &done);
            }
            Err(error) => {
                let why = reason(&error);
                self.shared.set_trouble(Some(why.clone()));
                for one in pending {
                    // Who asked may be gone.
                    drop(one.reply.send(Err(EvidenceError::Unwritable(why.clone()))));
                }
            }
        }
    }

    /// Tries whether the disk takes writes again, when it did not.
    pub(crate) fn probe(&mut self) {
        if self.shared.trouble().is_some() && self.has_room(1) {
            match self.journal.probe() {
                Ok(()) => self.shared.set_trouble(None),
                Err(error) => self.shared.set_trouble(Some(error.to_string())),
            }
        }
    }

    fn write(&mut self, pending: &mut [Pending]) -> Result<Done, EvidenceError> {
        if !self.has_room(pending.len()) {
            return Err(EvidenceError::Unwritable(self.shared.why_uncut()));
        }
        let first = self.frontier.size();
        let group = self.encode(first, pending)?;
        let begins_segment = self.shared.rotate.load(Ordering::Relaxed);
        let segment = self.journal.write(&Write { bytes: &group.bytes, first, begins_segment });
        let segment = segment.map_err(|error| EvidenceError::Unwritable(error.to_string()))?;
        if segment.is_some() {
            self.shared.rotate.store(false, Ordering::Relaxed);
        }
        let growth = self.frontier.grow(&group.hashes);
        let Group { bytes, parts, hashes } = group;
        let bytes = Bytes::from(bytes);
        let entry = |parts: Parts| Entry { leaf: bytes.slice(parts.leaf), sealed: bytes.slice(parts.sealed) };
        let entries: Vec<_> = parts.into_iter().map(entry).collect();
        let leaves = entries.iter().map(|entry| entry.leaf.clone()).collect();
        let signed = self.publish((entries, &hashes), segment, pending)?;
        Ok(Done { leaves, hashes, growth: Arc::new(growth), signed })
    }

    fn encode(&self, first: u64, pending: &mut [Pending]) -> Result<Group, EvidenceError> {
        let mut group = Group {
            bytes: Vec::with_capacity(pending.len() * 1024),
            parts: Vec::with_capacity(pending.len()),
            hashes: Vec::with_capacity(pending.len()),
        };
        for (index, one) in (first..).zip(pending) {
            let draft = &mut one.draft;
            draft.statement.evidence_id = self.book.origin.evidence(index).to_string();
            let sealed = self.shared.seals.seal(&self.book.name, index, &draft.salt, &draft.private)?;
            let parts = frame::encode(&mut group.bytes, (index, index == first), &draft.statement, &sealed)?;
            group.hashes.push(leaf_hash(&group.bytes[parts.leaf.clone()]));
            group.parts.push(parts);
        }
        Ok(group)
    }

    /// Signs what is durable now, and lets everybody see it. It stays in the log even if it could not be signed.
    fn publish(
        &self,
        (entries, hashes): (Vec<Entry>, &[Hash]),
        segment: Option<u64>,
        pending: &[Pending],
    ) -> Result<Arc<Signed>, EvidenceError> {
        let signed = self.shared.keys().sign(&self.book.name, self.frontier.size(), self.frontier.root());
        let first = self.frontier.size() - pending.len() as u64;
        for (index, one) in (first..).zip(pending) {
            self.book.accesses.add(&one.draft.private.marks, index);
        }
        let mut state = self.book.write();
        state.window.extend(entries);
        state.edge.extend(hashes);
        state.segments.extend(segment);
        let signed = Arc::new(signed?);
        state.signed = Some(Arc::clone(&signed));
        drop(state);
        self.shared.signed.fetch_add(1, Ordering::Relaxed);
        Ok(signed)
    }

    fn has_room(&self, more: usize) -> bool {
        self.book.read().window.len() + more <= WINDOW
    }
}

fn reply(pending: Vec<Pending>, done: &Done) {
    let places = done.leaves.iter().zip(&done.hashes).zip(done.growth.from()..);
    for (one, ((leaf, leaf_hash), index)) in pending.into_iter().zip(places) {
        let committed = Committed {
            leaf: leaf.clone(),
            salt: one.draft.salt,
            index,
            leaf_hash: *leaf_hash,
            growth: Arc::clone(&done.growth),
            signed: Arc::clone(&done.signed),
        };
        // Who asked may be gone.
        drop(one.reply.send(Ok(committed)));
    }
}

/// Why a group was refused, without saying twice that it was.
fn reason(error: &EvidenceError) -> String {
    match error {
        EvidenceError::Unwritable(why) => why.clone(),
        other => told(other),
    }
}
