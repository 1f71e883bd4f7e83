//! The keys that sign the log, and what they signed.

use crate::{
    Checkpoint, EvidenceError, KeyKind, Origin, VerifierKey, VouchedKey,
    disk::{Disk, RealDisk, read_whole, write_whole},
    tree::Hash,
};
use security::sign::{LogKey, Signer};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Keys of a log, for the newest of which the node's certificate vouches.
pub(crate) struct Keys {
    keys: Vec<LogKey>,
    vouched: Arc<VouchedKey>,
}

/// A signed checkpoint and the key that receipts name with it.
pub(crate) struct Signed {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: String,
    pub(crate) vouched: Arc<VouchedKey>,
}

impl Keys {
    /// `keys` are newest first, and at least one.
    pub(crate) fn new(origin: &Origin, keys: Vec<LogKey>, signer: &Signer) -> Result<Self, EvidenceError> {
        let newest = verifier_keys(origin, &keys)?.into_iter().next();
        let newest = newest.ok_or_else(|| EvidenceError::malformed("key file", "holds no key"))?;
        Ok(Self { keys, vouched: Arc::new(VouchedKey::new(newest, signer)?) })
    }

    /// The same keys under another certificate.
    pub(crate) fn vouched_by(&self, signer: &Signer) -> Result<Self, EvidenceError> {
        let vouched = Arc::new(VouchedKey::new(self.vouched.key().clone(), signer)?);
        Ok(Self { keys: self.keys.clone(), vouched })
    }

    /// Whether they are `others`, in the same order.
    pub(crate) fn are(&self, others: &[LogKey]) -> bool {
        self.keys.iter().map(LogKey::public).eq(others.iter().map(LogKey::public))
    }

    /// Whether one of `others` is among them.
    pub(crate) fn share(&self, others: &[LogKey]) -> bool {
        self.keys.iter().any(|own| others.iter().any(|other| own.public() == other.public()))
    }

    /// Signs a tree, whose leaves must all be durable.
    pub(crate) fn sign(&self, origin: &str, size: u64, root: Hash) -> Result<Signed, EvidenceError> {
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        let note = checkpoint.sign(&self.keys)?.to_string();
        Ok(Signed { checkpoint, note, vouched: Arc::clone(&self.vouched) })
    }
}

/// The public halves of keys, under the log's name.
pub(crate) fn verifier_keys(origin: &Origin, keys: &[LogKey]) -> Result<Vec<VerifierKey>, EvidenceError> {
    let name = origin.to_string();
    keys.iter().map(|key| VerifierKey::new(&name, KeyKind::Ed25519, key.public())).collect()
}

/// The verifier keys that an epoch remembers, newest first: all that ever signed it.
pub(crate) fn remembered(disk: &dyn Disk, path: &Path) -> Result<Vec<VerifierKey>, EvidenceError> {
    let content = read_whole(disk, path).map_err(|source| EvidenceError::disk(path, source))?.unwrap_or_default();
    let text = String::from_utf8(content).map_err(|_| EvidenceError::damaged(path, 0, "is not text"))?;
    let read = |line: &str| line.parse().map_err(|_| EvidenceError::damaged(path, 0, "holds no verifier key"));
    text.lines().map(read).collect()
}

/// Lets an epoch remember `keys` before any of them signs.
pub(crate) fn remember(disk: &dyn Disk, path: &Path, mut keys: Vec<VerifierKey>) -> Result<(), EvidenceError> {
    let before = remembered(disk, path)?;
    let older: Vec<_> = before.iter().filter(|old| !keys.contains(old)).cloned().collect();
    keys.extend(older);
    if keys == before {
        return Ok(());
    }
    let mut text = String::new();
    for key in &keys {
        writeln!(text, "{key}").map_err(|_| EvidenceError::malformed("verifier key", "cannot be written"))?;
    }
    write_whole(disk, path, text.as_bytes()).map_err(|source| EvidenceError::disk(path, source))
}

/// The keys in the key file; `None` when there is no file.
pub(crate) fn in_file(path: &Path) -> Result<Option<Vec<LogKey>>, EvidenceError> {
    if path.exists() { Ok(Some(LogKey::read_all(path)?)) } else { Ok(None) }
}

/// Puts the key file of the epoch before aside, as `<key>.<epoch>`, and makes one with a fresh key. Does again
/// whatever a crash cut short.
pub(crate) fn renew_file(path: &Path, before: u64) -> Result<(), EvidenceError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{before}"));
    let aside = PathBuf::from(aside);
    if path.exists() && !aside.exists() {
        let moved = RealDisk.rename(path, &aside);
        let folder = path.parent().unwrap_or(Path::new(""));
        moved.and_then(|()| RealDisk.sync_folder(folder)).map_err(|source| EvidenceError::disk(path, source))?;
    }
    if !path.exists() {
        make_file(path)?;
    }
    Ok(())
}

/// Makes the key file with a fresh key.
pub(crate) fn make_file(path: &Path) -> Result<(), EvidenceError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    RealDisk.make_folder(folder).map_err(|source| EvidenceError::disk(folder, source))?;
    LogKey::create(path)?;
    Ok(())
}
