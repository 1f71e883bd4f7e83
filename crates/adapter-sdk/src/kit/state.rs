//! What a process that is killed leaves behind.

use std::{fs, io, path::Path};

/// Copies a folder as it stands, open files and all: the state of a process that was killed at this moment.
///
/// # Errors
/// When something in it cannot be read, or `to` cannot be written.
pub fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
