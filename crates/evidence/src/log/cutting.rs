//! From the journal to tiles, bundles and the index of accesses.
//!
//! Files are written at their place, and the journal lets go of entries only when these files and their names are
//! durable: what a crash leaves half written is written again.

use super::{
    Shared,
    book::{Book, Entry, WIDTH, encode_sealed},
    journal::segment_name,
    keys::Signed,
    retention, told,
};
use crate::{
    EvidenceError,
    accesses::{BLOCK, month_of},
    disk::{DiskFile, write_whole},
    tile::{Bundle, TILE_WIDTH, Tile, TilePath, encode_entries},
};
use contract::{convert::from_wire, wire::bytes_field};
use domain::Timestamp;
use prost::Message;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use tracing::{info, warn};

/// Bundles that are written before their files are synced one after the other.
const BATCH: u64 = 64;
/// How often retention is looked after.
const PRUNING: chrono::Duration = chrono::Duration::hours(1);
/// Field of `Statement`.
const TIME: u32 = 2;
/// How far the month of a mark may lie from that of the statement beside it.
const SLACK: chrono::Duration = chrono::Duration::days(1);

/// Does what need not be done at once.
pub(crate) struct Cutter {
    shared: Arc<Shared>,
    book: Arc<Book>,
    folders: BTreeSet<PathBuf>,
    /// The checkpoint on disk.
    kept: Option<Arc<Signed>>,
    pruned: Option<Timestamp>,
}

/// Files that are written and not yet durable.
#[derive(Default)]
struct Written {
    files: Vec<(PathBuf, Box<dyn DiskFile>)>,
    folders: BTreeSet<PathBuf>,
}

impl Cutter {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let book = Arc::clone(shared.newest());
        Self { shared, book, folders: BTreeSet::new(), kept: None, pruned: None }
    }

    /// Does all that there is to do. What fails is told and tried again in the next round.
    pub(crate) fn round(&mut self) {
        let why = self.keep().err().map(|error| told(&error));
        if let Some(why) = &why {
            warn!(why, "evidence cannot be moved to its tiles");
        }
        self.shared.set_uncut(why);
    }

    fn keep(&mut self) -> Result<(), EvidenceError> {
        while self.cut()? {}
        self.drop_segments()?;
        self.index_accesses()?;
        self.keep_checkpoint()?;
        let now = self.shared.config.clock.now();
        // The key of a month that begins is made ahead of the first question in it.
        self.shared.marks.prepare(now + SLACK)?;
        if let Some(retention) = self.shared.config.retention
            && self.pruned.is_none_or(|last| now - last >= PRUNING)
        {
            let kept = chrono::Duration::from_std(retention).unwrap_or(chrono::Duration::MAX);
            if let Some(before) = now.checked_sub_signed(kept) {
                retention::prune(&self.shared, before)?;
            }
            self.pruned = Some(now);
        }
        Ok(())
    }

    /// Writes full bundles to disk; whether there are more.
    fn cut(&mut self) -> Result<bool, EvidenceError> {
        let (from, entries) = {
            let state = self.book.read();
            let full = (state.window.len() as u64 / WIDTH).min(BATCH) * WIDTH;
            let count = usize::try_from(full).unwrap_or(usize::MAX);
            (state.cut, state.window.iter().take(count).cloned().collect::<Vec<_>>())
        };
        if entries.is_empty() {
            return Ok(false);
        }
        let to = from + entries.len() as u64;
        let mut written = Written::default();
        for (group, entries) in (from / WIDTH..).zip(entries.chunks(usize::from(TILE_WIDTH))) {
            self.write_group(&mut written, group, entries)?;
        }
        self.write_tiles(&mut written, to)?;
        self.make_durable(written)?;
        let mut state = self.book.write();
        state.window.drain(..entries.len());
        state.edge.release(to);
        state.cut = to;
        Ok(state.window.len() as u64 >= WIDTH)
    }

    fn write_group(&mut self, written: &mut Written, group: u64, entries: &[Entry]) -> Result<(), EvidenceError> {
        let leaves: Vec<_> = entries.iter().map(|entry| &entry.leaf).collect();
        let bundle = self.book.path(TilePath::Entries(Bundle { index: group, width: TILE_WIDTH }));
        self.write_file(written, bundle, &encode_entries(&leaves)?)?;
        let sealed = self.book.sealed_path(group);
        self.write_file(written, sealed, &encode_sealed(entries)?)
    }

    fn write_tiles(&mut self, written: &mut Written, size: u64) -> Result<(), EvidenceError> {
        for level in 0_u8.. {
            let Some((first, end)) = self.book.read().edge.full_tiles(level, size) else { break };
            for index in first..end {
                let tile = Tile { level, index, width: TILE_WIDTH };
                let path = self.book.path(TilePath::Hashes(tile));
                let bytes = self.book.read().edge.tile(level, index, TILE_WIDTH);
                let bytes = bytes.ok_or_else(|| EvidenceError::damaged(&path, 0, "is not in memory"))?;
                self.write_file(written, path, &bytes)?;
            }
        }
        Ok(())
    }

    fn write_file(&mut self, written: &mut Written, path: PathBuf, bytes: &[u8]) -> Result<(), EvidenceError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let disk = &*self.book.disk;
        if !self.folders.contains(&folder) {
            disk.make_folder(&folder).map_err(|source| EvidenceError::disk(&folder, source))?;
            self.folders.insert(folder.clone());
        }
        let file = disk.create(&path).and_then(|mut file| file.write_at(0, bytes).map(|()| file));
        let file = file.map_err(|source| EvidenceError::disk(&path, source))?;
        written.folders.insert(folder);
        written.files.push((path, file));
        Ok(())
    }

    fn make_durable(&self, written: Written) -> Result<(), EvidenceError> {
        for (path, mut file) in written.files {
            file.sync().map_err(|source| EvidenceError::disk(&path, source))?;
        }
        for folder in &written.folders {
            self.book.disk.sync_folder(folder).map_err(|source| EvidenceError::disk(folder, source))?;
        }
        Ok(())
    }

    /// Removes segments of the journal that lie wholly in bundles. Each removal is durable before the next, so that
    /// what a crash brings back joins what is there.
    fn drop_segments(&self) -> Result<(), EvidenceError> {
        let folder = self.book.folder.join("journal");
        loop {
            let first = {
                let state = self.book.read();
                match (state.segments.front(), state.segments.get(1)) {
                    (Some(first), Some(next)) if *next <= state.cut => *first,
                    _ => return Ok(()),
                }
            };
            let path = folder.join(segment_name(first));
            let removed = match self.book.disk.remove(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
            let removed = removed.and_then(|()| self.book.disk.sync_folder(&folder));
            removed.map_err(|source| EvidenceError::disk(&path, source))?;
            self.book.write().segments.pop_front();
        }
    }

    fn index_accesses(&self) -> Result<(), EvidenceError> {
        loop {
            let block = self.book.accesses.next();
            if (block + 1) * BLOCK > self.book.read().cut {
                return Ok(());
            }
            let months = self.months_of(block)?;
            self.book.accesses.close_block(&self.shared.seals, months)?;
            info!(block, "closed a block of the index of accesses");
        }
    }

    /// The months that a block's marks may be of.
    fn months_of(&self, block: u64) -> Result<(u32, u32), EvidenceError> {
        let offset = self.shared.config.offset;
        let (mut first, mut last) = (u32::MAX, 0);
        for group in (block * BLOCK..(block + 1) * BLOCK).step_by(usize::from(TILE_WIDTH)) {
            let leaves = self.book.leaves(group, usize::from(TILE_WIDTH))?;
            for time in leaves.iter().filter_map(|leaf| time_of(leaf)) {
                first = first.min(month_of(time - SLACK, offset));
                last = last.max(month_of(time + SLACK, offset));
            }
        }
        Ok((first, last))
    }

    fn keep_checkpoint(&mut self) -> Result<(), EvidenceError> {
        let Some(signed) = self.book.signed() else { return Ok(()) };
        if self.kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &signed)) {
            return Ok(());
        }
        let path = self.book.folder.join("checkpoint");
        let written = write_whole(&*self.book.disk, &path, signed.note.as_bytes());
        written.map_err(|source| EvidenceError::disk(&path, source))?;
        self.kept = Some(signed);
        Ok(())
    }
}

/// When an entry says that it was made.
pub(crate) fn time_of(leaf: &[u8]) -> Option<Timestamp> {
    from_wire(&Message::decode(bytes_field(leaf, TIME)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{convert::to_wire, v1::Statement};

    #[test]
    fn time_of_an_entry_is_that_of_its_statement() {
        let time = Timestamp::UNIX_EPOCH + chrono::Duration::days(20_000);
        let statement = |time| Statement { evidence_id: "a".to_owned(), time, ..Statement::default() }.encode_to_vec();
        assert_eq!(time_of(&statement(Some(to_wire(time)))), Some(time));
        assert_eq!((time_of(&statement(None)), time_of(b"noise")), (None, None));
    }
}
