//! The log, copied into a folder.

use super::{
    archive::{Archive, CHECKPOINT, COSIGNED, RECEIPT},
    audit::Audit,
    keys,
    remote::{Remote, Seen, Standing},
};
use crate::{
    args::{Export, Output},
    client::Client,
    output::{chain, json, line, usage, wrong},
};
use anyhow::Result;
use evidence::{Bundle, EvidenceId, Origin, Saved, TILE_WIDTH, Tile, Verification, VerifierKey, verify};
use indicatif::{ProgressBar, ProgressStyle};
use security::sign::ChainTrust;
use serde_json::json;
use std::{fs, process::ExitCode};

/// One run of an export.
struct Copy<'a> {
    client: &'a Client,
    remote: Remote<'a>,
    archive: Archive,
    /// Entries of the folder's own checkpoint.
    before: u64,
    progress: ProgressBar,
}

/// What was copied.
#[derive(Default)]
struct Copied {
    entries: u64,
    tiles: u64,
    /// The first entry of a bundle that was not there.
    first: Option<u64>,
}

/// Copies what the folder does not have yet, and checks it.
pub(super) fn run(command: &Export) -> Result<ExitCode> {
    let client = Client::new(&command.connection)?;
    let remote = Remote::new(&client, command.epoch)?;
    let archive = Archive::at(&command.dir);
    let (seen, before) = (remote.checkpoint()?, archive.checkpoint()?);
    let size = seen.checkpoint.size;
    if command.from > size {
        return Err(usage(format!("--from {}: the log has {size} entries", command.from)));
    }
    let progress = bar(size);
    let copy =
        Copy { client: &client, remote, archive, before: before.as_ref().map_or(0, |it| it.checkpoint.size), progress };
    let receipt = copy.vouched(&seen, keys(command.log_key.as_slice())?)?;
    if let Some(before) = &before {
        copy.continues(before, &seen)?;
    }
    let copied = copy.pieces(size, command.from)?;
    copy.checked(&seen, &copied)?;
    copy.finish(&seen, receipt.as_deref())?;
    match command.printing.output {
        Output::Json => json(&json!({
            "log": seen.checkpoint.origin, "size": size, "new_entries": copied.entries, "new_tiles": copied.tiles,
            "key_checked": receipt.is_some() || command.log_key.is_some(),
        }))?,
        Output::Table => line(&format!(
            "{}: {} with {size} entries, {} of them new here; {} hash tiles written",
            command.dir.display(),
            seen.checkpoint.origin,
            copied.entries,
            copied.tiles,
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Copy<'_> {
    /// The evidence by which the log's key is known, where this caller may see any; whatever is known must have signed.
    fn vouched(&self, seen: &Seen, mut known: Vec<VerifierKey>) -> Result<Option<Vec<u8>>> {
        let receipt = match newest(seen) {
            Some(id) => self.remote.evidence(&id)?,
            None => None,
        };
        if let (Some(receipt), Some(files)) = (&receipt, self.client.files()) {
            let trust = ChainTrust::load(&files.ca)?;
            let saved = Saved::Evidence(receipt);
            let checks = verify(&Verification { saved, trust: &trust, request: None, witnesses: &[], history: None })?;
            if let Some((failure, why)) = checks.failures().next() {
                return Err(wrong(format!("the exchange's newest receipt: {}: {why}", failure.as_str())));
            }
            known.extend(checks.receipt.verifier_key.parse::<VerifierKey>());
        }
        if known.is_empty() {
            eprintln!("the log's key is not checked: this caller is shown no receipt; give it with --log-key");
        } else if !known.iter().any(|key| key.name() == seen.checkpoint.origin && seen.note.signed_by(key)) {
            return Err(wrong("wrong signature: the checkpoint is not signed by the log's key"));
        }
        Ok(receipt)
    }

    /// The log continues what the folder has of it.
    fn continues(&self, before: &Seen, now: &Seen) -> Result<()> {
        if before.checkpoint.origin != now.checkpoint.origin {
            return Err(usage(format!(
                "{} holds {}: export {} into another folder, or name the epoch with --epoch",
                self.archive.dir().display(),
                before.checkpoint.origin,
                now.checkpoint.origin
            )));
        }
        let why = match self.remote.standing(&before.checkpoint, &now.checkpoint)? {
            Standing::Continues => return Ok(()),
            Standing::Unproven => {
                return Err(wrong("wrong root: the exchange's tiles do not lead to its checkpoint"));
            }
            Standing::Forked => "forked history: the log does not continue the folder's checkpoint",
        };
        let kept = format!("forked-{}.checkpoint", now.checkpoint.size);
        self.archive.put(&kept, now.note.to_string().as_bytes())?;
        let dir = self.archive.dir().display();
        Err(wrong(format!("{why}; the proof of it are {dir}/{CHECKPOINT} and {dir}/{kept}")))
    }

    /// Fetches what is not there.
    fn pieces(&self, size: u64, from: u64) -> Result<Copied> {
        let mut copied = Copied::default();
        for level in (0..=u8::MAX).take_while(|level| Tile::hashes(*level, size) > 0) {
            let first = Tile::hashes(level, self.before) / WIDTH;
            let tiles = (first..).map_while(|index| Tile::in_tree(level, index, size));
            for tile in tiles.filter(|tile| !self.archive.has(&tile.path())) {
                self.archive.put(&tile.path(), &self.remote.tile(&tile)?)?;
                copied.tiles += 1;
            }
        }
        for bundle in (from / WIDTH..).map_while(|index| Bundle::in_tree(index, size)) {
            let (first, end) = (bundle.index * WIDTH, bundle.index * WIDTH + u64::from(bundle.width));
            if !self.archive.has(&bundle.path()) {
                let bytes = self.remote.entries(&bundle)?.ok_or_else(|| gone(first))?;
                self.archive.put(&bundle.path(), &bytes)?;
                copied.entries += self.fresh(&bundle, (first, end));
                copied.first.get_or_insert(first);
            }
            self.progress.set_position(end);
        }
        self.progress.finish_and_clear();
        Ok(copied)
    }

    /// How many entries of a bundle that was just put there were not there before.
    fn fresh(&self, bundle: &Bundle, (first, end): (u64, u64)) -> u64 {
        let old = Bundle::in_tree(bundle.index, self.before).filter(|old| old.width < bundle.width);
        let had = old.is_some_and(|old| self.archive.has(&old.path()));
        end - if had { self.before.max(first) } else { first }
    }

    /// What was fetched fits together and leads to the checkpoint.
    fn checked(&self, seen: &Seen, copied: &Copied) -> Result<()> {
        let size = seen.checkpoint.size;
        let audit = Audit::of(&self.archive, size, copied.first.unwrap_or(size).min(self.before));
        if let Some(why) = audit.failure() {
            return Err(wrong(format!("altered log: {why}")));
        }
        let root = self.archive.root(size).map_err(|error| wrong(chain(&error)))?;
        if root == seen.checkpoint.root {
            return Ok(());
        }
        Err(wrong("wrong root: the hashes do not lead to the checkpoint's root".to_owned()))
    }

    /// The checkpoint comes last: a folder has one only of what it holds.
    fn finish(&self, seen: &Seen, receipt: Option<&[u8]>) -> Result<()> {
        if let Some(receipt) = receipt {
            self.archive.put(RECEIPT, receipt)?;
        }
        let cosigned = self.remote.cosigned()?;
        let is_own =
            |bytes: &Vec<u8>| Seen::parse(bytes).is_ok_and(|it| it.checkpoint.origin == seen.checkpoint.origin);
        if let Some(cosigned) = cosigned.filter(is_own) {
            self.archive.put(COSIGNED, &cosigned)?;
        }
        self.archive.put(CHECKPOINT, seen.note.to_string().as_bytes())?;
        self.tidy(seen.checkpoint.size)
    }

    /// Partial tiles that have grown since are of no use any more.
    fn tidy(&self, size: u64) -> Result<()> {
        if self.before == 0 || self.before == size {
            return Ok(());
        }
        let old = (0..=u8::MAX)
            .map_while(|level| Some((level, Tile::hashes(level, self.before))).filter(|(_, count)| *count > 0));
        let old_tiles = old.filter_map(|(level, count)| {
            let old = Tile::in_tree(level, (count - 1) / WIDTH, self.before)?;
            let new = Tile::in_tree(level, old.index, size)?;
            (old.width < new.width).then(|| old.path())
        });
        let last = Bundle::in_tree((self.before - 1) / WIDTH, self.before);
        let old_bundle = last.filter(|old| Bundle::in_tree(old.index, size).is_some_and(|new| old.width < new.width));
        for path in old_tiles.chain(old_bundle.map(|bundle| bundle.path())) {
            let path = self.archive.dir().join(path);
            if path.exists() {
                fs::remove_file(&path)?;
            }
            // Of a tile that is full now nothing is left in its folder.
            drop(path.parent().map(fs::remove_dir));
        }
        Ok(())
    }
}

const WIDTH: u64 = TILE_WIDTH as u64;

fn newest(seen: &Seen) -> Option<EvidenceId> {
    let origin: Origin = seen.checkpoint.origin.parse().ok()?;
    Some(origin.evidence(seen.checkpoint.size.checked_sub(1)?))
}

fn gone(index: u64) -> anyhow::Error {
    usage(format!(
        "the exchange does not give entries from {index} on: they are past their retention, then leave them out with --from; or this caller is neither operator nor node"
    ))
}

fn bar(size: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} entries {per_sec} eta {eta}");
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
