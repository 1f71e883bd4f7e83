//! An exported log: a folder of plain files (C2SP tlog-tiles).

use super::{
    audit::Audit,
    keys, put, read,
    remote::Seen,
    trust,
    verdict::{Judged, Verdict},
};
use crate::{
    args::VerifyEvidence,
    output::{chain, usage},
};
use anyhow::Result;
use evidence::{
    Bundle, Check, Checkpoint, EvidenceError, Failure, Hash, Saved, TILE_WIDTH, Tile, TileReader, Verification,
    VerifierKey, Witnessed, consistency_path, decode_entries, encode_entries, root_of, verify as verify_saved,
    verify_consistency,
};
use security::sign::ChainTrust;
use serde_json::Map;
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The newest checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The newest one with cosignatures.
pub(super) const COSIGNED: &str = "cosigned";
/// A receipt of the log, from which its key is known.
pub(super) const RECEIPT: &str = "receipt.json";

/// An exported log.
pub(super) struct Archive {
    dir: PathBuf,
}

impl Archive {
    /// The log in a folder.
    pub(super) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The log whose tiles join two checkpoints: named, or that which the other one lies in.
    pub(super) fn of(command: &VerifyEvidence) -> Option<Self> {
        let beside = || {
            let folder = command.against.as_deref()?.parent()?;
            folder.join("tile").is_dir().then_some(folder)
        };
        command.log.as_deref().or_else(beside).map(Self::at)
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its checkpoint, if there is one.
    pub(super) fn checkpoint(&self) -> Result<Option<Seen>> {
        let path = self.dir.join(CHECKPOINT);
        if !path.exists() {
            return Ok(None);
        }
        let seen = Seen::parse(&read(&path)?);
        seen.map(Some).map_err(|error| usage(format!("{}: {error}", path.display())))
    }

    /// Whether a piece is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.dir.join(path).is_file()
    }

    /// Puts a piece there.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        put(&self.dir.join(path), bytes)
    }

    /// A tile's bytes; a partial one that is gone is the beginning of a wider one.
    pub(super) fn tile(&self, tile: &Tile) -> Result<Vec<u8>, EvidenceError> {
        let full = Tile { width: TILE_WIDTH, ..*tile };
        let mut bytes = self.wide(&full.path(), tile.width)?;
        bytes.truncate(usize::from(tile.width) * size_of::<Hash>());
        Ok(bytes)
    }

    /// The entries of a bundle; none where it was not exported.
    pub(super) fn entries(&self, bundle: &Bundle) -> Result<Option<Vec<u8>>, EvidenceError> {
        let full = Bundle { width: TILE_WIDTH, ..*bundle };
        let Some(bytes) = there(self.wide(&full.path(), bundle.width))? else { return Ok(None) };
        let entries = decode_entries(&bytes)?;
        encode_entries(entries.get(..bundle.width.into()).unwrap_or(&entries)).map(Some)
    }

    /// The narrowest piece at the path of a full one that has so many parts.
    fn wide(&self, full: &str, width: u16) -> Result<Vec<u8>, EvidenceError> {
        let partial = fs::read_dir(self.dir.join(format!("{full}.p"))).into_iter().flatten();
        let widths = partial.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u16>().ok());
        match widths.filter(|there| *there >= width).min() {
            Some(there) => self.bytes(&format!("{full}.p/{there}")),
            None => self.bytes(full),
        }
    }

    /// Root of the first `size` entries, by the tiles.
    pub(super) fn root(&self, size: u64) -> Result<Hash, EvidenceError> {
        root_of(&TileReader::new(size, |tile: &Tile| self.tile(tile)), size)
    }

    /// Path from one size to a larger one.
    pub(super) fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, EvidenceError> {
        if self.checkpoint().ok().flatten().is_some_and(|own| own.checkpoint.size < to) {
            let fault = "it ends before the newer of the two checkpoints, export it again";
            return Err(EvidenceError::Malformed { what: "exported folder", fault });
        }
        consistency_path(&TileReader::new(to, |tile: &Tile| self.tile(tile)), from, to)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, EvidenceError> {
        let path = self.dir.join(path);
        fs::read(&path).map_err(|source| EvidenceError::Disk { path, source })
    }
}

fn there(read: Result<Vec<u8>, EvidenceError>) -> Result<Option<Vec<u8>>, EvidenceError> {
    match read {
        Err(EvidenceError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Verifies an exported log: its entries lead to its root, which is signed by a key of a node of the trusted authority.
pub(super) fn verify(command: &VerifyEvidence) -> Result<Verdict> {
    let archive = Archive::at(&command.path);
    if command.request.is_some() || command.receipt.is_some() {
        return Err(usage("--request and --receipt are for a saved answer, not for a folder"));
    }
    let Some(seen) = archive.checkpoint()? else {
        return Err(usage(format!("{}: no exported log, it has no checkpoint", archive.dir().display())));
    };
    let checkpoint = &seen.checkpoint;
    let audit = Audit::of(&archive, checkpoint.size, 0);
    let (key, known) = known_keys(&archive, &trust(&command.trust)?, keys(&command.log_key)?);
    let signed = known.iter().any(|key| key.name() == checkpoint.origin && seen.note.signed_by(key));
    let signature = match known.as_slice() {
        [] => Check::NotMade("the log's key is not known"),
        _ if signed => Check::Holds,
        _ => Check::Fails("the checkpoint is not signed by the log's key".to_owned()),
    };
    let (witness, witnessed) = witness(&archive, &seen, &keys(&command.witness)?);
    let history = history(&archive, command, &seen, &known)?;
    let root = root(&archive, checkpoint);
    let missing = audit.missing;
    let judged = |check, failure, came| Judged { check, failure, came };
    let facts = Map::from_iter([
        ("log".to_owned(), checkpoint.origin.as_str().into()),
        ("size".to_owned(), checkpoint.size.into()),
        ("entries".to_owned(), audit.checked.into()),
        ("entries_missing".to_owned(), missing.into()),
    ]);
    Ok(Verdict {
        about: format!(
            "{}, {} entries, {missing} of them known by their hashes alone",
            checkpoint.origin, checkpoint.size
        ),
        is_complete: root.holds() && signature.holds() && key.holds(),
        facts,
        checks: vec![
            judged("entries", "altered entry", audit.entries),
            judged("tiles", "altered tile", audit.tiles),
            judged("root", "wrong root", root),
            judged("signature", Failure::WrongSignature.as_str(), signature),
            judged("key", Failure::UnknownKey.as_str(), key),
            judged("witness", Failure::NotWitnessed.as_str(), witness),
            judged("history", Failure::ForkedHistory.as_str(), history),
        ],
        witnessed,
    })
}

fn root(archive: &Archive, checkpoint: &Checkpoint) -> Check {
    match archive.root(checkpoint.size) {
        Ok(root) if root == checkpoint.root => Check::Holds,
        Ok(_) => Check::Fails("the hashes do not lead to the checkpoint's root".to_owned()),
        Err(error) => Check::Fails(chain(&error)),
    }
}

/// The log's key by the folder's receipt, or as it was given.
fn known_keys(archive: &Archive, trust: &ChainTrust, given: Vec<VerifierKey>) -> (Check, Vec<VerifierKey>) {
    let Ok(file) = read(&archive.dir().join(RECEIPT)) else {
        let unknown = || Check::Fails(format!("the folder has no {RECEIPT}; give the log's key with --log-key"));
        return (if given.is_empty() { unknown() } else { Check::Holds }, given);
    };
    let saved = Saved::Evidence(&file);
    let checks = verify_saved(&Verification { saved, trust, request: None, witnesses: &[], history: None });
    match checks {
        Ok(checks) if checks.hold() => {
            let own = checks.receipt.verifier_key.parse().ok();
            (Check::Holds, own.into_iter().chain(given).collect())
        }
        Ok(checks) => {
            let why = checks.failures().next().map_or("is no proof", |(_, why)| why).to_owned();
            (Check::Fails(format!("the folder's {RECEIPT}: {why}")), given)
        }
        Err(error) => (Check::Fails(chain(&error)), given),
    }
}

fn witness(archive: &Archive, seen: &Seen, witnesses: &[VerifierKey]) -> (Check, Vec<Witnessed>) {
    let cosigned = read(&archive.dir().join(COSIGNED)).ok().and_then(|bytes| Seen::parse(&bytes).ok());
    let continued = |other: &Seen| {
        let (old, new) = (&other.checkpoint, &seen.checkpoint);
        let path =
            if old.size < new.size { archive.consistency(old.size, new.size).unwrap_or_default() } else { Vec::new() };
        old.origin == new.origin && verify_consistency(old.size, new.size, &old.root, &new.root, &path)
    };
    let notes: Vec<_> = std::iter::once(&seen.note)
        .chain(cosigned.as_ref().filter(|other| continued(other)).map(|other| &other.note))
        .collect();
    let word = |witness: &VerifierKey| {
        let at = notes.iter().filter_map(|note| note.cosigned_by(witness)).min()?;
        Some(Witnessed { witness: witness.name().to_owned(), at })
    };
    let words: Vec<_> = witnesses.iter().filter_map(word).collect();
    let check = match witnesses.iter().find(|witness| words.iter().all(|word| word.witness != witness.name())) {
        _ if witnesses.is_empty() => Check::NotMade("no witness was named"),
        Some(missing) => Check::Fails(format!("{} did not sign", missing.name())),
        None => Check::Holds,
    };
    (check, words)
}

fn history(archive: &Archive, command: &VerifyEvidence, seen: &Seen, known: &[VerifierKey]) -> Result<Check> {
    let Some(path) = &command.against else { return Ok(Check::NotMade("no other checkpoint was given")) };
    let unusable = |why: String| usage(format!("{}: {why}", path.display()));
    let other = Seen::parse(&read(path)?).map_err(|error| unusable(error.to_string()))?;
    if other.checkpoint.origin != seen.checkpoint.origin {
        return Err(unusable(format!("a checkpoint of {}", other.checkpoint.origin)));
    }
    if !known.iter().any(|key| other.note.signed_by(key)) {
        return Err(unusable("not signed by a known key of the log".to_owned()));
    }
    let (old, new) = if other.checkpoint.size <= seen.checkpoint.size {
        (&other.checkpoint, &seen.checkpoint)
    } else {
        (&seen.checkpoint, &other.checkpoint)
    };
    let path = match old.size {
        0 => Vec::new(),
        size if size == new.size => Vec::new(),
        size => {
            let tiles = if new.size == seen.checkpoint.size { Some(archive) } else { None };
            let named = command.log.as_deref().map(Archive::at);
            let tiles = tiles
                .or(named.as_ref())
                .ok_or_else(|| unusable("it is newer: name its exported folder with --log".to_owned()))?;
            tiles.consistency(size, new.size).map_err(|error| unusable(chain(&error)))?
        }
    };
    let continued = verify_consistency(old.size, new.size, &old.root, &new.root, &path);
    Ok(if continued { Check::Holds } else { Check::Fails("the two checkpoints are not of one history".to_owned()) })
}
