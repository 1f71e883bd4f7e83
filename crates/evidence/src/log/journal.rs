//! The journal: what was appended lately, in the order of the log.

use crate::disk::{Disk, DiskFile};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A segment is closed once it has this many entries, or bytes.
const SEGMENT_ENTRIES: u64 = 16_384;
const SEGMENT_BYTES: u64 = 16 << 20;
/// What is written to find out whether the disk takes anything again.
const PROBE: [u8; 4096] = [0; 4096];

/// The end of the journal, which one thread writes.
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    file: Box<dyn DiskFile>,
    /// Index of the segment's first entry.
    first: u64,
    /// Bytes of the segment that are durable.
    length: u64,
    /// Whether the file may hold more than that, after a write that failed.
    dirty: bool,
}

/// A group as it goes to the journal.
pub(crate) struct Write<'a> {
    pub(crate) bytes: &'a [u8],
    /// Index of its first entry.
    pub(crate) first: u64,
    /// Whether it is to begin a segment, so that the one before can go.
    pub(crate) begins_segment: bool,
}

/// Name of the segment that begins with entry `first`.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}.log")
}

/// First entries of the segments in a folder, in order.
pub(crate) fn segments(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<u64>> {
    let first = |name: &String| {
        let digits = name.strip_suffix(".log")?;
        if digits.len() == 20 { digits.parse().ok() } else { None }
    };
    Ok(disk.list(folder)?.iter().filter_map(first).collect())
}

impl Journal {
    /// Goes on with a segment whose first `length` bytes are sound: cuts off the rest, and makes what stands there durable.
    pub(crate) fn resume(disk: Arc<dyn Disk>, folder: PathBuf, first: u64, length: u64) -> io::Result<Self> {
        let mut file = disk.open(&folder.join(segment_name(first)))?;
        file.truncate(length)?;
        file.sync()?;
        Ok(Self { disk, folder, file, first, length, dirty: false })
    }

    /// Begins a segment with entry `first`.
    pub(crate) fn create(disk: Arc<dyn Disk>, folder: PathBuf, first: u64) -> io::Result<Self> {
        disk.make_folder(&folder)?;
        let file = create_segment(&*disk, &folder, first)?;
        Ok(Self { disk, folder, file, first, length: 0, dirty: false })
    }

    /// Writes a group and makes it durable. Gives the new segment's first entry when it began one.
    pub(crate) fn write(&mut self, group: &Write<'_>) -> io::Result<Option<u64>> {
        self.heal()?;
        let first = group.first;
        let full = self.length >= SEGMENT_BYTES || first - self.first >= SEGMENT_ENTRIES;
        let begins = first > self.first && (full || group.begins_segment);
        if begins {
            self.file = create_segment(&*self.disk, &self.folder, first)?;
            (self.first, self.length) = (first, 0);
        }
        self.dirty = true;
        self.file.append(group.bytes)?;
        self.file.sync()?;
        self.dirty = false;
        self.length += group.bytes.len() as u64;
        Ok(begins.then_some(first))
    }

    /// Finds out whether the disk takes writes, without leaving any.
    pub(crate) fn probe(&mut self) -> io::Result<()> {
        self.heal()?;
        self.dirty = true;
        self.file.append(&PROBE)?;
        self.file.sync()?;
        self.heal()
    }

    /// Takes back what a failed write left: nothing of it was signed.
    fn heal(&mut self) -> io::Result<()> {
        if self.dirty {
            self.file.truncate(self.length)?;
            self.file.sync()?;
            self.dirty = false;
        }
        Ok(())
    }
}

fn create_segment(disk: &dyn Disk, folder: &Path, first: u64) -> io::Result<Box<dyn DiskFile>> {
    let file = disk.create(&folder.join(segment_name(first)))?;
    disk.sync_folder(folder)?;
    Ok(file)
}
