//! What a file of the disk holds, and what of it a loss of power leaves.

use super::Platter;

/// Bytes as they are read, those that are durable, and what lies between.
#[derive(Default)]
pub(super) struct Content {
    pub(super) seen: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) changes: Vec<Change>,
}

/// A change of a file's bytes.
pub(super) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Content {
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        let change = Change::Write { at, bytes: bytes.to_vec() };
        change.apply(&mut self.seen);
        self.changes.push(change);
    }

    pub(super) fn sync(&mut self) {
        let durable = &mut self.durable;
        self.changes.drain(..).for_each(|change| change.apply(durable));
    }

    /// The kernel forgets that pages were dirty: they are read back as written until power is lost.
    pub(super) fn forget(&mut self, platter: &mut Platter) {
        let kept = platter.below(self.changes.len() + 1);
        let durable = &mut self.durable;
        self.changes.drain(..).take(kept).for_each(|change| change.apply(durable));
    }

    pub(super) fn crash(&mut self, platter: &mut Platter) {
        let kept = platter.below(self.changes.len() + 1);
        for (number, change) in self.changes.drain(..).enumerate().take(kept + 1) {
            let torn = if number == kept { change.torn(platter) } else { change };
            torn.apply(&mut self.durable);
        }
        self.seen.clone_from(&self.durable);
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Truncate(length) => content.truncate(*length),
        }
    }

    fn torn(self, platter: &mut Platter) -> Self {
        let Self::Write { at, mut bytes } = self else { return self };
        let tear = platter.below(bytes.len() + 1);
        if platter.below(4) == 0 {
            // Blocks reach the disk in any order: a hole instead of an end.
            let end = tear + platter.below(bytes.len() - tear + 1);
            bytes[tear..end].fill(0);
        } else {
            bytes.truncate(tear);
        }
        Self::Write { at, bytes }
    }
}
