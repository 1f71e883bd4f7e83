//! Keys of marks, one a month.

use crate::{
    EvidenceError, Mark,
    disk::{Disk, read_whole, write_whole},
};
use chrono::{Datelike as _, FixedOffset};
use domain::{Timestamp, clock::local_day};
use security::seal::{SealingKey, keyed_hash, random_bytes};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Makes marks, and can make them again for every month whose key is kept.
pub(crate) struct Marks {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    seal: Arc<SealingKey>,
    offset: FixedOffset,
    keys: Mutex<BTreeMap<u32, [u8; 32]>>,
}

/// The month of an instant, `202605`.
pub(crate) fn month_of(at: Timestamp, offset: FixedOffset) -> u32 {
    let day = local_day(at, offset);
    // Instants before the year 0 have no records.
    u32::try_from(day.year()).unwrap_or(0) * 100 + day.month()
}

impl Marks {
    /// Reads the keys in `folder`, each sealed under the node's key.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        seal: Arc<SealingKey>,
        offset: FixedOffset,
    ) -> Result<Self, EvidenceError> {
        let names = disk.list(&folder).map_err(|source| EvidenceError::disk(&folder, source))?;
        let mut keys = BTreeMap::new();
        for month in names.iter().filter_map(|name| month_in(name)) {
            let path = folder.join(file_name(month));
            let sealed = read_whole(&*disk, &path).map_err(|source| EvidenceError::disk(&path, source))?;
            let key = seal.open(&context(month), &sealed.unwrap_or_default()).and_then(|key| key.try_into().ok());
            let what = "does not open under the node's sealing key";
            keys.insert(month, key.ok_or_else(|| EvidenceError::damaged(&path, 0, what))?);
        }
        Ok(Self { disk, folder, seal, offset, keys: Mutex::new(keys) })
    }

    /// The mark of a subject in the month of an instant.
    pub(crate) fn mark(&self, subject: &[u8], at: Timestamp) -> Result<Mark, EvidenceError> {
        let month = month_of(at, self.offset);
        let mut keys = self.lock();
        if let Some(key) = keys.get(&month) {
            return Ok(Mark(keyed_hash(key, subject)));
        }
        let key = self.make(month)?;
        keys.insert(month, key);
        Ok(Mark(keyed_hash(&key, subject)))
    }

    /// Makes the key of an instant's month ahead of its first use.
    pub(crate) fn prepare(&self, at: Timestamp) -> Result<(), EvidenceError> {
        self.mark(b"", at).map(drop)
    }

    /// The marks of a subject in all months whose keys are kept.
    pub(crate) fn all(&self, subject: &[u8]) -> Vec<(u32, Mark)> {
        self.lock().iter().map(|(month, key)| (*month, Mark(keyed_hash(key, subject)))).collect()
    }

    /// Removes the keys of months before that of an instant: what was marked in them can never be found again.
    pub(crate) fn prune(&self, before: Timestamp) -> Result<(), EvidenceError> {
        let mut keys = self.lock();
        let kept = keys.split_off(&month_of(before, self.offset));
        let gone = std::mem::replace(&mut *keys, kept);
        for month in gone.keys() {
            let path = self.folder.join(file_name(*month));
            self.disk.remove(&path).map_err(|source| EvidenceError::disk(&path, source))?;
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.disk.sync_folder(&self.folder).map_err(|source| EvidenceError::disk(&self.folder, source))
    }

    fn make(&self, month: u32) -> Result<[u8; 32], EvidenceError> {
        let key: [u8; 32] = random_bytes()?;
        let path = self.folder.join(file_name(month));
        let sealed = self.seal.seal(&context(month), &key)?;
        write_whole(&*self.disk, &path, &sealed).map_err(|source| EvidenceError::disk(&path, source))?;
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, [u8; 32]>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(month: u32) -> String {
    format!("{:04}-{:02}.key", month / 100, month % 100)
}

fn month_in(name: &str) -> Option<u32> {
    let (year, month) = name.strip_suffix(".key")?.split_once('-')?;
    let month = year.parse::<u32>().ok()?.checked_mul(100)? + month.parse::<u32>().ok().filter(|month| *month <= 12)?;
    (file_name(month) == name).then_some(month)
}

fn context(month: u32) -> Vec<u8> {
    format!("marks {month}").into_bytes()
}
