//! Configuration files: TOML in which every mistake is named with its place.

mod duration;
mod place;
mod secret;

pub use self::{
    duration::HumanDuration,
    secret::{Secret, SecretFile},
};

use serde::de::DeserializeOwned;
use std::{
    io,
    path::{Path, PathBuf},
};

/// What can be wrong with a configuration; all of it is for the person who wrote the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read; check its path and its permissions.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file does not say what it should; correct it at the place that is named.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The path of the key, such as `listen.service` or `adapter[1].poll`; empty at the top.
        key: String,
        /// What is wrong and how to correct it.
        problem: String,
    },
    /// A secret that others on the machine can read; take their permission away.
    #[error("{} can be read by others: run `chmod 600 {}`", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the TOML file at `path`.
///
/// Unknown keys are refused when `T` and the structs in it say `#[serde(deny_unknown_fields)]`,
/// as all configuration does.
///
/// # Errors
/// [`ConfigError::Unreadable`], or [`ConfigError::Invalid`] with line, key and, for a key that is
/// not known, the nearest one that is.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads configuration from `text`; `path` is the name it goes by in errors.
///
/// # Errors
/// [`ConfigError::Invalid`], as [`load`].
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| place::explain(path, text, &error))
}

/// `path` as written in the configuration file `file`: relative paths start from its folder.
#[must_use]
pub fn resolve(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

#[cfg(test)]
mod tests;
