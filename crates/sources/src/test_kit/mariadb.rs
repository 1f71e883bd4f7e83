//! A real `MariaDB` with the civil affairs department's exchange tables.

use super::server::{Skip, free_port, is_root, last_words, program, run, signal, spawn, started};
use adapter_sdk::transport::DatabaseSettings;
use mysql::{Conn, OptsBuilder, Row, Value, prelude::Queryable};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::Duration,
};
use tempfile::TempDir;

const FOLDERS: &[&str] = &["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec"];
const READY_LOOKS: usize = 300;
const LOOK: Duration = Duration::from_millis(100);
/// The gateway's account.
const USER: &str = "gateway";
const PASSWORD: &str = "gateway-trial";
/// The tables as the department's page has them, in its character set, and the rights of the gateway's account.
const TABLES: &str = "
CREATE DATABASE qz CHARACTER SET gbk;
USE qz;
CREATE TABLE hydj_up (
  row_guid varchar(50) NOT NULL, cd_operation varchar(2) NOT NULL, cd_time datetime(6) NOT NULL,
  cd_batch varchar(32) NOT NULL, data_source varchar(3) DEFAULT NULL, djzh varchar(64) NOT NULL,
  hydjywlx varchar(20) NOT NULL, nfxm varchar(100), nfgmsfhm varchar(30), nfcsrq varchar(20), nfgj varchar(60),
  lfxm varchar(100), lfgmsfhm varchar(30), lfcsrq varchar(20), lfgj varchar(60), djrq varchar(20), djjg varchar(200),
  PRIMARY KEY (row_guid), KEY k_time (cd_time)
);
CREATE TABLE hydj_up_err (row_guid varchar(50), cd_time datetime(6), error_remark varchar(512));
CREATE USER 'gateway'@'%' IDENTIFIED BY 'gateway-trial';
GRANT SELECT ON qz.hydj_up TO 'gateway'@'%';
GRANT INSERT ON qz.hydj_up_err TO 'gateway'@'%'";

/// A server that ends with this value.
pub struct MariaDb {
    folder: TempDir,
    port: u16,
    child: Child,
}

/// A connection of the department's own.
pub struct Session(Conn);

impl MariaDb {
    /// Starts a server on a free port of the loopback interface, with the tables `hydj_up` and `hydj_up_err` in a database
    /// whose character set is gbk, and an account that may read the one and write the other.
    ///
    /// # Errors
    /// [`Skip`] where `MariaDB` is not installed.
    ///
    /// # Panics
    /// With `CI=true` in the environment, instead of skipping.
    pub fn start() -> Result<Self, Skip> {
        started("MariaDB", Self::try_start)
    }

    /// `mysql://127.0.0.1:<port>/qz`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://127.0.0.1:{}/qz", self.port)
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

    /// A connection of the department's, with all rights.
    ///
    /// # Panics
    /// When the server does not take it.
    #[must_use]
    pub fn session(&self) -> Session {
        Session(self.connect("qz").unwrap_or_else(|error| panic!("no session: {error}")))
    }

    /// Does something as the department.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn execute(&self, statement: &str) {
        self.session().execute(statement);
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        signal(&self.child, "-TERM");
        // It may have ended already, which is what is wanted.
        drop(self.child.wait());
    }

    /// Kills the server; what it had committed stays in its folder.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts the server again on the same folder and port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn start_again(&mut self) {
        self.kill();
        let child = serve(self.folder.path(), self.port);
        self.child = child.unwrap_or_else(|error| panic!("MariaDB does not start: {error}"));
        self.wait_until_ready().unwrap_or_else(|error| panic!("MariaDB does not come back: {error}"));
    }

    /// Freezes the server; its connections stay open.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn freeze(&self) {
        signal(&self.child, "-STOP");
        // Only when the thread that is to heed it has had its turn, the others stand still.
        let stat = format!("/proc/{}/stat", self.child.id());
        let stands = || fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "));
        for _ in 0..READY_LOOKS {
            if stands() {
                break;
            }
            thread::sleep(LOOK);
        }
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn thaw(&self) {
        signal(&self.child, "-CONT");
    }

    fn try_start() -> io::Result<Self> {
        program("mariadbd", FOLDERS)?;
        let folder = TempDir::new()?;
        fs::write(folder.path().join("password"), PASSWORD)?;
        let mut install = Command::new(program("mariadb-install-db", FOLDERS)?);
        install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        install.arg(datadir(folder.path()));
        run(as_whoever_runs_it(&mut install, folder.path())?)?;
        let port = free_port()?;
        let child = serve(folder.path(), port)?;
        let mut server = Self { folder, port, child };
        server.wait_until_ready()?;
        let mut session = server.connect("mysql").map_err(io::Error::other)?;
        for statement in TABLES.split(';') {
            session.query_drop(statement).map_err(io::Error::other)?;
        }
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        for _ in 0..READY_LOOKS {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}: {}", self.last_words())));
            }
            if self.connect("mysql").is_ok() {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(io::Error::other(format!("it does not answer: {}", self.last_words())))
    }

    fn last_words(&self) -> String {
        last_words(&self.folder.path().join("log"))
    }

    fn connect(&self, database: &str) -> mysql::Result<Conn> {
        let options = OptsBuilder::new()
            .socket(Some(self.folder.path().join("socket").to_string_lossy()))
            .user(Some("root"))
            .db_name(Some(database))
            .init(vec!["SET NAMES utf8mb4"]);
        Conn::new(options)
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Session {
    /// Does something.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn execute(&mut self, statement: &str) {
        self.0.query_drop(statement).unwrap_or_else(|error| panic!("{error} in {statement}"));
    }

    /// Asks for rows, every value as text.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn query(&mut self, statement: &str) -> Vec<Vec<String>> {
        let rows: mysql::Result<Vec<Row>> = self.0.query(statement);
        let rows = rows.unwrap_or_else(|error| panic!("{error} in {statement}"));
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
    }
}

fn text(value: Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true),
    }
}

fn serve(folder: &Path, port: u16) -> io::Result<Child> {
    let mut server = Command::new(program("mariadbd", FOLDERS)?);
    server.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=256M"]);
    server.arg(datadir(folder)).arg(format!("--port={port}"));
    // Servers that share one clear away each other's temporary tables when they start.
    server.arg(format!("--tmpdir={}", folder.display()));
    server.arg(format!("--socket={}", folder.join("socket").display()));
    server.arg(format!("--pid-file={}", folder.join("pid").display()));
    spawn(as_whoever_runs_it(&mut server, folder)?, &folder.join("log"))
}

fn datadir(folder: &Path) -> String {
    format!("--datadir={}", folder.join("data").display())
}

/// A server refuses to run as root without being told to.
fn as_whoever_runs_it<'a>(command: &'a mut Command, folder: &Path) -> io::Result<&'a mut Command> {
    Ok(if is_root(folder)? { command.arg("--user=root") } else { command })
}
