//! The push side.

use super::{Connection, Printing};
use clap::Args;
use std::path::PathBuf;

/// `exchange publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The department; my certificate must be its own.
    pub(crate) department: String,
    /// The file with its records (NDJSON); `-` for standard input.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}
