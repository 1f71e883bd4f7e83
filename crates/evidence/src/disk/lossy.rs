//! A disk in memory that loses power, fills up and breaks.

mod content;

use self::content::{Change, Content};
use super::{Disk, DiskFile, DiskLock};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A disk in memory that keeps after [`LossyDisk::crash`] only what was made durable, and some of the rest: writes up
/// to a seeded point, the next one torn or with a hole in it, folder entries up to a seeded point. A cheap clone.
#[derive(Clone)]
pub struct LossyDisk(Arc<Mutex<Platter>>);

struct Platter {
    random: u64,
    /// Files opened before the last crash are gone.
    crashes: u64,
    next: u64,
    folders: BTreeSet<PathBuf>,
    seen: Names,
    durable: Names,
    /// Changes of names since each folder was synced.
    renames: BTreeMap<PathBuf, Vec<Rename>>,
    files: BTreeMap<u64, Content>,
    /// Writes that are still taken before those that fail.
    taken_writes: u32,
    failing_writes: u32,
    failing_syncs: u32,
    /// Changes until nothing more is taken.
    left: Option<u32>,
    read_only: bool,
    /// May not be opened for writing.
    forbidden: BTreeSet<PathBuf>,
}

type Names = BTreeMap<PathBuf, u64>;

/// A change of names in one folder.
struct Rename {
    gone: Option<PathBuf>,
    made: Option<(PathBuf, u64)>,
}

struct LossyFile {
    disk: LossyDisk,
    id: u64,
    crashes: u64,
}

impl LossyDisk {
    /// An empty disk whose losses follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            random: seed | 1,
            crashes: 0,
            next: 0,
            folders: BTreeSet::new(),
            seen: Names::new(),
            durable: Names::new(),
            renames: BTreeMap::new(),
            files: BTreeMap::new(),
            taken_writes: 0,
            failing_writes: 0,
            failing_syncs: 0,
            left: None,
            read_only: false,
            forbidden: BTreeSet::new(),
        })))
    }

    /// Loses power: what was not durable is lost, or part of it. Files open now fail from now on.
    pub fn crash(&self) {
        let mut platter = self.lock();
        platter.crashes += 1;
        (platter.left, platter.taken_writes, platter.failing_writes, platter.failing_syncs) = (None, 0, 0, 0);
        let renames = std::mem::take(&mut platter.renames);
        for changes in renames.into_values() {
            let kept = platter.below(changes.len() + 1);
            changes.into_iter().take(kept).for_each(|change| change.apply(&mut platter.durable));
        }
        platter.seen = platter.durable.clone();
        let mut files = std::mem::take(&mut platter.files);
        for file in files.values_mut() {
            file.crash(&mut platter);
        }
        platter.files = files;
    }

    /// Lets the next writes fail because the disk is full (`ENOSPC`), after a part of each was written.
    pub fn fail_writes(&self, count: u32) {
        self.fail_writes_after(0, count);
    }

    /// As [`LossyDisk::fail_writes`], once so many more were taken.
    pub fn fail_writes_after(&self, taken: u32, count: u32) {
        let mut platter = self.lock();
        (platter.taken_writes, platter.failing_writes) = (taken, count);
    }

    /// Lets the next syncs fail (`EIO`); what was to be synced may be forgotten.
    pub fn fail_syncs(&self, count: u32) {
        self.lock().failing_syncs = count;
    }

    /// Whether nothing can be written (`EROFS`), as on a disk that the system remounted after errors of its own.
    pub fn set_read_only(&self, read_only: bool) {
        self.lock().read_only = read_only;
    }

    /// Lets a file no longer be opened for writing or made (`EACCES`), as one of another account.
    pub fn forbid(&self, path: &Path) {
        self.lock().forbidden.insert(path.to_owned());
    }

    /// Takes [`LossyDisk::forbid`] back.
    pub fn forgive(&self, path: &Path) {
        self.lock().forbidden.remove(path);
    }

    /// Takes so many changes more and then none until [`LossyDisk::crash`]: power is lost in the middle of something.
    pub fn break_after(&self, changes: u32) {
        self.lock().left = Some(changes);
    }

    /// Alters a byte of a file, as worn media do.
    ///
    /// # Panics
    /// There is no such file or byte.
    pub fn flip(&self, path: &Path, at: usize) {
        let mut platter = self.lock();
        let id = platter.seen[path];
        let Some(file) = platter.files.get_mut(&id) else { panic!("no such file") };
        file.seen[at] ^= 1;
        file.durable[at] ^= 1;
    }

    /// The files on the disk.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.lock().seen.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, id: u64, crashes: u64) -> Box<dyn DiskFile> {
        Box::new(LossyFile { disk: self.clone(), id, crashes })
    }
}

impl Platter {
    /// Xorshift: a number below `count`, which is not zero.
    fn below(&mut self, count: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % count as u64).unwrap_or(0)
    }

    fn rename(&mut self, folder: &Path, rename: Rename) {
        rename.apply(&mut self.seen);
        self.renames.entry(folder.to_owned()).or_default().push(rename);
    }

    fn id(&self, path: &Path) -> io::Result<u64> {
        self.seen.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether the file may be opened for writing or made.
    fn may_write(&self, path: &Path) -> io::Result<()> {
        self.is_writable()?;
        if self.forbidden.contains(path) { Err(io::Error::from_raw_os_error(EACCES)) } else { Ok(()) }
    }

    fn is_writable(&self) -> io::Result<()> {
        if self.read_only { Err(io::Error::from_raw_os_error(EROFS)) } else { Ok(()) }
    }

    /// Takes one more change, unless power is about to be lost.
    fn change(&mut self) -> io::Result<()> {
        self.is_writable()?;
        match &mut self.left {
            Some(0) => Err(io::Error::from_raw_os_error(EIO)),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes one of so many; whether one was left.
    fn take_one(count: &mut u32) -> bool {
        let was_left = *count > 0;
        *count = count.saturating_sub(1);
        was_left
    }
}

impl Rename {
    fn apply(&self, names: &mut Names) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((made, id)) = &self.made {
            names.insert(made.clone(), *id);
        }
    }
}

impl Disk for LossyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let folder = folder_of(path);
        let mut platter = self.lock();
        platter.may_write(path)?;
        platter.change()?;
        if !platter.folders.contains(&folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if let Ok(id) = platter.id(path) {
            if let Some(file) = platter.files.get_mut(&id) {
                file.seen.clear();
                file.changes.push(Change::Truncate(0));
            }
            return Ok(self.file(id, platter.crashes));
        }
        platter.next += 1;
        let id = platter.next;
        platter.files.insert(id, Content::default());
        platter.rename(&folder, Rename { gone: None, made: Some((path.to_owned(), id)) });
        Ok(self.file(id, platter.crashes))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.lock().may_write(path)?;
        self.read(path)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let platter = self.lock();
        Ok(self.file(platter.id(path)?, platter.crashes))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut platter = self.lock();
        platter.change()?;
        let id = platter.id(from)?;
        platter.rename(&folder_of(to), Rename { gone: Some(from.to_owned()), made: Some((to.to_owned(), id)) });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut platter = self.lock();
        platter.change()?;
        platter.id(path)?;
        platter.rename(&folder_of(path), Rename { gone: Some(path.to_owned()), made: None });
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let platter = self.lock();
        let inside = platter.seen.keys().chain(&platter.folders).filter(|path| path.parent() == Some(folder));
        let names: BTreeSet<String> = inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
        Ok(names.into_iter().collect())
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut platter = self.lock();
        if !platter.folders.contains(folder) {
            platter.is_writable()?;
            platter.folders.extend(folder.ancestors().map(Path::to_owned));
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut platter = self.lock();
        platter.change()?;
        if Platter::take_one(&mut platter.failing_syncs) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        let changes = platter.renames.remove(folder).unwrap_or_default();
        for change in changes {
            change.apply(&mut platter.durable);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        self.lock().may_write(path)?;
        Ok(DiskLock::of_memory())
    }
}

impl LossyFile {
    fn with<T>(&self, act: impl FnOnce(&mut Content, &mut Platter) -> io::Result<T>) -> io::Result<T> {
        let mut platter = self.disk.lock();
        if platter.crashes != self.crashes {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        let mut content = platter.files.remove(&self.id).unwrap_or_default();
        let result = act(&mut content, &mut platter);
        platter.files.insert(self.id, content);
        result
    }
}

impl DiskFile for LossyFile {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|content, platter| {
            platter.change()?;
            let at = usize::try_from(at).map_err(|_| io::ErrorKind::FileTooLarge)?;
            assert!(at <= content.seen.len(), "a hole before byte {at}");
            if !Platter::take_one(&mut platter.taken_writes) && Platter::take_one(&mut platter.failing_writes) {
                let part = platter.below(bytes.len() + 1);
                content.write(at, &bytes[..part]);
                return Err(io::Error::from_raw_os_error(ENOSPC));
            }
            content.write(at, bytes);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(|content, platter| {
            platter.change()?;
            if Platter::take_one(&mut platter.failing_syncs) {
                content.forget(platter);
                return Err(io::Error::from_raw_os_error(EIO));
            }
            content.sync();
            Ok(())
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.with(|content, platter| {
            platter.change()?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            content.seen.truncate(length);
            content.changes.push(Change::Truncate(length));
            Ok(())
        })
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.with(|content, _| {
            let from = usize::try_from(at).unwrap_or(usize::MAX).min(content.seen.len());
            let read = into.len().min(content.seen.len() - from);
            into[..read].copy_from_slice(&content.seen[from..from + read]);
            Ok(read)
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.with(|content, _| Ok(content.seen.len() as u64))
    }
}

const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}
