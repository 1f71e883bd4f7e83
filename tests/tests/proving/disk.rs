//! A node whose evidence is on a small disk.
use super::Place;
use exchange_tests::product::{binary, wait_for};
use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The node's process, which alone sees the disk.
pub(crate) struct SmallDisk {
    process: Child,
    filler: PathBuf,
}

impl Place {
    /// Starts the node with its evidence on a disk of 4 MiB, in a mount namespace of its own; none where the machine has
    /// no such thing.
    pub(crate) fn start_on_a_small_disk(&self) -> Option<SmallDisk> {
        let allowed = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
        if !allowed.is_ok_and(|status| status.success()) {
            eprintln!("NOT RUN, mount namespaces are not for us here");
            return None;
        }
        let folder = self.node.path("data/evidence");
        fs::create_dir_all(&folder).unwrap();
        let mut process = Command::new("unshare");
        process.args([
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=4m tmpfs \"$1\" && exec \"$0\" standalone --config \"$2\"",
        ]);
        process.arg(binary()).arg(&folder).arg(self.node.path("exchange.toml")).stdin(Stdio::null());
        let log = || File::options().append(true).create(true).open(self.node.path("stderr.log")).unwrap();
        let process = process.stdout(log()).stderr(log()).spawn().unwrap();
        wait_for("a node that is ready", || (self.node.ops("/readyz").0 == 200).then_some(()));
        let inside = format!("/proc/{}/root{}", process.id(), folder.display());
        Some(SmallDisk { process, filler: PathBuf::from(inside).join("filler") })
    }
}

impl SmallDisk {
    /// Writes until nothing more fits.
    pub(crate) fn fill(&mut self) {
        let mut file = File::options().append(true).create(true).open(&self.filler).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Takes away what fills it.
    pub(crate) fn make_room(&mut self) {
        fs::remove_file(&self.filler).unwrap();
    }

    /// Ends the node.
    pub(crate) fn end(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
