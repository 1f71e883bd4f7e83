//! Department adapters.

use super::{Printing, Run};
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

const NEW: &str = "\
Examples:
  exchange adapter new forestry --source files         in the folder of the workspace
  cargo test -p forestry                               passes at once: fixtures and what they translate to are there
  exchange adapter new grain-reserves --source postgres

What it writes is marked `FILL IN` where the department decides; docs/new-department.md goes through it step by step.";

/// `exchange adapter …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// List the adapters in this build.
    List(Printing),
    /// Say whether an adapter can reach its source, and how to mend it.
    Check {
        /// The department.
        name: String,
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        #[command(flatten)]
        printing: Printing,
    },
    /// Translate files without publishing: one JSON object per outcome, a summary last.
    #[command(
        after_help = "Example:\n  exchange adapter try market-supervision ENT_20261101_001.xml | jq 'select(.outcome == \"reject\")'"
    )]
    Try {
        /// The department.
        name: String,
        /// The files, in the order in which they are taken in.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Language of the sentences.
        #[arg(long, default_value = "zh-CN")]
        language: String,
    },
    /// Start a department: a crate that builds at once, its catalogue entries, and its place in this build.
    #[command(after_help = NEW)]
    New {
        /// The department's id: a-z, 0-9 and -, beginning with a letter.
        name: String,
        /// How its rows come.
        #[arg(long, value_enum)]
        source: SourceKind,
        /// The crate's folder inside the workspace; else `adapters/NAME`.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Run adapters alone, on Kafka.
    Run {
        /// The departments.
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        run: Run,
    },
}

/// How a department's rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceKind {
    /// CSV files with flag files, dropped into a folder.
    Files,
    /// A front-end exchange table, read by time.
    Mariadb,
    /// Front-end exchange tables, read by serial number, with the status written back.
    Postgres,
    /// A list of changes behind a cursor.
    Rest,
    /// A SOAP operation that is polled.
    Soap,
    /// A topic of the department's own.
    Kafka,
    /// The department calls the exchange.
    Push,
}
