//! A database's process: found, started on a free port, stopped, frozen.

use std::{
    fmt,
    fs::{self, File},
    io,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Why there is no such database on this machine.
#[derive(Debug)]
pub struct Skip {
    what: &'static str,
    reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "skipped, no {} here: {}", self.what, self.reason)
    }
}

/// A few tries of `start`: another process may take a port between our choice and the server's start.
///
/// # Panics
/// With `CI=true` in the environment, instead of skipping.
pub(super) fn started<T>(what: &'static str, start: impl Fn() -> io::Result<T>) -> Result<T, Skip> {
    const STARTS: usize = 3;
    let mut reason = String::new();
    for _ in 0..STARTS {
        match start() {
            Ok(server) => return Ok(server),
            Err(error) => reason = error.to_string(),
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a test decides here whether it may be skipped")]
    let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!required, "CI needs {what}: {reason}");
    Err(Skip { what, reason })
}

/// The program `name`, in one of the folders where distributions put it.
pub(super) fn program(name: &str, folders: &[&str]) -> io::Result<PathBuf> {
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is not installed")))
}

/// A port of the loopback interface that is free now.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Whether whoever runs the test, and so owns `folder`, is root.
pub(super) fn is_root(folder: &Path) -> io::Result<bool> {
    Ok(fs::metadata(folder)?.uid() == 0)
}

/// Runs a program to its end.
pub(super) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stderr, output.stdout].concat();
    Err(io::Error::other(String::from_utf8_lossy(&text).into_owned()))
}

/// A server that runs, what it says going to a file.
pub(super) fn spawn(command: &mut Command, log: &Path) -> io::Result<Child> {
    let log = File::options().append(true).create(true).open(log)?;
    command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log).spawn()
}

/// Sends a signal to a server.
///
/// # Panics
/// When it cannot be sent.
pub(super) fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
}

/// The last lines of what a server said.
pub(super) fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
