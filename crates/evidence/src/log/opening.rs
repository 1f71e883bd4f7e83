//! Which epoch goes on, and the start of a new one.
//!
//! An epoch goes on only when the disk continues the newest checkpoint known on the bus and a key that signed it is
//! still there. Otherwise a new one begins, with a new key; its first leaf names the last known checkpoint.

use super::{
    Draft, LogConfig, LogKeeper, LogWorker, Marks, Private, Seals, Shared,
    book::Book,
    commit::Committer,
    journal::Journal,
    keys::{self, Keys},
    queue::{Pending, Queue},
    recovery::{self, Place},
};
use crate::{
    Checkpoint, EvidenceError, Note, Origin, Salt,
    disk::{Disk, DiskLock, read_whole, write_whole},
    proof::root_of,
};
use contract::{convert::to_wire, v1::Statement};
use security::{seal::SealingKey, sign::LogKey};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64},
    },
};
use tracing::{info, warn};

/// File of an epoch with the last known checkpoint of the one before.
const PREVIOUS: &str = "previous";
const KEYS: &str = "keys";

/// The epoch that goes on.
struct Going {
    book: Book,
    journal: Journal,
    keys: Keys,
}

/// What the bus knows of this node's log.
struct Known {
    note: Note,
    checkpoint: Checkpoint,
    origin: Origin,
}

/// What is needed to open epochs.
struct Opening {
    config: LogConfig,
    disk: Arc<dyn Disk>,
    /// Epochs on disk, in order.
    epochs: Vec<u64>,
    lock: DiskLock,
}

pub(crate) fn open(
    config: LogConfig,
    disk: Arc<dyn Disk>,
) -> Result<(Arc<Shared>, LogWorker, LogKeeper), EvidenceError> {
    let opening = Opening::new(config, disk)?;
    let going = opening.going()?;
    let ended = opening.ended(going.book.origin.epoch());
    let Opening { config, disk, lock, .. } = opening;
    let signer = Arc::clone(&config.signer);
    let seal = Arc::new(SealingKey::at(&config.folder.join("seal.key"))?);
    let seals = Seals::at(&*disk, &config.folder.join("entries.key"), &seal)?;
    let marks = Marks::open(Arc::clone(&disk), config.folder.join("marks"), seal, config.offset)?;
    marks.prepare(config.clock.now())?;
    let frontier = recovery::frontier(&going.book)?;
    let first = going.keys.sign(&going.book.name, frontier.size(), frontier.root())?;
    going.book.write().signed = Some(Arc::new(first));
    let book = Arc::new(going.book);
    let books = ended.into_iter().map(Arc::new).chain([Arc::clone(&book)]).collect();
    let shared = Arc::new(Shared {
        config,
        seals,
        marks,
        queue: Queue::default(),
        keys: RwLock::new(Arc::new(going.keys)),
        signer: RwLock::new(signer),
        books,
        newest: Arc::clone(&book),
        signed: AtomicU64::new(0),
        mirrored: AtomicU64::new(0),
        trouble: Mutex::default(),
        uncut: Mutex::default(),
        pruning: Mutex::default(),
        rotate: AtomicBool::new(false),
        _lock: lock,
    });
    shared.load_accesses()?;
    let mut committer = Committer { shared: Arc::clone(&shared), book, journal: going.journal, frontier };
    begin(&mut committer)?;
    let keeper = LogKeeper::new(Arc::clone(&shared));
    Ok((shared, LogWorker::new(committer), keeper))
}

/// Appends the first leaf of a later epoch, unless it is there.
fn begin(committer: &mut Committer) -> Result<(), EvidenceError> {
    let book = Arc::clone(&committer.book);
    if committer.frontier.size() > 0 || book.origin.epoch() == 1 {
        return Ok(());
    }
    let path = book.folder.join(PREVIOUS);
    let previous = read_whole(&*book.disk, &path).map_err(|source| EvidenceError::disk(&path, source))?;
    let previous = String::from_utf8(previous.unwrap_or_default());
    let statement = Statement {
        time: Some(to_wire(committer.shared.config.clock.now())),
        previous_checkpoint: previous.map_err(|_| EvidenceError::damaged(&path, 0, "is not text"))?,
        ..Statement::default()
    };
    let (pending, mut answer) = Pending::new(Draft { statement, salt: Salt::random()?, private: Private::default() });
    committer.commit(vec![pending]);
    answer.try_recv().unwrap_or(Err(EvidenceError::Closed)).map(drop)
}

impl Opening {
    fn new(config: LogConfig, disk: Arc<dyn Disk>) -> Result<Self, EvidenceError> {
        let failed = |source| EvidenceError::disk(&config.folder, source);
        // Keys stand on the machine's own disk, whichever the log is on.
        crate::disk::RealDisk.make_folder(&config.folder).map_err(failed)?;
        disk.make_folder(&config.folder).map_err(failed)?;
        let lock = disk.lock(&config.folder.join(".lock")).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => EvidenceError::InUse { folder: config.folder.clone() },
            _ => failed(error),
        })?;
        let names = disk.list(&config.folder).map_err(failed)?;
        let mut epochs: Vec<u64> = names.iter().filter_map(|name| crate::tile::decimal(name)).collect();
        epochs.sort_unstable();
        let mut opening = Self { config, disk, epochs, lock };
        while opening.newest_is_not_begun()? {
            opening.epochs.pop();
        }
        Ok(opening)
    }

    /// Whether the newest epoch is a folder that a crash left without the checkpoint that it follows.
    fn newest_is_not_begun(&self) -> Result<bool, EvidenceError> {
        let Some(epoch) = self.epochs.last().filter(|epoch| **epoch > 1) else { return Ok(false) };
        let path = self.folder(*epoch).join(PREVIOUS);
        Ok(read_whole(&*self.disk, &path).map_err(|source| EvidenceError::disk(&path, source))?.is_none())
    }

    /// The epoch that goes on: the newest on disk if it can, or else a new one.
    fn going(&self) -> Result<Going, EvidenceError> {
        let Some(newest) = self.epochs.last().copied() else {
            return match self.known() {
                None => self.start(1),
                Some(known) => self.start_after(known.origin.epoch(), None),
            };
        };
        let place = self.place(newest)?;
        let (book, journal) = recovery::open(&place)?;
        if let Some(why) = self.why_not(&book)? {
            warn!(origin = book.name, why, "the evidence log cannot go on: a new epoch begins");
            let kept = recovery::kept_checkpoint(&*self.disk, &place.folder)?.map(|(note, _)| note);
            return self.start_after(newest, kept);
        }
        let keys = self.keys(&place)?;
        Ok(Going { book, journal, keys })
    }

    /// Why the newest epoch on disk cannot go on; `None` when it can.
    fn why_not(&self, book: &Book) -> Result<Option<&'static str>, EvidenceError> {
        let total = book.read().total();
        let remembered = keys::remembered(&*self.disk, &book.folder.join(KEYS))?;
        if !remembered.is_empty() {
            let Some(present) = keys::in_file(&self.config.key)? else { return Ok(Some("its key is gone")) };
            if !keys::verifier_keys(&book.origin, &present)?.iter().any(|key| remembered.contains(key)) {
                return Ok(Some("its key was replaced"));
            }
        }
        let Some(known) = self.known() else { return Ok(None) };
        if known.origin.epoch() != book.origin.epoch() {
            let later = known.origin.epoch() > book.origin.epoch();
            return Ok(later.then_some("the bus knows a later epoch"));
        }
        if !remembered.iter().any(|key| known.note.signed_by(key)) {
            warn!(origin = book.name, "the checkpoint on the bus is signed by none of the log's keys: passed over");
            return Ok(None);
        }
        if known.checkpoint.size > total {
            return Ok(Some("the bus knows more of it than the disk"));
        }
        let root = root_of(&book.reader(), known.checkpoint.size)?;
        Ok((root != known.checkpoint.root).then_some("the bus knows another tree"))
    }

    /// Starts the epoch after all that disk and bus know. `kept` is the checkpoint of epoch `newest` on disk.
    fn start_after(&self, newest: u64, kept: Option<Note>) -> Result<Going, EvidenceError> {
        let known = self.known();
        let epoch = known.as_ref().map_or(newest, |known| newest.max(known.origin.epoch())) + 1;
        let kept_size = kept.as_ref().and_then(|kept| Some(Checkpoint::parse(kept.text()).ok()?.size));
        let newer = |known: &Known| {
            let same = known.origin.epoch() == newest && Some(known.checkpoint.size) >= kept_size;
            same || known.origin.epoch() > newest
        };
        let previous = known.filter(newer).map(|known| known.note).or(kept);
        let previous = previous.map(|note| note.to_string()).unwrap_or_default();
        let path = self.folder(epoch).join(PREVIOUS);
        let written = write_whole(&*self.disk, &path, previous.as_bytes());
        written.map_err(|source| EvidenceError::disk(&path, source))?;
        self.start(epoch)
    }

    fn start(&self, epoch: u64) -> Result<Going, EvidenceError> {
        let place = self.place(epoch)?;
        let (book, journal) = recovery::open(&place)?;
        let keys = self.keys(&place)?;
        info!(origin = book.name, "an epoch of the evidence log begins");
        Ok(Going { book, journal, keys })
    }

    /// The keys that sign the epoch, new ones when none did yet.
    fn keys(&self, place: &Place) -> Result<Keys, EvidenceError> {
        let path = place.folder.join(KEYS);
        if keys::remembered(&*self.disk, &path)?.is_empty() {
            let epoch = place.origin.epoch();
            if epoch > 1 {
                keys::renew_file(&self.config.key, epoch - 1)?;
            } else if !self.config.key.exists() {
                keys::make_file(&self.config.key)?;
            }
        }
        let present = LogKey::read_all(&self.config.key)?;
        keys::remember(&*self.disk, &path, keys::verifier_keys(&place.origin, &present)?)?;
        Keys::new(&place.origin, present, &self.config.signer)
    }

    /// Epochs that ended. One that cannot be read is left out, so that the present can go on.
    fn ended(&self, going: u64) -> Vec<Book> {
        let mut books = Vec::new();
        for epoch in self.epochs.iter().filter(|epoch| **epoch < going) {
            if self.place(*epoch).is_ok_and(|place| recovery::is_over(&place)) {
                continue;
            }
            let opened = self.place(*epoch).and_then(|place| recovery::open_ended(&place, &self.config.signer));
            match opened {
                Ok(book) => books.push(book),
                Err(error) => {
                    warn!(epoch, error = &error as &dyn std::error::Error, "an ended epoch of evidence cannot be read");
                }
            }
        }
        books
    }

    /// The newest checkpoint on the bus, if it is of this node.
    fn known(&self) -> Option<Known> {
        let note = Note::parse(self.config.mirrored.as_ref()?.checkpoint.as_bytes()).ok()?;
        let checkpoint = Checkpoint::parse(note.text()).ok()?;
        let origin: Origin = checkpoint.origin.parse().ok()?;
        (origin.node() == self.config.node).then_some(Known { note, checkpoint, origin })
    }

    fn place(&self, epoch: u64) -> Result<Place, EvidenceError> {
        let origin = Origin::new(&self.config.node, epoch);
        let origin = origin.ok_or_else(|| EvidenceError::malformed("node", "is no id of a node"))?;
        Ok(Place { origin, folder: self.folder(epoch), disk: Arc::clone(&self.disk) })
    }

    fn folder(&self, epoch: u64) -> PathBuf {
        Path::new(&self.config.folder).join(epoch.to_string())
    }
}
