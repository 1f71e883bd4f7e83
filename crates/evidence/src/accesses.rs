//! Who asked about a subject: a sealed index beside the log.
//!
//! ```text
//! accesses/<block>   one file for 65,536 entries: magic, rows u64, first and last month u32 each, then rows by mark
//! row                mark 32 bytes · index of the entry, sealed, 36 bytes
//! ```
//! Integers are little endian. A mark is good for one month: without that month's key nobody can tell which rows are
//! about whom, and without the node's key nobody can tell which entries rows belong to.
mod marks;

pub(crate) use self::marks::{Marks, month_of};

use crate::{
    EvidenceError, Mark,
    disk::{Disk, DiskFile, write_whole},
    log::Seals,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Entries that one file is about.
pub(crate) const BLOCK: u64 = 65_536;
const MAGIC: &[u8; 8] = b"access 1";
const HEAD: usize = 24;
const ROW: usize = 68;

type SealedIndex = [u8; ROW - 32];

/// The index of one epoch.
pub(crate) struct AccessIndex {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    origin: String,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Files on disk, by block.
    files: Vec<BlockFile>,
    /// The first block that is not on disk.
    next: u64,
    /// Marks of entries from that block on, in their order.
    open: Vec<(Mark, u64)>,
}

#[derive(Clone, Copy)]
struct BlockFile {
    block: u64,
    rows: u64,
    months: (u32, u32),
}

/// What is looked for: a subject's marks by month, and where to stop.
pub(crate) struct Search<'a> {
    pub(crate) marks: &'a [(u32, Mark)],
    pub(crate) before: u64,
    pub(crate) most: usize,
}

impl AccessIndex {
    pub(crate) fn new(folder: PathBuf, disk: Arc<dyn Disk>, origin: String) -> Self {
        Self { folder, disk, origin, inner: RwLock::default() }
    }

    /// Reads which files there are. Gives the first entry whose marks are not in them.
    pub(crate) fn load(&self, pruned: u64) -> Result<u64, EvidenceError> {
        let names = self.disk.list(&self.folder).map_err(|source| EvidenceError::disk(&self.folder, source))?;
        let blocks = names.iter().filter_map(|name| name.parse().ok().filter(|block| file_name(*block) == *name));
        let mut inner = self.write();
        inner.next = pruned / BLOCK;
        for block in blocks {
            // A hole is filled again, with all that follows it.
            if block == inner.next {
                inner.files.push(self.head(block)?);
                inner.next += 1;
            }
        }
        Ok(inner.next * BLOCK)
    }

    /// Takes in the marks of the entry at `index`, the next one.
    pub(crate) fn add(&self, marks: &[Mark], index: u64) {
        if !marks.is_empty() {
            self.write().open.extend(marks.iter().map(|mark| (*mark, index)));
        }
    }

    /// The first block that is not on disk.
    pub(crate) fn next(&self) -> u64 {
        self.read().next
    }

    /// Writes the next block to disk, whose entries are of the given months, first and last.
    pub(crate) fn close_block(&self, seals: &Seals, months: (u32, u32)) -> Result<(), EvidenceError> {
        let block = self.next();
        let end = (block + 1) * BLOCK;
        let mut marks: Vec<_> = self.read().open.iter().filter(|(_, index)| *index < end).copied().collect();
        marks.sort_unstable();
        let rows = marks.len() as u64;
        let mut content = Vec::with_capacity(HEAD + marks.len() * ROW);
        content.extend_from_slice(MAGIC);
        content.extend_from_slice(&rows.to_le_bytes());
        content.extend_from_slice(&months.0.to_le_bytes());
        content.extend_from_slice(&months.1.to_le_bytes());
        for (row, (mark, index)) in (0..).zip(&marks) {
            content.extend_from_slice(&mark.0);
            content.extend_from_slice(&seals.seal_row(&self.origin, (block * BLOCK, row), *index)?);
        }
        let path = self.path(block);
        write_whole(&*self.disk, &path, &content).map_err(|source| EvidenceError::disk(&path, source))?;
        let mut inner = self.write();
        inner.files.push(BlockFile { block, rows, months });
        inner.next = block + 1;
        inner.open.retain(|(_, index)| *index >= end);
        Ok(())
    }

    /// Indexes of entries about a subject, newest first.
    pub(crate) fn find(&self, seals: &Seals, search: &Search<'_>) -> Result<Vec<u64>, EvidenceError> {
        let (mut found, files) = {
            let inner = self.read();
            let mine = |(mark, index): &(Mark, u64)| {
                (*index < search.before && search.marks.iter().any(|(_, own)| own == mark)).then_some(*index)
            };
            (inner.open.iter().filter_map(mine).collect::<Vec<_>>(), inner.files.clone())
        };
        newest_first(&mut found);
        for file in files.iter().rev().filter(|file| file.block * BLOCK < search.before) {
            if found.len() >= search.most {
                break;
            }
            let mut more = self.find_in(file, seals, search)?;
            newest_first(&mut more);
            found.append(&mut more);
        }
        found.truncate(search.most);
        Ok(found)
    }

    /// Removes files of blocks that lie wholly before entry `pruned`.
    pub(crate) fn prune(&self, pruned: u64) -> Result<(), EvidenceError> {
        loop {
            let first = self.read().files.first().map(|file| file.block);
            let Some(block) = first.filter(|block| (block + 1) * BLOCK <= pruned) else { return Ok(()) };
            let path = self.path(block);
            self.disk.remove(&path).map_err(|source| EvidenceError::disk(&path, source))?;
            self.write().files.remove(0);
        }
    }

    fn find_in(&self, file: &BlockFile, seals: &Seals, search: &Search<'_>) -> Result<Vec<u64>, EvidenceError> {
        let path = self.path(file.block);
        let failed = |source| EvidenceError::disk(&path, source);
        let mut found = Vec::new();
        let months = file.months.0..=file.months.1;
        let mut marks = search.marks.iter().filter(|(month, _)| months.contains(month)).peekable();
        if marks.peek().is_none() {
            return Ok(found);
        }
        let open = self.disk.read(&path).map_err(failed)?;
        for (_, mark) in marks {
            for (row, sealed) in rows_of(&*open, file.rows, mark).map_err(failed)? {
                let index = seals.open_row(&self.origin, (file.block * BLOCK, row), &sealed);
                let what = "row does not open under the node's sealing key";
                found.push(index.ok_or_else(|| EvidenceError::damaged(&path, byte_of(row), what))?);
            }
        }
        found.retain(|index| *index < search.before);
        Ok(found)
    }

    fn head(&self, block: u64) -> Result<BlockFile, EvidenceError> {
        let path = self.path(block);
        let failed = |source| EvidenceError::disk(&path, source);
        let file = self.disk.read(&path).map_err(failed)?;
        let mut head = [0; HEAD];
        let read = file.read_at(0, &mut head).map_err(failed)?;
        let [magic @ .., _, _] = head.as_chunks::<8>().0 else { return Err(cut_off(&path, read)) };
        let number = |at: usize| head[at..].first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let rows = head[8..].first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let length = file.length().map_err(failed)?;
        let whole = rows.checked_mul(ROW as u64).and_then(|bytes| bytes.checked_add(HEAD as u64));
        if read < HEAD || magic != [*MAGIC] || whole != Some(length) {
            return Err(cut_off(&path, read));
        }
        Ok(BlockFile { block, rows, months: (number(16), number(20)) })
    }

    fn path(&self, block: u64) -> PathBuf {
        self.folder.join(file_name(block))
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(block: u64) -> String {
    format!("{block:010}")
}

fn cut_off(path: &Path, read: usize) -> EvidenceError {
    EvidenceError::damaged(path, read as u64, "is no whole index of accesses")
}

fn newest_first(found: &mut Vec<u64>) {
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
}

fn byte_of(row: u64) -> u64 {
    HEAD as u64 + row * ROW as u64
}

/// The rows of a mark, each with its sealed index.
fn rows_of(file: &dyn DiskFile, rows: u64, mark: &Mark) -> io::Result<Vec<(u64, SealedIndex)>> {
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low + (high - low) / 2;
        let (of, _) = read_row(file, middle)?;
        if of < mark.0 { low = middle + 1 } else { high = middle }
    }
    let mut found = Vec::new();
    for row in low..rows {
        let (of, sealed) = read_row(file, row)?;
        if of != mark.0 {
            break;
        }
        found.push((row, sealed));
    }
    Ok(found)
}

fn read_row(file: &dyn DiskFile, row: u64) -> io::Result<([u8; 32], SealedIndex)> {
    let mut bytes = [0; ROW];
    if file.read_at(byte_of(row), &mut bytes)? < ROW {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let (mut mark, mut sealed) = ([0; 32], [0; ROW - 32]);
    mark.copy_from_slice(&bytes[..32]);
    sealed.copy_from_slice(&bytes[32..]);
    Ok((mark, sealed))
}
