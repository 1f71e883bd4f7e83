//! What the log's handles and its workers share.

use super::{LogConfig, book::Book, keys::Keys, private::Seals, queue::Queue};
use crate::{EvidenceError, accesses::Marks, disk::DiskLock};
use security::sign::Signer;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64},
};
use tracing::warn;

/// What the log's handles and its workers share.
pub(crate) struct Shared {
    pub(crate) config: LogConfig,
    pub(crate) seals: Seals,
    pub(crate) marks: Marks,
    pub(crate) queue: Queue,
    pub(crate) keys: RwLock<Arc<Keys>>,
    /// The certificate that vouches for the newest of them.
    pub(crate) signer: RwLock<Arc<Signer>>,
    /// The epochs, oldest first; the last one is the newest.
    pub(crate) books: Vec<Arc<Book>>,
    /// The epoch that is written.
    pub(crate) newest: Arc<Book>,
    /// Checkpoints signed.
    pub(crate) signed: AtomicU64,
    /// Entries of the newest epoch on the bus.
    pub(crate) mirrored: AtomicU64,
    /// Why the last group was refused.
    pub(crate) trouble: Mutex<Option<String>>,
    /// Why entries stay in the journal.
    pub(crate) uncut: Mutex<Option<String>>,
    /// Held by whoever removes what is over.
    pub(crate) pruning: Mutex<()>,
    /// Whether the journal's segment holds entries that were removed, so that another is to begin.
    pub(crate) rotate: AtomicBool,
    pub(crate) _lock: DiskLock,
}

impl Shared {
    /// The epoch that is written. There always is one.
    pub(crate) fn newest(&self) -> &Arc<Book> {
        &self.newest
    }

    pub(crate) fn book(&self, epoch: u64) -> Option<&Book> {
        self.books.iter().find(|book| book.origin.epoch() == epoch).map(|book| &**book)
    }

    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_signer(&self, signer: Arc<Signer>) {
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = signer;
    }

    /// Signs with other keys from now on, the newest checkpoint first.
    pub(crate) fn sign_with(&self, keys: Keys) -> Result<(), EvidenceError> {
        let keys = Arc::new(keys);
        let mut state = self.newest().write();
        if let Some(signed) = &state.signed {
            let again = keys.sign(&signed.checkpoint.origin, signed.checkpoint.size, signed.checkpoint.root)?;
            state.signed = Some(Arc::new(again));
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    pub(crate) fn set_trouble(&self, why: Option<String>) {
        let mut trouble = lock(&self.trouble);
        if trouble.is_some() != why.is_some() {
            let why = why.as_deref().unwrap_or("nothing");
            warn!(trouble = why, "whether evidence can be written has changed");
        }
        *trouble = why;
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    pub(crate) fn set_uncut(&self, why: Option<String>) {
        *lock(&self.uncut) = why;
    }

    pub(crate) fn why_uncut(&self) -> String {
        let why = lock(&self.uncut).clone();
        format!("too many entries wait to be moved to tiles{}", why.map(|why| format!(": {why}")).unwrap_or_default())
    }

    /// Takes the marks that are not in the index on disk from what is kept beside entries.
    pub(crate) fn load_accesses(&self) -> Result<(), EvidenceError> {
        for book in &self.books {
            let pruned = book.read().pruned;
            let mut next = book.accesses.load(pruned)?.max(pruned);
            while self.load_marks(book, &mut next)? {}
        }
        Ok(())
    }

    fn load_marks(&self, book: &Book, next: &mut u64) -> Result<bool, EvidenceError> {
        let entries = book.entries(*next, usize::MAX)?;
        for (index, entry) in (*next..).zip(&entries) {
            if let Some((_, private)) = self.seals.open(&book.name, index, &entry.sealed) {
                book.accesses.add(&private.marks, index);
            }
        }
        *next += entries.len() as u64;
        Ok(!entries.is_empty())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
