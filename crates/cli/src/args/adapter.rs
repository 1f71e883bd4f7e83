//! Department adapters.

use super::{Printing, Run};
use clap::Subcommand;
use std::path::PathBuf;

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
    /// Run adapters alone, on Kafka.
    Run {
        /// The departments.
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        run: Run,
    },
}
