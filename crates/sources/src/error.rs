//! Why a source cannot be set up.

use std::path::PathBuf;

/// A configuration that no source can be made from.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The adapter does not read from this kind of source.
    #[error("the adapter of `{department}` has no source of kind \"{kind}\"; it has {known}")]
    NoSuchWay {
        /// The department.
        department: &'static str,
        /// What was asked for.
        kind: &'static str,
        /// What there is.
        known: String,
    },
    /// A file of the configuration cannot be read.
    #[error("{what} cannot be read: {}", path.display())]
    File {
        /// What it holds.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A setting is not what it should be.
    #[error("`{setting}` is wrong: {problem}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What is wrong with it and what it should look like.
        problem: String,
    },
}
