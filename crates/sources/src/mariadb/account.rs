//! Where the database is, and as whom it is asked.

use crate::SetupError;
use adapter_sdk::transport::DatabaseSettings;
use mysql::{Opts, OptsBuilder};
use std::{fs, io, path::PathBuf, time::Duration};

const PORT: u16 = 3306;
/// How long a server has to take a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may be waited for, longer than the server lets any statement run.
const ANSWER: Duration = Duration::from_secs(10);
/// How many prepared statements the server keeps for a connection.
const STATEMENTS: usize = 32;

/// What every connection begins with.
///
/// The server converts the table's character set, whatever it is. No statement and no lock is waited for longer than an
/// answer is, so that nothing keeps running that nobody waits for. A remark that the error table cannot hold as it is, is told
/// as far as it can.
const BEGIN: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION max_statement_time = 8, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5",
    "SET SESSION sql_mode = ''",
];

/// An account of a database.
#[derive(Debug, Clone)]
pub(super) struct Account {
    host: String,
    port: u16,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password_file: PathBuf,
}

impl Account {
    /// # Errors
    /// When the settings do not name a database, or its password cannot be read.
    pub(super) fn new(settings: &DatabaseSettings) -> Result<Self, SetupError> {
        if settings.ca.is_some() {
            let problem = "encrypted connections to MariaDB are not supported; leave `ca` out, and where the network \
                           between is not trusted, go through a tunnel on this machine";
            return Err(SetupError::Setting { setting: "ca", problem: problem.to_owned() });
        }
        let (host, port, database) = address(&settings.url)
            .ok_or_else(|| wrong("url", "it should be mysql://host:port/database, without name and password"))?;
        if settings.user.is_empty() {
            return Err(wrong("user", "it should be the account's name"));
        }
        let (user, password_file) = (settings.user.clone(), settings.password_file.clone());
        let account = Self { host, port, database, user, password_file };
        account.password().map_err(|source| SetupError::File {
            what: "the database account's password",
            path: settings.password_file.clone(),
            source,
        })?;
        Ok(account)
    }

    #[cfg(test)]
    pub(super) fn at(host: &str, port: u16, database: &str, user: &str, password_file: PathBuf) -> Self {
        let [host, database, user] = [host, database, user].map(str::to_owned);
        Self { host, port, database, user, password_file }
    }

    /// `host:port/database`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }

    /// How to connect; the password is read anew, as it may have been changed.
    pub(super) fn options(&self) -> io::Result<Opts> {
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(&self.host))
            .tcp_port(self.port)
            .prefer_socket(false)
            .user(Some(&self.user))
            .pass(Some(self.password()?))
            .db_name(Some(&self.database))
            .tcp_connect_timeout(Some(CONNECT))
            .read_timeout(Some(ANSWER))
            .write_timeout(Some(ANSWER))
            .stmt_cache_size(STATEMENTS)
            .init(BEGIN.to_vec());
        Ok(options.into())
    }

    fn password(&self) -> io::Result<String> {
        fs::read_to_string(&self.password_file).map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn wrong(setting: &'static str, problem: &str) -> SetupError {
    SetupError::Setting { setting, problem: problem.to_owned() }
}

/// Host, port and database of `mysql://host:port/database`.
fn address(url: &str) -> Option<(String, u16, String)> {
    let rest = url.strip_prefix("mysql://").or_else(|| url.strip_prefix("mariadb://"))?;
    let (server, database) = rest.split_once('/')?;
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['@', '?', '#', '/', '%', ' ', '`']);
    let (host, port) = match server.strip_prefix('[').and_then(|server| server.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(PORT), |port| port.parse().ok())?;
    (is_plain(host) && is_plain(database)).then(|| (host.to_owned(), port, database.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_host_port_and_database() {
        let told = |url: &str| address(url).map(|(host, port, database)| format!("{host} {port} {database}"));
        assert_eq!(told("mysql://10.1.2.3:3307/exchange").as_deref(), Some("10.1.2.3 3307 exchange"));
        assert_eq!(told("mariadb://db.local/qz").as_deref(), Some("db.local 3306 qz"));
        assert_eq!(told("mysql://[::1]:3306/qz").as_deref(), Some("::1 3306 qz"));
        for url in
            ["", "postgres://h/d", "mysql://h", "mysql://h/", "mysql://u:p@h/d", "mysql://h:x/d", "mysql://h/d?a=b"]
        {
            assert_eq!(told(url), None, "{url}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let password_file = dir.path().join("password");
        let settings = |url: &str| DatabaseSettings {
            url: url.to_owned(),
            user: "gateway".to_owned(),
            password_file: password_file.clone(),
            ca: None,
        };
        let told = |settings: &DatabaseSettings| Account::new(settings).unwrap_err().to_string();
        assert!(told(&settings("mysql://h:1/d")).contains("password"));
        fs::write(&password_file, "secret\n").unwrap();
        assert_eq!(Account::new(&settings("mysql://h:1/d")).unwrap().place(), "h:1/d");
        assert!(told(&settings("h:1/d")).contains("mysql://host:port/database"));
        assert!(
            told(&DatabaseSettings { ca: Some(PathBuf::from("ca.pem")), ..settings("mysql://h:1/d") }).contains("`ca`")
        );
        assert!(told(&DatabaseSettings { user: String::new(), ..settings("mysql://h:1/d") }).contains("`user`"));
    }
}
