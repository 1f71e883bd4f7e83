//! A log as an exchange serves it.

use crate::client::{Client, Session};
use anyhow::{Context, Result};
use evidence::{
    Bundle, Checkpoint, EvidenceError, EvidenceId, Hash, Note, TILE_WIDTH, Tile, TileReader, consistency_path,
    decode_entries, encode_entries, root_of, verify_consistency,
};
use std::cell::RefCell;

const LOG: &str = "/v1/evidence/log/";

/// A log that is read from an exchange.
pub(super) struct Remote<'a> {
    session: RefCell<Session<'a>>,
    prefix: String,
}

/// A checkpoint as it was signed, and what it says.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The note.
    pub(super) note: Note,
    /// What it says.
    pub(super) checkpoint: Checkpoint,
}

/// How one checkpoint stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It continues it.
    Continues,
    /// It does not.
    Forked,
    /// The tiles do not lead to it, so nothing can be said.
    Unproven,
}

impl Seen {
    /// Reads a checkpoint.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { note, checkpoint })
    }
}

impl<'a> Remote<'a> {
    /// The log of an epoch, or the newest.
    pub(super) fn new(client: &'a Client, epoch: Option<u64>) -> Result<Self> {
        let prefix = epoch.map_or_else(|| LOG.to_owned(), |epoch| format!("{LOG}epochs/{epoch}/"));
        Ok(Self { session: RefCell::new(Session::new(client)?), prefix })
    }

    /// Its newest checkpoint.
    pub(super) fn checkpoint(&self) -> Result<Seen> {
        let bytes = self.piece("checkpoint")?.context("the exchange has no such log")?;
        Seen::parse(&bytes).context("the exchange sent no checkpoint")
    }

    /// The newest checkpoint with cosignatures, if there is one.
    pub(super) fn cosigned(&self) -> Result<Option<Vec<u8>>> {
        self.piece("cosigned")
    }

    /// Evidence as it is shown to this caller; none where it may not see any.
    pub(super) fn evidence(&self, id: &EvidenceId) -> Result<Option<Vec<u8>>> {
        Ok(self.session.borrow_mut().get(&format!("/v1/evidence/{id}"))?.map(|bytes| bytes.to_vec()))
    }

    /// A tile's bytes. A partial one that is gone is the beginning of the full one.
    pub(super) fn tile(&self, tile: &Tile) -> Result<Vec<u8>> {
        let length = usize::from(tile.width) * size_of::<Hash>();
        let found = match self.piece(&tile.path())? {
            None if tile.width < TILE_WIDTH => self.piece(&Tile { width: TILE_WIDTH, ..*tile }.path())?,
            found => found,
        };
        let mut bytes = found.with_context(|| format!("the exchange has no {}", tile.path()))?;
        anyhow::ensure!(bytes.len() >= length, "the exchange's {} is too short", tile.path());
        bytes.truncate(length);
        Ok(bytes)
    }

    /// A bundle's bytes; none where its entries are not kept any more, or not for this caller.
    pub(super) fn entries(&self, bundle: &Bundle) -> Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.piece(&bundle.path())? {
            return Ok(Some(bytes));
        }
        if bundle.width == TILE_WIDTH {
            return Ok(None);
        }
        let Some(full) = self.piece(&Bundle { width: TILE_WIDTH, ..*bundle }.path())? else { return Ok(None) };
        let entries = decode_entries(&full)?;
        let kept = entries.get(..bundle.width.into()).context("the exchange's bundle of entries is too short")?;
        Ok(Some(encode_entries(kept)?))
    }

    /// How `new` stands to `old`, by the tiles of the log.
    pub(super) fn standing(&self, old: &Checkpoint, new: &Checkpoint) -> Result<Standing> {
        if old.size >= new.size || old.size == 0 {
            return Ok(if verify_consistency(old.size, new.size, &old.root, &new.root, &[]) {
                Standing::Continues
            } else {
                Standing::Forked
            });
        }
        let failed: RefCell<Option<anyhow::Error>> = RefCell::default();
        let reader = TileReader::new(new.size, |tile: &Tile| {
            self.tile(tile).map_err(|error| {
                failed.replace(Some(error));
                EvidenceError::Closed
            })
        });
        let walked =
            root_of(&reader, new.size).and_then(|root| Ok((root, consistency_path(&reader, old.size, new.size)?)));
        let (root, path) = match walked {
            Ok(walked) => walked,
            Err(error) => return Err(failed.take().unwrap_or_else(|| error.into())),
        };
        Ok(if verify_consistency(old.size, new.size, &old.root, &new.root, &path) {
            Standing::Continues
        } else if root == new.root {
            Standing::Forked
        } else {
            Standing::Unproven
        })
    }

    fn piece(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let found = self.session.borrow_mut().get(&format!("{}{path}", self.prefix))?;
        Ok(found.map(|bytes| bytes.to_vec()))
    }
}
