//! The end of entries' time: bundles, what is kept beside them and their index go, hash tiles stay.

use super::{
    Shared,
    book::{Book, Entry, WIDTH},
    cutting::time_of,
    journal::segment_name,
};
use crate::{
    EvidenceError,
    disk::{Disk, read_whole, write_whole},
    tile::{Bundle, TILE_WIDTH, TilePath},
};
use domain::Timestamp;
use std::{
    collections::BTreeSet,
    io,
    path::Path,
    sync::{Arc, PoisonError, atomic::Ordering},
};
use tracing::info;

/// Removes what is wholly older than `before`, in all epochs.
pub(crate) fn prune(shared: &Shared, before: Timestamp) -> Result<(), EvidenceError> {
    let turn = shared.pruning.lock().unwrap_or_else(PoisonError::into_inner);
    for book in &shared.books {
        let pruned = end_of_older(book, before)?;
        if pruned > book.read().removed {
            remove(book, pruned)?;
        }
        book.accesses.prune(pruned)?;
        if !Arc::ptr_eq(book, shared.newest()) {
            end_epoch(book, before)?;
        }
    }
    let state = shared.newest().read();
    let held = state.segments.back().is_some_and(|first| *first < state.pruned);
    shared.rotate.store(held, Ordering::Relaxed);
    drop(state);
    shared.marks.prune(before)?;
    drop(turn);
    Ok(())
}

/// Entries of an epoch that were removed, and those of them that are off the disk already.
pub(crate) fn read(disk: &dyn Disk, folder: &Path) -> Result<(u64, u64), EvidenceError> {
    let path = folder.join("pruned");
    let Some(text) = read_whole(disk, &path).map_err(|source| EvidenceError::disk(&path, source))? else {
        return Ok((0, 0));
    };
    let numbers = || {
        let (pruned, removed) = std::str::from_utf8(&text).ok()?.trim_end().split_once(' ')?;
        Some((pruned.parse().ok()?, removed.parse().ok()?))
    };
    numbers().ok_or_else(|| EvidenceError::damaged(&path, 0, "does not hold two numbers"))
}

/// The first entry whose bundle is not wholly older than `before`.
fn end_of_older(book: &Book, before: Timestamp) -> Result<u64, EvidenceError> {
    let (mut end, cut) = {
        let state = book.read();
        (state.pruned, state.cut)
    };
    while end < cut {
        let leaves = book.leaves(end, usize::from(TILE_WIDTH))?;
        if leaves.iter().filter_map(|leaf| time_of(leaf)).any(|time| time >= before) {
            break;
        }
        end += WIDTH;
    }
    Ok(end)
}

/// First it is written down that the entries are gone, so that a crash in between leaves no file behind.
fn remove(book: &Book, pruned: u64) -> Result<(), EvidenceError> {
    let removed = book.read().removed;
    note(book, pruned, removed)?;
    book.write().pruned = pruned;
    let mut folders = BTreeSet::new();
    for group in removed / WIDTH..pruned / WIDTH {
        let bundle = book.path(TilePath::Entries(Bundle { index: group, width: TILE_WIDTH }));
        for path in [bundle, book.sealed_path(group)] {
            match book.disk.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(EvidenceError::disk(&path, error)),
                _ => folders.extend(path.parent().map(Path::to_owned)),
            }
        }
    }
    for folder in &folders {
        book.disk.sync_folder(folder).map_err(|source| EvidenceError::disk(folder, source))?;
    }
    note(book, pruned, pruned)?;
    book.write().removed = pruned;
    info!(origin = book.name, entries = pruned, "removed evidence whose time is over");
    Ok(())
}

/// Removes the journal of an epoch that ended once all that is left in it is older than `before`.
fn end_epoch(book: &Book, before: Timestamp) -> Result<(), EvidenceError> {
    let (total, segments) = {
        let state = book.read();
        let older = |entry: &Entry| time_of(&entry.leaf).is_none_or(|time| time < before);
        if state.total() == 0 || state.pruned < state.cut || !state.window.iter().all(older) {
            return Ok(());
        }
        (state.total(), state.segments.clone())
    };
    note(book, total, total)?;
    book.write().pruned = total;
    let folder = book.folder.join("journal");
    for first in segments {
        let path = folder.join(segment_name(first));
        match book.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(EvidenceError::disk(&path, error)),
            _ => {}
        }
    }
    book.write().segments.clear();
    book.disk.sync_folder(&folder).map_err(|source| EvidenceError::disk(&folder, source))
}

fn note(book: &Book, pruned: u64, removed: u64) -> Result<(), EvidenceError> {
    let path = book.folder.join("pruned");
    let text = format!("{pruned} {removed}\n");
    write_whole(&*book.disk, &path, text.as_bytes()).map_err(|source| EvidenceError::disk(&path, source))
}
