//! What a witness keeps: of each log its keys and the last checkpoint, and for good every proof against it.

use super::{put, read, remote::Seen};
use crate::output::usage;
use anyhow::Result;
use evidence::{Origin, VerifierKey};
use std::{
    fs,
    path::{Path, PathBuf},
};

const KEYS: &str = "log-keys";
const CHECKPOINT: &str = "checkpoint";
const ACCEPTED: &str = "accepted";

/// What is kept of one log.
pub(super) struct State {
    dir: PathBuf,
}

impl State {
    /// What is kept of the log `origin`.
    pub(super) fn of(dir: &Path, origin: &Origin) -> Self {
        Self { dir: dir.join(origin.node()).join(origin.epoch().to_string()) }
    }

    /// The newest epoch of a node's log that was ever seen.
    pub(super) fn newest_epoch(dir: &Path, node: &str) -> Option<u64> {
        let folders = fs::read_dir(dir.join(node)).ok()?;
        let known = folders.filter_map(Result::ok).filter(|entry| entry.path().join(CHECKPOINT).is_file());
        known.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).max()
    }

    /// The keys that the log is known by.
    pub(super) fn keys(&self) -> Result<Vec<VerifierKey>> {
        let path = self.dir.join(KEYS);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&read(&path)?).into_owned();
        let parse = |line: &str| line.parse().map_err(|error| usage(format!("{}: {error}", path.display())));
        text.lines().map(parse).collect()
    }

    /// Adds a key.
    pub(super) fn add_key(&self, key: &VerifierKey) -> Result<()> {
        let mut keys = self.keys()?;
        if keys.contains(key) {
            return Ok(());
        }
        keys.insert(0, key.clone());
        let lines: Vec<String> = keys.iter().map(ToString::to_string).collect();
        put(&self.dir.join(KEYS), lines.join("\n").as_bytes())
    }

    /// The last checkpoint, as it was cosigned.
    pub(super) fn last(&self) -> Result<Option<Seen>> {
        let path = self.dir.join(CHECKPOINT);
        if !path.exists() {
            return Ok(None);
        }
        Seen::parse(&read(&path)?).map(Some).map_err(|error| usage(format!("{}: {error}", path.display())))
    }

    /// Keeps a checkpoint, before anybody is told of the cosignature on it.
    pub(super) fn keep(&self, note: &str) -> Result<()> {
        put(&self.dir.join(CHECKPOINT), note.as_bytes())
    }

    /// Whether the exchange has taken the last checkpoint's cosignature.
    pub(super) fn is_accepted(&self, note: &str) -> bool {
        fs::read(self.dir.join(ACCEPTED)).is_ok_and(|accepted| accepted == note.as_bytes())
    }

    /// The exchange has taken it.
    pub(super) fn accept(&self, note: &str) -> Result<()> {
        put(&self.dir.join(ACCEPTED), note.as_bytes())
    }

    /// Keeps two checkpoints that cannot both be true; where.
    pub(super) fn keep_fork(&self, last: &Seen, now: &Seen) -> Result<PathBuf> {
        let folder = self.dir.join(format!("forked-{}-{}", last.checkpoint.size, now.checkpoint.size));
        put(&folder.join("first.checkpoint"), last.note.to_string().as_bytes())?;
        put(&folder.join("second.checkpoint"), now.note.to_string().as_bytes())?;
        Ok(folder)
    }
}
