//! The product from outside: its binary, a node of it, its command line.
mod node;
mod topic;
mod translated;

pub use self::{
    node::{Bus, Node, Said, files_in},
    topic::{messages, placed, published, visit},
    translated::{differences, translate},
};

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Takes a binary that is there already for `exchange`; only before [`binary`] is first asked for.
pub fn take_binary(path: PathBuf) {
    // One that was built before stays.
    drop(BINARY.set(path));
}

/// The `exchange` binary, built once for each test process beside the test's own.
#[must_use]
pub fn binary() -> &'static Path {
    BINARY.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().unwrap();
        // A test lies in a folder of its own, a program does not.
        let profile = if folder.ends_with("deps") { folder.parent().unwrap() } else { folder };
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "-p", "cli", "--bin", "exchange"]);
        build.arg("--target-dir").arg(profile.parent().unwrap());
        // Cargo describes this package to its tests; a build script that looked there would be run anew, with all above it.
        let about_us = std::env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        about_us.for_each(|name| {
            build.env_remove(name);
        });
        if !profile.ends_with("debug") {
            build.arg("--profile").arg(profile.file_name().unwrap());
        }
        assert!(build.status().unwrap().success(), "the binary is built");
        profile.join(format!("exchange{}", std::env::consts::EXE_SUFFIX))
    })
}

/// Looks until `seen` gives something; `what` names it when the generous limit is over.
pub fn wait_for<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(90);
    loop {
        if let Some(found) = seen() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
