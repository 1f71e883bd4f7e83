//! The small file that says what a topic is; a folder without it was never finished.

use super::disk::{self, Disk};
use crate::seam::BusError;
use std::{fs, io, path::Path};

const NAME: &str = "topic";
const KEEP_ALL: &str = "exchange log 1\nkeep all\n";
const KEEP_NEWEST: &str = "exchange log 1\nkeep newest of a key\n";

pub(crate) fn exists(folder: &Path) -> bool {
    folder.join(NAME).exists()
}

pub(crate) fn create(disk: &dyn Disk, folder: &Path, compacted: bool) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let content = if compacted { KEEP_NEWEST } else { KEEP_ALL };
    disk::write_whole(disk, &folder.join(NAME), content.as_bytes())?;
    folder.parent().map_or(Ok(()), |parent| disk.sync_folder(parent))
}

/// Whether the topic keeps only the newest message of a key.
pub(crate) fn compacted(folder: &Path) -> Result<bool, BusError> {
    let path = folder.join(NAME);
    let place = path.display().to_string();
    match fs::read_to_string(&path).as_deref() {
        Ok(KEEP_ALL) => Ok(false),
        Ok(KEEP_NEWEST) => Ok(true),
        Ok(_) => Err(BusError::Corrupt { place, what: "not a topic of format 1".to_owned() }),
        Err(error) => Err(BusError::Unavailable(format!("{place}: {error}"))),
    }
}
