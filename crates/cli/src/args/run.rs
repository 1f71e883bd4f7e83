//! Running roles, and the configuration they read.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `exchange demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Residents in the synthetic register; enterprises are a tenth of it.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) rows: u64,
    /// Keep everything in this folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Stay up afterwards, and print lines ready to paste.
    #[arg(long)]
    pub(crate) serve: bool,
}

/// `exchange init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    pub(crate) dir: PathBuf,
}

/// `exchange standalone` and `exchange gateway`.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Run {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Level or filter of the log, instead of the file's.
    #[arg(long)]
    pub(crate) log: Option<String>,
    /// Write log lines as JSON.
    #[arg(long)]
    pub(crate) log_json: bool,
}

/// `exchange config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say what is wrong with a configuration file.
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print the configuration as a node would use it, defaults filled in; secrets stay file names.
    Show {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}
