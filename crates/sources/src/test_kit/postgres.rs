//! A real `PostgreSQL` with the natural resources department's exchange tables.

use super::server::{Skip, free_port, is_root, last_words, program, run, signal, spawn, started};
use adapter_sdk::transport::DatabaseSettings;
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

const FOLDERS: &[&str] = &["/usr/lib/postgresql/15/bin"];
const READY_LOOKS: usize = 300;
const LOOK: Duration = Duration::from_millis(100);
const DATABASE: &str = "qzk";
/// The gateway's account.
const USER: &str = "gateway";
const PASSWORD: &str = "gateway-trial";
/// The tables as the department's page has them.
const TABLES: &str = include_str!("natural-resources.sql");
/// The rights of the gateway's account.
const ACCOUNT: &str = "CREATE ROLE gateway LOGIN PASSWORD 'gateway-trial';
GRANT SELECT, UPDATE (sjsczt, sbyy) ON spgl_bdcqz, spgl_bdcqz_qlr, spgl_jsgcghxkz TO gateway";
/// What separates values and rows in what `psql` prints.
const SEPARATORS: (char, char) = ('\u{1f}', '\u{1e}');
/// What a session prints when it has done something.
const DONE: &str = "--done--";

/// A server that ends with this value.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    child: Child,
}

/// A connection of the department's own.
pub struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Postgres {
    /// Starts a server on a free port of the loopback interface, with the department's three tables and an account that may
    /// read them and update `sjsczt` and `sbyy`.
    ///
    /// # Errors
    /// [`Skip`] where `PostgreSQL` 15 is not installed (Debian package `postgresql-15`).
    ///
    /// # Panics
    /// With `CI=true` in the environment, instead of skipping.
    pub fn start() -> Result<Self, Skip> {
        started("PostgreSQL 15", Self::try_start)
    }

    /// `postgres://127.0.0.1:<port>/qzk`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// Name of the gateway's account.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// File with the account's password.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// How the gateway reaches it.
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        DatabaseSettings { url: self.url(), user: USER.to_owned(), password_file: self.password_file(), ca: None }
    }

    /// A connection of the department's, with all rights, for transactions that stay open.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn session(&self) -> Session {
        let command =
            self.psql(DATABASE).and_then(|mut psql| psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn());
        let mut child = command.unwrap_or_else(|error| panic!("no session: {error}"));
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.unwrap_or_else(|| panic!("a session has no pipes"));
        Session { child, stdin, stdout: BufReader::new(stdout) }
    }

    /// Does something as the department.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn execute(&self, statement: &str) {
        self.said(statement);
    }

    /// Asks for rows, every value as text.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn query(&self, statement: &str) -> Vec<Vec<String>> {
        let (value, row) = SEPARATORS;
        let said = self.said(statement);
        let rows = said.trim_end_matches('\n').split(row).filter(|row| !row.is_empty());
        rows.map(|row| row.split(value).map(str::to_owned).collect()).collect()
    }

    /// Cuts every connection of the gateway's account.
    pub fn cut(&self) {
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gateway'");
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        self.end("-INT");
    }

    /// Ends the server at once, as a failing machine would; what it had committed stays in its folder.
    pub fn kill(&mut self) {
        self.end("-QUIT");
    }

    /// Starts the server again on the same folder and port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn start_again(&mut self) {
        self.kill();
        let child = serve(self.folder.path(), self.port);
        self.child = child.unwrap_or_else(|error| panic!("PostgreSQL does not start: {error}"));
        self.wait_until_ready().unwrap_or_else(|error| panic!("PostgreSQL does not come back: {error}"));
    }

    /// Freezes the server; its connections stay open.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn freeze(&self) {
        signal(&self.child, "-STOP");
        self.signal_children("-STOP");
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn thaw(&self) {
        self.signal_children("-CONT");
        signal(&self.child, "-CONT");
    }

    fn try_start() -> io::Result<Self> {
        let initdb = program("initdb", FOLDERS)?;
        let folder = TempDir::new()?;
        if let Some((user, group)) = unprivileged(folder.path())? {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))?;
        }
        fs::write(folder.path().join("password"), PASSWORD)?;
        let mut install = as_nobody_special(Command::new(initdb), folder.path())?;
        install.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D"]);
        run(install.arg(folder.path().join("data")))?;
        let doors = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(folder.path().join("data/pg_hba.conf"), doors)?;
        let port = free_port()?;
        let child = serve(folder.path(), port)?;
        let mut server = Self { folder, port, child };
        server.wait_until_ready()?;
        run(server.psql("postgres")?.args(["-c", "CREATE DATABASE qzk"]))?;
        run(server.psql(DATABASE)?.args(["-c", TABLES, "-c", ACCOUNT]))?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        for _ in 0..READY_LOOKS {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}: {}", self.last_words())));
            }
            if run(self.psql("postgres")?.args(["-c", "SELECT 1"])).is_ok() {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(io::Error::other(format!("it does not answer: {}", self.last_words())))
    }

    fn last_words(&self) -> String {
        last_words(&self.folder.path().join("log"))
    }

    /// The program asks over the socket, where the department's own people are let in.
    fn psql(&self, database: &str) -> io::Result<Command> {
        let mut psql = as_nobody_special(Command::new(program("psql", FOLDERS)?), self.folder.path())?;
        let (value, row) = SEPARATORS;
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
        psql.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        psql.args(["-F", &value.to_string(), "-R", &row.to_string()]);
        Ok(psql)
    }

    fn said(&self, statement: &str) -> String {
        let output = self.psql(DATABASE).and_then(|mut psql| psql.args(["-c", statement]).output());
        let output = output.unwrap_or_else(|error| panic!("psql: {error}"));
        assert!(output.status.success(), "{} in {statement}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn signal_children(&self, signal: &str) {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        if !children.trim().is_empty() {
            // One that has ended meanwhile is no fault.
            let mut kill = Command::new("kill");
            drop(kill.arg(signal).args(children.split_whitespace()).stderr(Stdio::null()).status());
        }
    }

    fn end(&mut self, how: &str) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(&self.child, how);
        }
        drop(self.child.wait());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.thaw();
        }
        self.kill();
    }
}

impl Session {
    /// Does something within the session, and waits until it is done.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn execute(&mut self, statement: &str) {
        let written = writeln!(self.stdin, "{statement};\n\\echo {DONE}");
        assert!(written.is_ok(), "session ended before {statement}");
        let mut line = String::new();
        while line.trim() != DONE {
            line.clear();
            let read = self.stdout.read_line(&mut line);
            assert!(read.is_ok_and(|read| read > 0), "session ended at {statement}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(folder: &Path, port: u16) -> io::Result<Child> {
    let mut server = as_nobody_special(Command::new(program("postgres", FOLDERS)?), folder)?;
    server.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]).arg("-k").arg(folder);
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=20"]);
    spawn(&mut server, &folder.join("log"))
}

/// A server refuses to run as root.
fn as_nobody_special(mut command: Command, folder: &Path) -> io::Result<Command> {
    command.current_dir(folder);
    if let Some((user, group)) = unprivileged(folder)? {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// User and group that the server runs as instead of root; none where we are not root.
fn unprivileged(folder: &Path) -> io::Result<Option<(u32, u32)>> {
    let ours = folder.join("password");
    let is_root = if ours.exists() { is_root(&ours)? } else { is_root(folder)? };
    if !is_root {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut ids = line.split(':').skip(1).map_while(|id| id.parse().ok());
        ids.next().zip(ids.next())
    };
    let found = ids("postgres").or_else(|| ids("nobody"));
    found.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no user to run PostgreSQL as"))
}
