//! The catalogue kept as files.

use super::{Connection, Printing};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `exchange catalogue …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Catalogue {
    /// Check a folder of entries, without asking any server.
    Validate {
        /// The folder.
        dir: PathBuf,
        #[command(flatten)]
        printing: Printing,
    },
    /// Show what applying a folder would change.
    Plan(Files),
    /// Put a folder's entries in force.
    Apply(Files),
    /// Write the entries in force into a folder.
    Export {
        /// The folder; it is made, and files of the same names in it are replaced.
        dir: PathBuf,
        #[command(flatten)]
        connection: Connection,
    },
    /// Say why a consumer's question would be refused, from the files alone.
    Explain {
        /// The consumer.
        consumer: String,
        /// The resource.
        resource: String,
        /// The folder of entries.
        #[arg(long, value_name = "DIR", default_value = "catalogue")]
        dir: PathBuf,
        /// The kind of identifier asked by; all lookups of the resource when left out.
        #[arg(long, value_name = "KIND")]
        by: Option<String>,
        /// The matter, a basic code.
        #[arg(long)]
        matter: Option<String>,
        /// Items asked for by name.
        #[arg(long, value_delimiter = ',')]
        items: Vec<String>,
        #[command(flatten)]
        printing: Printing,
    },
}

/// A folder of entries for a server.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The folder.
    pub(crate) dir: PathBuf,
    /// Remove entries that the folder does not have.
    #[arg(long)]
    pub(crate) allow_remove: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}
