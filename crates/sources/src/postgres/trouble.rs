//! Errors of the database in words of ops: what is wrong and how to mend it, never a value of a row.

use adapter_sdk::source::SourceError;
use tokio_postgres::{
    Config, Error,
    config::Host,
    error::{DbError, SqlState},
};

/// What an error means for the intake.
pub(super) fn of(error: &Error, config: &Config) -> SourceError {
    if let Some(error) = error.as_db_error() {
        return of_database(error, config);
    }
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    SourceError::away(format!("database {}: {error}{cause}", address(config)))
}

/// `host:port/database`.
pub(super) fn address(config: &Config) -> String {
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().unwrap_or_default())
}

fn of_database(error: &DbError, config: &Config) -> SourceError {
    let (code, user, address) = (error.code(), config.get_user().unwrap_or_default(), address(config));
    let state = code.code();
    if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        return SourceError::refused(format!(
            "database {address} does not let the account `{user}` in ({state}); check `user` and the password in `password_file`, or have the department open pg_hba.conf for this machine"
        ));
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return SourceError::refused(format!("there is no such database at {address} ({state}); check `url`"));
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return SourceError::refused(format!(
            "the account `{user}` lacks a right ({state}: {}); have the department grant SELECT and UPDATE of the status columns; `exchange adapter check` names the statements",
            error.message()
        ));
    }
    if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
        return SourceError::refused(format!(
            "a table or column is not there any more ({state}: {}); have the department restore what its interface document says",
            error.message()
        ));
    }
    if *code == SqlState::LOCK_NOT_AVAILABLE {
        return SourceError::away(format!("somebody holds a lock on the tables in {address} ({state})"));
    }
    if *code == SqlState::QUERY_CANCELED {
        return SourceError::away(format!("a statement in {address} took too long and was cancelled ({state})"));
    }
    SourceError::away(format!("database {address} reports {state}"))
}
