//! Checkpoints of this log that witnesses cosigned.

use super::{Book, Shared};
use crate::{
    Checkpoint, EvidenceError, Note, VerifierKey,
    disk::{read_whole, write_whole},
    proof::root_of,
};

/// File of the newest cosigned checkpoint of an epoch.
const FILE: &str = "cosigned";

/// Takes in a cosigned checkpoint; how many entries it covers. Only what says the same as this log is taken, and of
/// several the one that covers most is kept, with the cosignatures of all its witnesses.
pub(crate) fn add(log: &Shared, note: &str, key: &VerifierKey) -> Result<u64, EvidenceError> {
    let refused = |fault| EvidenceError::Malformed { what: "cosigned checkpoint", fault };
    let note = Note::parse(note.as_bytes())?;
    let checkpoint = Checkpoint::parse(note.text())?;
    let epoch = checkpoint.origin.parse::<crate::Origin>().map(|origin| origin.epoch());
    let book = epoch.ok().and_then(|epoch| log.book(epoch)).filter(|book| book.name == checkpoint.origin);
    let book = book.ok_or_else(|| refused("it is another log's"))?;
    if note.cosigned_by(key).is_none() {
        return Err(refused("the witness's signature is not good"));
    }
    if checkpoint.size == 0 || checkpoint.size > book.size() {
        return Err(refused("the log has not as many entries"));
    }
    if root_of(&book.reader(), checkpoint.size)? != checkpoint.root {
        return Err(refused("the log has another history"));
    }
    keep(book, note, &checkpoint)?;
    Ok(checkpoint.size)
}

/// The newest cosigned checkpoint of an epoch.
pub(crate) fn newest(book: &Book) -> Result<Option<String>, EvidenceError> {
    let path = book.folder.join(FILE);
    let content = read_whole(&*book.disk, &path).map_err(|source| EvidenceError::disk(&path, source))?;
    Ok(content.and_then(|content| String::from_utf8(content).ok()))
}

fn keep(book: &Book, mut note: Note, checkpoint: &Checkpoint) -> Result<(), EvidenceError> {
    if let Some(kept) = newest(book)?.and_then(|kept| Note::parse(kept.as_bytes()).ok()) {
        if kept.text() == note.text() {
            let known: Vec<_> = note.signatures().to_vec();
            for signature in kept.signatures().iter().filter(|signature| !known.contains(signature)) {
                // One too many is not worth refusing the new one.
                let _full = note.add(signature.clone());
            }
        } else if Checkpoint::parse(kept.text()).is_ok_and(|kept| kept.size > checkpoint.size) {
            return Ok(());
        }
    }
    let path = book.folder.join(FILE);
    write_whole(&*book.disk, &path, note.to_string().as_bytes()).map_err(|source| EvidenceError::disk(&path, source))
}
