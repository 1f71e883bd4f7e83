//! The log on this node's disk: appending, proving, reading.
//!
//! ```text
//! <folder>/seal.key  entries.key                  keys of what is sealed, the second under the first
//! <folder>/marks/<yyyy-mm>.key                    keys of marks, one a month
//! <folder>/<epoch>/journal/<first entry>.log      what was appended lately, see `frame`
//! <folder>/<epoch>/tile/…                         full tiles and bundles, as C2SP tlog-tiles names them
//! <folder>/<epoch>/private/<bundle>               what is kept beside a bundle's entries, sealed
//! <folder>/<epoch>/accesses/<block>               who asked about whom, see `accesses`
//! <folder>/<epoch>/checkpoint                     the newest checkpoint, written now and then
//! <folder>/<epoch>/keys                           verifier keys of all keys that ever signed the epoch
//! <folder>/<epoch>/previous                       last known checkpoint of the epoch before
//! <folder>/<epoch>/cosigned                       the newest checkpoint that witnesses cosigned
//! <folder>/<epoch>/pruned                         how many entries were removed
//! ```
mod book;
mod commit;
mod config;
mod cutting;
mod draft;
mod edge;
mod frame;
mod journal;
mod keys;
mod opening;
mod private;
mod queue;
mod reading;
mod recovery;
mod retention;
mod shared;
#[cfg(test)]
pub(crate) mod tests;
mod witness;
mod worker;

pub(crate) use self::{book::Book, private::Seals, shared::Shared};
pub use self::{
    config::LogConfig,
    draft::{Draft, Evidence, Mark, Private, Recorded},
    worker::{LogKeeper, LogWorker},
};

use self::{
    keys::Keys,
    queue::{Committed, Pending},
    reading::Since,
};
use crate::{
    EvidenceError, EvidenceId, VerifierKey,
    accesses::{Marks, Search},
    commitment::subject_bytes,
    disk::{Disk, RealDisk},
    proof::consistency_path,
    receipt::Proof,
    tile::{MAX_ENTRY, TilePath},
    tree::Hash,
};
use contract::v1::Statement;
use domain::{Identifier, Timestamp};
use prost::Message as _;
use security::sign::{LogKey, Signer};
use std::sync::{Arc, OnceLock, atomic::Ordering};

/// What an evidence id may add to a statement that has none yet, in bytes.
const LONGEST_ID: usize = 128;
/// Longest signature of a request that is kept, in bytes.
const LONGEST_SIGNATURE: usize = 64 << 10;
/// Most subjects that one statement may be about.
const MOST_MARKS: usize = 1_000;

/// The evidence log of this node; a cheap clone.
#[derive(Clone)]
pub struct Log(Arc<OnceLock<Arc<Shared>>>);

impl Log {
    /// A log that is not open yet: nothing can be recorded, and [`Log::problem`] says so.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::default())
    }

    /// Opens a log that is not open yet, with all its clones, as [`Log::open`] does.
    ///
    /// # Errors
    /// As [`Log::open`]; [`EvidenceError::Closed`] when it was opened before.
    pub fn open_now(&self, config: LogConfig) -> Result<(LogWorker, LogKeeper), EvidenceError> {
        self.open_here(config, Arc::new(RealDisk))
    }

    fn open_here(&self, config: LogConfig, disk: Arc<dyn Disk>) -> Result<(LogWorker, LogKeeper), EvidenceError> {
        let (shared, worker, keeper) = opening::open(config, disk)?;
        self.0.set(shared).map_err(|_| EvidenceError::Closed)?;
        Ok((worker, keeper))
    }

    fn opened(&self) -> Result<&Arc<Shared>, EvidenceError> {
        self.0.get().ok_or(EvidenceError::Closed)
    }

    /// Opens the log on the disk of this machine. Run both workers, each on a thread of its own:
    /// without the first nothing is appended, without the second appending ends after 65,536 entries.
    ///
    /// # Errors
    /// The disk cannot be read or written, or is damaged; keys cannot be used.
    pub fn open(config: LogConfig) -> Result<(Self, LogWorker, LogKeeper), EvidenceError> {
        Self::open_on(config, Arc::new(RealDisk))
    }

    /// As [`Log::open`], on another disk. Keys stand on the disk of this machine all the same.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_on(config: LogConfig, disk: Arc<dyn Disk>) -> Result<(Self, LogWorker, LogKeeper), EvidenceError> {
        let log = Self::closed();
        let (worker, keeper) = log.open_here(config, disk)?;
        Ok((log, worker, keeper))
    }

    /// Appends a statement and comes back when it is durable and signed.
    ///
    /// # Errors
    /// Nothing was signed, and the answer must not leave.
    pub async fn append(&self, draft: Draft) -> Result<Recorded, EvidenceError> {
        if draft.statement.encoded_len() + LONGEST_ID > MAX_ENTRY
            || draft.private.signature.len() > LONGEST_SIGNATURE
            || draft.private.marks.len() > MOST_MARKS
        {
            return Err(EvidenceError::EntryTooLong);
        }
        let (pending, answer) = Pending::new(draft);
        self.opened()?.queue.push(pending)?;
        let committed = answer.await.map_err(|_| EvidenceError::Closed)??;
        self.recorded(committed)
    }

    /// The mark of a subject at an instant. Blocks shortly in the first call of a month.
    ///
    /// # Errors
    /// The month's key cannot be read or made.
    pub fn mark(&self, subject: &Identifier, at: Timestamp) -> Result<Mark, EvidenceError> {
        self.opened()?.marks.mark(&subject_bytes(subject), at)
    }

    /// Who asked about a subject: ids of the evidence, newest first, over all epochs and months kept;
    /// at most `most` before `before`. Blocking.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn accesses(
        &self,
        subject: &Identifier,
        before: Option<&EvidenceId>,
        most: usize,
    ) -> Result<Vec<EvidenceId>, EvidenceError> {
        let log = self.opened()?;
        let marks = log.marks.all(&subject_bytes(subject));
        let mut found = Vec::new();
        for book in log.books.iter().rev() {
            let before = match before {
                Some(id) if id.epoch() < book.origin.epoch() => continue,
                Some(id) if id.epoch() == book.origin.epoch() => id.index(),
                _ => u64::MAX,
            };
            let pruned = book.read().pruned;
            let search = Search { marks: &marks, before, most: most - found.len() };
            let indexes = book.accesses.find(&log.seals, &search)?;
            found.extend(indexes.into_iter().filter(|index| *index >= pruned).map(|index| book.origin.evidence(index)));
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }

    /// The evidence of one exchange, of any epoch kept; `None` when there is none. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn evidence(&self, id: &EvidenceId) -> Result<Option<Evidence>, EvidenceError> {
        reading::evidence(self.opened()?, id)
    }

    /// What the log says of one exchange, without its proof; `None` when there is none. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn statement(&self, id: &EvidenceId) -> Result<Option<Statement>, EvidenceError> {
        let book = self.opened()?.book(id.epoch()).filter(|book| book.origin.node() == id.node());
        Ok(book.map(|book| reading::statements(book, id.index(), 1)).transpose()?.and_then(|mut found| found.pop()))
    }

    /// Statements since an instant, oldest first, to rebuild counters from. Blocking. What does not
    /// open under the node's key comes with an empty [`Private`].
    pub fn since(&self, at: Timestamp) -> impl Iterator<Item = Result<(Statement, Private), EvidenceError>> + use<> {
        self.0.get().map(|log| Since::new(Arc::clone(log), at)).into_iter().flatten()
    }

    /// The statements from index `from` on, at most `most`. Blocking.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn statements(&self, from: u64, most: usize) -> Result<Vec<Statement>, EvidenceError> {
        reading::statements(self.opened()?.newest(), from, most)
    }

    /// The newest checkpoint, a signed note.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        let signed = self.0.get().and_then(|log| log.newest().signed());
        signed.map(|signed| signed.note.clone()).unwrap_or_default()
    }

    /// Newest checkpoint of an epoch, a signed note. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn checkpoint_of(&self, epoch: u64) -> Result<Option<String>, EvidenceError> {
        Ok(self.opened()?.book(epoch).and_then(Book::signed).map(|signed| signed.note.clone()))
    }

    /// A tile or entry bundle of the newest epoch by its path (`tile/0/x001/234`, `tile/entries/005.p/12`,
    /// C2SP tlog-tiles); `None` when there is none, or not yet. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tile(&self, path: &str) -> Result<Option<Vec<u8>>, EvidenceError> {
        self.tile_of(self.epoch(), path)
    }

    /// As [`Log::tile`], of any epoch kept. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tile_of(&self, epoch: u64, path: &str) -> Result<Option<Vec<u8>>, EvidenceError> {
        match (self.opened()?.book(epoch), TilePath::parse(path)) {
            (Some(book), Some(path)) => book.tile(path),
            _ => Ok(None),
        }
    }

    /// Path that shows that the tree of `from` entries is the beginning of the tree of `to`. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, EvidenceError> {
        consistency_path(&self.opened()?.newest().reader(), from, to.min(self.size()))
    }

    /// Epochs on disk, oldest first.
    #[must_use]
    pub fn epochs(&self) -> Vec<u64> {
        self.0.get().into_iter().flat_map(|log| &log.books).map(|book| book.origin.epoch()).collect()
    }

    /// The epoch that is written.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.0.get().map_or(0, |log| log.newest().origin.epoch())
    }

    /// The origin that is written, `<exchange>/<node>/<epoch>`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.get().map(|log| log.newest().name.clone()).unwrap_or_default()
    }

    /// Entries in the newest checkpoint.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.get().map_or(0, |log| log.newest().size())
    }

    /// Checkpoints signed since the log was opened.
    #[must_use]
    pub fn signed(&self) -> u64 {
        self.0.get().map_or(0, |log| log.signed.load(Ordering::Relaxed))
    }

    /// Entries that are not on the bus yet.
    #[must_use]
    pub fn mirror_lag(&self) -> u64 {
        self.0.get().map_or(0, |log| self.size().saturating_sub(log.mirrored.load(Ordering::Relaxed)))
    }

    /// Why nothing can be written now, in words; `None` when it can.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let Some(log) = self.0.get() else { return Some("the evidence log is not open yet".to_owned()) };
        let closed = || log.queue.is_closed().then(|| "nobody writes it".to_owned());
        log.trouble().or_else(closed).map(|why| format!("evidence cannot be written: {why}"))
    }

    /// Reads the key file again: when it has changed, all keys in it sign from now on, one of which must have signed before.
    /// Says whether it had changed. Nothing is done to a log that is not open yet. Blocking.
    ///
    /// # Errors
    /// The file cannot be used, or holds none of the keys that sign.
    pub fn reload_key(&self) -> Result<bool, EvidenceError> {
        let Some(log) = self.0.get() else { return Ok(false) };
        let path = &log.config.key;
        let present = LogKey::read_all(path)?;
        if log.keys().are(&present) {
            return Ok(false);
        }
        if !log.keys().share(&present) {
            return Err(EvidenceError::OtherKeys { path: path.clone() });
        }
        let book = log.newest();
        keys::remember(&*book.disk, &book.folder.join("keys"), keys::verifier_keys(&book.origin, &present)?)?;
        log.sign_with(Keys::new(&book.origin, present, &log.signer())?)?;
        Ok(true)
    }

    /// Takes a renewed certificate, whose key signs the verifier key from now on. Nothing is done to a log that is not open
    /// yet: it is opened with the certificate of that moment.
    ///
    /// # Errors
    /// It cannot sign.
    pub fn renew_signer(&self, signer: Arc<Signer>) -> Result<(), EvidenceError> {
        let Some(log) = self.0.get() else { return Ok(()) };
        let keys = log.keys().vouched_by(&signer)?;
        log.set_signer(signer);
        log.sign_with(keys)
    }

    /// Removes entries, what was kept beside them, and their index, where a whole file is older than `before`;
    /// hash tiles stay, so that proofs go on. [`LogKeeper`] does it by itself after `retention`. Blocking.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn prune(&self, before: Timestamp) -> Result<(), EvidenceError> {
        retention::prune(self.opened()?, before)
    }

    /// Takes in a checkpoint of this log that a witness cosigned; gives how many entries it covers. Blocking.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when it is not of this log, says another history, or the witness's signature is not
    /// good; the disk refuses.
    pub fn add_cosignature(&self, note: &str, key: &VerifierKey) -> Result<u64, EvidenceError> {
        witness::add(self.opened()?, note, key)
    }

    /// The newest checkpoint that a witness cosigned, if any. Blocking.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn cosigned(&self) -> Result<Option<String>, EvidenceError> {
        witness::newest(self.opened()?.newest())
    }

    pub(crate) fn shared(&self) -> Result<&Arc<Shared>, EvidenceError> {
        self.opened()
    }

    /// Puts the receipt together; off the writing thread.
    pub(crate) fn recorded(&self, committed: Committed) -> Result<Recorded, EvidenceError> {
        let Committed { leaf, salt, index, leaf_hash, growth, signed } = committed;
        let proof = Proof { index, leaf_hash, path: growth.path(index), checkpoint: signed.note.clone() };
        let id = self.opened()?.newest().origin.evidence(index);
        Ok(Recorded { id, receipt: signed.vouched.encode(&leaf, &salt, &proof) })
    }
}

/// An error with what is behind it, in one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text
}
