//! Opening an epoch after whatever happened to the process before.

use super::{
    book::{Book, Entry, State, WIDTH},
    edge::Edge,
    frame::{self, Frame},
    journal::{Journal, segment_name, segments},
    keys::{Signed, remembered},
    retention,
};
use crate::{
    Checkpoint, EvidenceError, Note, Origin, Tile, VouchedKey,
    disk::{Disk, read_whole},
    proof::root_of,
    tree::{Frontier, leaf_hash, set_bits},
};
use bytes::Bytes;
use security::sign::Signer;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
};
use tracing::warn;

/// Where an epoch lies.
pub(crate) struct Place {
    pub(crate) origin: Origin,
    pub(crate) folder: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
}

/// What the journal holds.
struct Found {
    /// First entries of the segments.
    segments: Vec<u64>,
    /// The first entry that may not be in bundles.
    cut: u64,
    pruned: u64,
    removed: u64,
    window: VecDeque<Entry>,
    /// Sound bytes of the last segment.
    length: u64,
}

/// Opens the epoch that goes on: drops what was never durable as a whole, and so never signed. There is no journal
/// when the epoch is new.
pub(crate) fn open(place: &Place) -> Result<(Book, Journal), EvidenceError> {
    let journals = place.folder.join("journal");
    let failed = |source| EvidenceError::disk(&journals, source);
    let found = read_journal(place, &journals)?;
    let journal = match found.segments.last() {
        Some(last) => Journal::resume(Arc::clone(&place.disk), journals.clone(), *last, found.length),
        None => Journal::create(Arc::clone(&place.disk), journals.clone(), 0),
    };
    let mut found = found;
    let journal = journal.map_err(failed)?;
    if found.segments.is_empty() {
        found.segments.push(0);
    }
    let book = book(place, found)?;
    check(&book)?;
    Ok((book, journal))
}

/// Opens an epoch that ended, to read it. What its newest checkpoint does not cover cannot be proved any more.
pub(crate) fn open_ended(place: &Place, signer: &Signer) -> Result<Book, EvidenceError> {
    let found = read_journal(place, &place.folder.join("journal"))?;
    let book = book(place, found)?;
    if let Some((note, checkpoint)) = check(&book)? {
        let path = place.folder.join("keys");
        let key = remembered(&*place.disk, &path)?.into_iter().find(|key| note.signed_by(key));
        let key = key.ok_or_else(|| EvidenceError::damaged(&path, 0, "names no key that signed the checkpoint"))?;
        let vouched = Arc::new(VouchedKey::new(key, signer)?);
        book.write().signed = Some(Arc::new(Signed { checkpoint, note: note.to_string(), vouched }));
    }
    Ok(book)
}

/// Whether all of an epoch that ended was removed: its time is over.
pub(crate) fn is_over(place: &Place) -> bool {
    let pruned = retention::read(&*place.disk, &place.folder).map_or(0, |(pruned, _)| pruned);
    pruned > 0 && segments(&*place.disk, &place.folder.join("journal")).is_ok_and(|segments| segments.is_empty())
}

/// The edge of the tree, to grow it further.
pub(crate) fn frontier(book: &Book) -> Result<Frontier, EvidenceError> {
    use crate::proof::HashReader as _;
    let (size, reader) = (book.read().total(), book.reader());
    let level = |level: u32| u8::try_from(level).unwrap_or(u8::MAX);
    let hashes: Vec<_> =
        set_bits(size).map(|bit| reader.hash(level(bit), (size >> bit) - 1)).collect::<Result<_, _>>()?;
    let wrong = || EvidenceError::damaged(&book.folder, 0, "has no tree");
    Frontier::from_parts(size, hashes).ok_or_else(wrong)
}

/// The checkpoint kept on disk.
pub(crate) fn kept_checkpoint(disk: &dyn Disk, folder: &Path) -> Result<Option<(Note, Checkpoint)>, EvidenceError> {
    let path = folder.join("checkpoint");
    let Some(bytes) = read_whole(disk, &path).map_err(|source| EvidenceError::disk(&path, source))? else {
        return Ok(None);
    };
    let read = Note::parse(&bytes).and_then(|note| Ok((Checkpoint::parse(note.text())?, note)));
    let (checkpoint, note) = read.map_err(|error| EvidenceError::damaged(&path, 0, error.to_string()))?;
    Ok(Some((note, checkpoint)))
}

fn read_journal(place: &Place, folder: &Path) -> Result<Found, EvidenceError> {
    let failed = |source| EvidenceError::disk(folder, source);
    let segments = segments(&*place.disk, folder).map_err(failed)?;
    let first = segments.first().copied().unwrap_or(0);
    // A segment goes only when all before the next one is in bundles on disk.
    let (pruned, removed) = retention::read(&*place.disk, &place.folder)?;
    let cut = (first.div_ceil(WIDTH) * WIDTH).max(pruned);
    let mut found = Found { segments: Vec::new(), cut, pruned, removed, window: VecDeque::new(), length: 0 };
    let mut next = first;
    for (number, base) in segments.iter().enumerate() {
        let path = folder.join(segment_name(*base));
        if *base != next {
            return Err(EvidenceError::damaged(&path, 0, format!("entry {next} should stand here")));
        }
        let bytes = read_whole(&*place.disk, &path).map_err(|source| EvidenceError::disk(&path, source))?;
        let bytes = Bytes::from(bytes.unwrap_or_default());
        let last = number + 1 == segments.len();
        next = read_segment(&mut found, &bytes, next, if last { None } else { Some(&path) })
            .map_err(|(at, what)| EvidenceError::damaged(&path, at as u64, what))?;
    }
    if next < cut {
        let what = format!("ends before entry {next}, and tiles before entry {cut}");
        return Err(EvidenceError::damaged(folder, 0, what));
    }
    found.segments = segments;
    Ok(found)
}

/// Takes in the entries of a segment, which may end within a frame only when it is the last. Gives the next entry.
fn read_segment(
    found: &mut Found,
    bytes: &Bytes,
    mut next: u64,
    closed: Option<&Path>,
) -> Result<u64, (usize, String)> {
    let mut at = 0;
    // Zeros at the end are room for more; no frame begins in them, as none is all zeros. A disk that lost the last groups and
    // reads zeros in their place looks the same: that is told by the next segment, or the checkpoint.
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    while at < end {
        let frame = match frame::decode(bytes, at) {
            Ok(frame) if frame.index == next => frame,
            Ok(frame) => return Err((at, format!("entry {} stands where {next} should", frame.index))),
            Err(what) if closed.is_some() || frame::durable_behind(bytes, at, next) => {
                return Err((at, what.to_owned()));
            }
            Err(_) => {
                warn!(entry = next, bytes = end - at, "dropped the torn end of the evidence journal");
                break;
            }
        };
        at = frame.end;
        if next >= found.cut {
            found.window.push_back(entry(bytes, &frame));
        }
        next += 1;
    }
    found.length = at as u64;
    Ok(next)
}

fn entry(bytes: &Bytes, frame: &Frame) -> Entry {
    Entry { leaf: bytes.slice(frame.parts.leaf.clone()), sealed: bytes.slice(frame.parts.sealed.clone()) }
}

fn book(place: &Place, found: Found) -> Result<Book, EvidenceError> {
    let leaves: Vec<_> = found.window.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
    let state = State {
        cut: found.cut,
        pruned: found.pruned,
        removed: found.removed,
        window: found.window,
        edge: Edge::default(),
        segments: found.segments.into(),
        signed: None,
    };
    let book = Book::new(place.origin.clone(), place.folder.clone(), Arc::clone(&place.disk), state);
    let mut edge = edge(&book, found.cut)?;
    edge.extend(&leaves);
    book.write().edge = edge;
    Ok(book)
}

/// What a tree of `size` leaves, all in full bundles, has beyond its full tiles.
fn edge(book: &Book, size: u64) -> Result<Edge, EvidenceError> {
    let mut edge = Edge::default();
    edge.restore(size, Vec::new());
    for level in 1_u8.. {
        let count = Tile::hashes(level, size);
        if count == 0 {
            break;
        }
        let first = count / WIDTH * WIDTH;
        let hashes = (first..count).map(|index| book.root_of_tile(level - 1, index)).collect::<Result<_, _>>()?;
        edge.restore(first, hashes);
    }
    Ok(edge)
}

/// Whether the tree on disk is the one that the kept checkpoint is of.
fn check(book: &Book) -> Result<Option<(Note, Checkpoint)>, EvidenceError> {
    let path = book.folder.join("checkpoint");
    let Some((note, checkpoint)) = kept_checkpoint(&*book.disk, &book.folder)? else {
        return Ok(None);
    };
    let total = book.read().total();
    if checkpoint.origin != book.name || checkpoint.size > total {
        let what = format!("is of {} entries of {}, and the journal holds {total}", checkpoint.size, checkpoint.origin);
        return Err(EvidenceError::damaged(&path, 0, what));
    }
    if root_of(&book.reader(), checkpoint.size)? != checkpoint.root {
        return Err(EvidenceError::damaged(&path, 0, "is of another tree than that on disk"));
    }
    Ok(Some((note, checkpoint)))
}
