//! Reading what was recorded.

use super::{Evidence, Private, Shared, book::Book, cutting::time_of};
use crate::{
    EvidenceError, EvidenceId,
    proof::{inclusion_path, verify_inclusion},
    receipt::Proof,
    tile::{Bundle, TILE_WIDTH, TilePath},
    tree::leaf_hash,
};
use contract::v1::Statement;
use domain::Timestamp;
use prost::Message as _;
use std::{collections::VecDeque, sync::Arc};

/// Entries read at once.
const PORTION: usize = 256;
/// How far statements may stand out of the order of their times.
const DISORDER: chrono::Duration = chrono::Duration::minutes(15);

/// The evidence of one exchange, proved against the newest checkpoint of its epoch.
pub(crate) fn evidence(shared: &Shared, id: &EvidenceId) -> Result<Option<Evidence>, EvidenceError> {
    let Some(book) = shared.book(id.epoch()).filter(|book| book.origin.node() == id.node()) else {
        return Ok(None);
    };
    let Some(entry) = book.entries(id.index(), 1)?.pop() else { return Ok(None) };
    let signed = book.signed().filter(|signed| signed.checkpoint.size > id.index()).ok_or(EvidenceError::Unproven)?;
    let statement = statement(book, id.index(), &entry.leaf)?;
    let (index, leaf_hash) = (id.index(), leaf_hash(&entry.leaf));
    let path = inclusion_path(&book.reader(), index, signed.checkpoint.size)?;
    if !verify_inclusion(&leaf_hash, index, signed.checkpoint.size, &path, &signed.checkpoint.root) {
        return Err(damaged(book, index, "is not what was signed"));
    }
    let (salt, private) = shared.seals.open(&book.name, index, &entry.sealed).unzip();
    let proof = Proof { index, leaf_hash, path, checkpoint: signed.note.clone() };
    let receipt = signed.vouched.receipt(statement, salt.as_ref(), proof);
    Ok(Some(Evidence { id: id.clone(), receipt, private }))
}

/// Statements that the newest checkpoint covers, from `from` on.
pub(crate) fn statements(book: &Book, from: u64, most: usize) -> Result<Vec<Statement>, EvidenceError> {
    let most = usize::try_from(book.size().saturating_sub(from)).unwrap_or(usize::MAX).min(most);
    let mut statements = Vec::new();
    while statements.len() < most {
        let next = from + statements.len() as u64;
        let leaves = book.leaves(next, most - statements.len())?;
        if leaves.is_empty() {
            break;
        }
        for (index, leaf) in (next..).zip(&leaves) {
            statements.push(statement(book, index, leaf)?);
        }
    }
    Ok(statements)
}

/// Statements since an instant with what is kept beside them, oldest first.
pub(crate) struct Since {
    shared: Arc<Shared>,
    at: Timestamp,
    /// Which epoch is read, and its next entry once that is known.
    book: usize,
    next: Option<u64>,
    ready: VecDeque<(Statement, Private)>,
}

impl Since {
    pub(crate) fn new(shared: Arc<Shared>, at: Timestamp) -> Self {
        Self { shared, at, book: 0, next: None, ready: VecDeque::new() }
    }

    /// Reads the next portion; `false` when there is no more.
    fn read(&mut self) -> Result<bool, EvidenceError> {
        let Some(book) = self.shared.books.get(self.book) else { return Ok(false) };
        let from = match self.next {
            Some(next) => next,
            None => first_since(book, self.at.checked_sub_signed(DISORDER).unwrap_or(self.at))?,
        };
        let entries = book.entries(from, PORTION)?;
        self.next = Some(from + entries.len() as u64);
        if entries.is_empty() {
            (self.book, self.next) = (self.book + 1, None);
        }
        for (index, entry) in (from..).zip(&entries) {
            if time_of(&entry.leaf).is_some_and(|time| time >= self.at) {
                let statement = statement(book, index, &entry.leaf)?;
                let private = self.shared.seals.open(&book.name, index, &entry.sealed);
                self.ready.push_back((statement, private.map(|(_, private)| private).unwrap_or_default()));
            }
        }
        Ok(true)
    }
}

impl Iterator for Since {
    type Item = Result<(Statement, Private), EvidenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(Ok(ready));
            }
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.book = usize::MAX;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The first entry of the bundle before the first one that begins at `at` or later. Bundles are in order of time.
fn first_since(book: &Book, at: Timestamp) -> Result<u64, EvidenceError> {
    let width = u64::from(TILE_WIDTH);
    let (pruned, total) = {
        let state = book.read();
        (state.pruned, state.total())
    };
    let (mut low, mut high) = (pruned / width, total.div_ceil(width));
    while low < high {
        let middle = low + (high - low) / 2;
        let begins = book.leaves(middle * width, 1)?.first().and_then(|leaf| time_of(leaf));
        if begins.is_some_and(|begins| begins < at) { low = middle + 1 } else { high = middle }
    }
    Ok((low.saturating_sub(1) * width).max(pruned))
}

fn statement(book: &Book, index: u64, leaf: &[u8]) -> Result<Statement, EvidenceError> {
    Statement::decode(leaf).map_err(|_| damaged(book, index, "is no statement"))
}

fn damaged(book: &Book, index: u64, what: &str) -> EvidenceError {
    let bundle = Bundle { index: index / u64::from(TILE_WIDTH), width: TILE_WIDTH };
    EvidenceError::damaged(&book.path(TilePath::Entries(bundle)), 0, format!("entry {index} {what}"))
}
