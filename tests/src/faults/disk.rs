use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::Command,
};
use tempfile::TempDir;

/// A disk of 64 MiB in memory; to mount one is for administrators.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

const BALLAST: &str = "ballast";

impl SmallDisk {
    /// Mounts it.
    ///
    /// # Errors
    /// Why that is not possible here.
    pub fn mount() -> Result<Self, String> {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(said) if said.status.success() => Ok(Self { folder }),
            Ok(said) => Err(format!("skipped, no disk to fill: {}", String::from_utf8_lossy(&said.stderr).trim())),
            Err(error) => Err(format!("skipped, no disk to fill: {error}")),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut ballast = File::create(self.path().join(BALLAST)).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    /// Makes room again.
    pub fn make_room(&self) {
        fs::remove_file(self.path().join(BALLAST)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be unmounted now goes with its last user.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}
