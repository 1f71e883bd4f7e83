//! Control messages as changes of the catalogue.

use contract::{convert, v1::ControlEntry};
use domain::{
    Timestamp,
    catalogue::{Catalogue, Entry, EntryKind},
};
use prost::Message;

/// What a control message makes of one entry. The message's key says which entry it is.
#[derive(Debug)]
pub(super) struct ControlChange {
    kind: EntryKind,
    id: String,
    after: After,
    written: Option<Timestamp>,
}

#[derive(Debug)]
enum After {
    Stands(Entry),
    Gone,
    Unreadable,
}

impl ControlChange {
    /// Reads the message under `key`; `None` when the key names no entry of this build.
    pub(super) fn read(key: &str, payload: Option<&[u8]>) -> Option<Self> {
        let (kind, id) = key.split_once('/')?;
        let kind = EntryKind::from_word(kind)?;
        let message = payload.map(ControlEntry::decode);
        let written = message.as_ref().and_then(|message| message.as_ref().ok()?.written_at.as_ref());
        let written = written.and_then(|written| convert::from_wire(written).ok());
        let after = message.map_or(After::Gone, |message| message.map_or(After::Unreadable, |it| after(kind, id, &it)));
        Some(Self { kind, id: id.to_owned(), after, written })
    }

    /// When it was written, as its node says; a tombstone does not say.
    pub(super) fn written(&self) -> Option<Timestamp> {
        self.written
    }

    /// The entry: `<kind>/<id>`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.id)
    }

    /// Whether it can be read.
    pub(super) fn is_readable(&self) -> bool {
        !matches!(self.after, After::Unreadable)
    }

    /// Makes the change. What cannot be read takes the old entry out of force: it may have been wider than what
    /// is meant now, and after a restart it would be gone anyway.
    pub(super) fn make(self, catalogue: &mut Catalogue) {
        match self.after {
            After::Stands(entry) => catalogue.insert(entry),
            After::Gone | After::Unreadable => catalogue.remove(self.kind, &self.id),
        }
    }
}

fn after(kind: EntryKind, id: &str, message: &ControlEntry) -> After {
    if message.kind != kind.as_str() || message.id != id {
        return After::Unreadable;
    }
    if message.removed {
        return After::Gone;
    }
    let path = format!("{}/{id}.toml", kind.folder());
    match Entry::parse(kind, &path, &message.content) {
        Ok(entry) if entry.id() == id => After::Stands(entry),
        _ => After::Unreadable,
    }
}
