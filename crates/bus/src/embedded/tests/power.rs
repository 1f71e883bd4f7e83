//! Power is lost at any touch of the disk: acknowledged messages are there, and nobody invented one.

use super::*;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt as _,
};

/// A disk that loses power: after so many touches nothing is written any more, and what was not made durable is gone, whole
/// or in part. Names are durable once their folder was synced, contents once their file was.
#[derive(Default)]
struct LossyDisk {
    /// Copies of names and contents as the disk holds them; its paths mirror those of the bus.
    platter: Mutex<Platter>,
    /// Touches left until power is lost; none when it stays.
    left: Mutex<Option<usize>>,
}

#[derive(Default)]
struct Platter {
    /// Content by inode, as of the last sync.
    contents: BTreeMap<u64, Vec<u8>>,
    /// Inodes by name, as of the last sync of the folder.
    names: BTreeMap<PathBuf, u64>,
    /// Keeps each inode's number from being given to another file.
    held: BTreeMap<u64, File>,
}

impl LossyDisk {
    fn losing_power_after(touches: usize) -> Self {
        Self { left: Mutex::new(Some(touches)), ..Self::default() }
    }

    fn touch(&self) -> io::Result<()> {
        let mut left = self.left.lock().unwrap();
        match left.as_mut() {
            Some(0) => Err(io::Error::other("no power")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The folder of a bus as it is found when power is back: what was durable, and of the rest what `chance` lets through.
    fn after_power_is_back(&self, folder: &Path, mut chance: impl FnMut(usize) -> usize) -> TempDir {
        let (platter, found) = (self.platter.lock().unwrap(), TempDir::new().unwrap());
        let seen = names(folder);
        let all: BTreeSet<&PathBuf> = platter.names.keys().chain(seen.keys()).collect();
        for path in all {
            let (durable, seen) = (platter.names.get(path), seen.get(path));
            let inode = if durable == seen || chance(2) == 0 { durable } else { seen };
            let Some(inode) = inode else { continue };
            let durable = platter.contents.get(inode).cloned().unwrap_or_default();
            let now = fs::read(format!("/proc/self/fd/{}", fd(&platter.held[inode]))).unwrap();
            let to = found.path().join(path.strip_prefix(folder).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, torn(&durable, &now, &mut chance)).unwrap();
        }
        found
    }
}
