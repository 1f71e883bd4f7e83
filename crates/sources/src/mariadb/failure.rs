//! What a failure of the database means for whoever runs the adapter. The server's own text may hold values of a row and is
//! never told; its number is.

use super::account::Account;
use adapter_sdk::source::SourceError;
use mysql::{DriverError, Error};
use std::io;

/// A failed call.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection, or it was lost, or took too long.
    Lost(io::ErrorKind),
    /// The server's error.
    Server(u16),
    /// The password cannot be read.
    Password(io::ErrorKind),
    /// Columns that the adapter cannot do without are not there.
    Columns(Vec<&'static str>),
}

/// What the server's number of an error stands for, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Name or password.
    Account,
    /// No such database.
    Database,
    /// No right, or no such table or column, which a server may say of what one has no right to see.
    Right,
    /// Anything else: locks, limits, a shutdown, a connection that was killed.
    Passing,
}

impl Failure {
    pub(super) fn meaning(&self) -> Meaning {
        match self {
            // Access denied, account locked, password expired, host not allowed.
            Self::Server(1045 | 1129 | 1130 | 1698 | 1820 | 1862 | 4151) => Meaning::Account,
            Self::Server(1044 | 1049) => Meaning::Database,
            // Denied on a table, column or statement; no such table, column.
            Self::Server(1054 | 1142 | 1143 | 1146 | 1227 | 1370) => Meaning::Right,
            _ => Meaning::Passing,
        }
    }

    /// Whether the server stopped the statement because it took too long.
    pub(super) fn is_too_long(&self) -> bool {
        matches!(self, Self::Server(1969 | 3024))
            || matches!(self, Self::Lost(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }

    /// As the runner takes it: `table` is what was asked, `right` what is needed on it.
    pub(super) fn tell(&self, account: &Account, table: &str, right: &str) -> SourceError {
        let (place, user) = (account.place(), &account.user);
        match self {
            Self::Password(kind) => SourceError::refused(format!(
                "the password for MariaDB at {place} cannot be read from {} ({kind}); let the exchange's user read it",
                account.password_file.display()
            )),
            Self::Columns(names) => SourceError::refused(format!(
                "table {table} of MariaDB at {place} shows no column {}; have the department add it, or let the account see it \
                 (GRANT {right} ON {}.{table} TO {user})",
                names.join(", "),
                account.database
            )),
            Self::Lost(kind) => SourceError::away(format!("MariaDB at {place}, table {table}: {kind}")),
            Self::Server(number) => match self.meaning() {
                Meaning::Account => SourceError::refused(format!(
                    "MariaDB at {place} does not let {user} in (error {number}); mend `user`, the password file, or have the \
                     department let this machine in"
                )),
                Meaning::Database => SourceError::refused(format!(
                    "MariaDB at {place} has no such database for {user} (error {number}); mend `url`, or have the department \
                     GRANT {right} ON {}.{table} TO {user}",
                    account.database
                )),
                Meaning::Right => SourceError::refused(format!(
                    "{user} lacks a right on table {table} of MariaDB at {place}, or table or column is not there (error \
                     {number}); have the department GRANT {right} ON {}.{table} TO {user}",
                    account.database
                )),
                Meaning::Passing => SourceError::away(format!("MariaDB at {place}, table {table}: error {number}")),
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::MySqlError(error) => Self::Server(error.code),
            Error::IoError(error) => Self::Lost(error.kind()),
            Error::DriverError(DriverError::CouldNotConnect(why)) => {
                Self::Lost(why.map_or(io::ErrorKind::NotConnected, |(_, _, kind)| kind))
            }
            Error::DriverError(DriverError::ConnectTimeout) => Self::Lost(io::ErrorKind::TimedOut),
            _ => Self::Lost(io::ErrorKind::ConnectionAborted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn told(failure: &Failure) -> (bool, String) {
        let account = Account::at("10.1.2.3", 3306, "qz", "gateway", PathBuf::from("/etc/password"));
        let error = failure.tell(&account, "hydj_up", "SELECT");
        (matches!(error, SourceError::Away { .. }), error.to_string())
    }

    #[test]
    fn what_passes_by_itself_is_away_and_says_where() {
        for failure in [Failure::Lost(io::ErrorKind::ConnectionRefused), Failure::Server(1205), Failure::Server(1927)] {
            let (is_away, text) = told(&failure);
            assert!(is_away && text.contains("10.1.2.3:3306/qz") && text.contains("hydj_up"), "{text}");
        }
    }

    #[test]
    fn what_somebody_has_to_mend_is_refused_with_the_grant_that_it_needs() {
        for failure in [Failure::Server(1142), Failure::Server(1049), Failure::Columns(vec!["djzh"])] {
            let (is_away, text) = told(&failure);
            assert!(!is_away && text.contains("GRANT SELECT ON qz.hydj_up TO gateway"), "{text}");
        }
        assert!(!told(&Failure::Server(1045)).0);
        assert!(told(&Failure::Password(io::ErrorKind::NotFound)).1.contains("/etc/password"));
    }
}
