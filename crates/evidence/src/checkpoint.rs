//! Checkpoints: what a log says about itself at a size (C2SP tlog-checkpoint).

use crate::{EvidenceError, note::Note, tile::decimal, tree::Hash};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use security::sign::LogKey;

/// Size and root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log; of ours `<exchange>/<node>/<epoch>`, see [`Origin`](crate::Origin).
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Checkpoint {
    /// The note's text: origin, size and root, each on a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }

    /// Reads the text of a note. Extension lines are passed over: they say nothing about the tree.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        let text = text.strip_suffix('\n').ok_or_else(|| malformed("does not end with a newline"))?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed("not origin, size and root"));
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(malformed("has an empty line"));
        }
        let size = decimal(size).ok_or_else(|| malformed("size is not a decimal number"))?;
        let root = BASE64.decode(root).ok().and_then(|root| root.try_into().ok());
        let root = root.ok_or_else(|| malformed("root is not 32 bytes in base64"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The checkpoint signed by all `keys` under the origin's name: while a key is replaced, by the new and the old.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the origin cannot stand in a note as a key's name.
    pub fn sign(&self, keys: &[LogKey]) -> Result<Note, EvidenceError> {
        let mut note = Note::new(self.to_text())?;
        for key in keys {
            note.sign(&self.origin, key)?;
        }
        Ok(note)
    }
}

fn malformed(fault: &'static str) -> EvidenceError {
    EvidenceError::malformed("checkpoint", fault)
}

#[cfg(test)]
mod tests;
