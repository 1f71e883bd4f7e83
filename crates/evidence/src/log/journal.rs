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
/// Zeros that are written behind a group once those before are used up. The groups that follow go over them: they change
/// neither the file's length nor its blocks, which the file system would write down by a write of its own.
const ROOM: usize = 256 << 10;
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
    /// Where the zeros behind them end.
    room: u64,
    /// Whether the file may hold anything but zeros behind `length`, after a write that failed.
    dirty: bool,
    /// Whether nobody has been told yet that the segment began.
    is_untold: bool,
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
        Ok(Self { disk, folder, file, first, length, room: length, dirty: false, is_untold: false })
    }

    /// Begins a segment with entry `first`.
    pub(crate) fn create(disk: Arc<dyn Disk>, folder: PathBuf, first: u64) -> io::Result<Self> {
        disk.make_folder(&folder)?;
        let file = create_segment(&*disk, &folder, first)?;
        Ok(Self { disk, folder, file, first, length: 0, room: 0, dirty: false, is_untold: false })
    }

    /// Writes a group and makes it durable. Gives the new segment's first entry when it is the first in one.
    pub(crate) fn write(&mut self, group: &Write<'_>) -> io::Result<Option<u64>> {
        let has_failed = self.dirty;
        self.heal()?;
        let first = group.first;
        let full = self.length >= SEGMENT_BYTES || first - self.first >= SEGMENT_ENTRIES;
        let begins = first > self.first && (full || group.begins_segment);
        if begins {
            self.file.truncate(self.length)?;
            self.file = create_segment(&*self.disk, &self.folder, first)?;
            (self.first, self.length, self.room, self.is_untold) = (first, 0, 0, true);
        }
        self.dirty = true;
        self.file.write_at(self.length, group.bytes)?;
        let end = self.length + group.bytes.len() as u64;
        let room = if end <= self.room {
            self.room
        } else if has_failed {
            end
        } else {
            self.make_room(end)
        };
        self.file.sync()?;
        (self.length, self.room, self.dirty) = (end, room, false);
        Ok(std::mem::take(&mut self.is_untold).then_some(first))
    }

    /// Writes zeros from byte `end`; where they end. None are needed: a disk that refuses them, or has just refused a group,
    /// takes groups as long as it can, and the sync tells what else is wrong with it.
    fn make_room(&mut self, end: u64) -> u64 {
        let made = self.file.write_at(end, &vec![0; ROOM]);
        made.map_or(end, |()| end + ROOM as u64)
    }

    /// Finds out whether the disk takes writes, without leaving any.
    pub(crate) fn probe(&mut self) -> io::Result<()> {
        // Cuts the zeros off first: what is to be found out is whether the file can grow.
        self.dirty = true;
        self.heal()?;
        self.dirty = true;
        self.file.write_at(self.length, &PROBE)?;
        self.file.sync()?;
        self.heal()
    }

    /// Takes back what a failed write left: nothing of it was signed.
    fn heal(&mut self) -> io::Result<()> {
        if self.dirty {
            self.file.truncate(self.length)?;
            self.file.sync()?;
            (self.room, self.dirty) = (self.length, false);
        }
        Ok(())
    }
}

fn create_segment(disk: &dyn Disk, folder: &Path, first: u64) -> io::Result<Box<dyn DiskFile>> {
    let file = disk.create(&folder.join(segment_name(first)))?;
    disk.sync_folder(folder)?;
    Ok(file)
}
