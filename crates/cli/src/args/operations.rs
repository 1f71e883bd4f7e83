//! What ops ask.

use super::{Connection, Printing};
use clap::{Args, Subcommand, ValueEnum};

/// `exchange rejects …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rejects {
    /// List rejects, newest first.
    List {
        /// Only of this department.
        #[arg(long)]
        department: Option<String>,
        /// Only by this rule.
        #[arg(long)]
        rule: Option<String>,
        /// Only in this state.
        #[arg(long, value_enum)]
        state: Option<RejectState>,
        /// Only refused at or after this time (`2026-11-01T00:00:00Z`).
        #[arg(long)]
        after: Option<String>,
        /// Only refused before this time.
        #[arg(long)]
        before: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
    },
    /// Write rejects to a file, one JSON object a line, originals masked.
    #[command(
        after_help = "Examples:\n  exchange rejects export --department taxation > rejects.ndjson\n  exchange rejects export --rule party.missing --to rejects.ndjson --reveal"
    )]
    Export {
        /// Only of this department.
        #[arg(long)]
        department: Option<String>,
        /// Only by this rule.
        #[arg(long)]
        rule: Option<String>,
        /// Only in this state.
        #[arg(long, value_enum)]
        state: Option<RejectState>,
        /// Only refused at or after this time (`2026-11-01T00:00:00Z`).
        #[arg(long)]
        after: Option<String>,
        /// Only refused before this time.
        #[arg(long)]
        before: Option<String>,
        /// The file; standard output by default.
        #[arg(long)]
        to: Option<std::path::PathBuf>,
        /// With the originals; each is recorded.
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show one reject, its original masked.
    Show {
        /// Its id.
        id: String,
        /// Show the original; this is recorded.
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
    },
    /// Translate rejects again after a fix.
    #[command(
        after_help = "Examples:\n  exchange rejects redrive 8f3c…\n  exchange rejects redrive --department public-security --rule citizen-id.checksum"
    )]
    Redrive {
        /// Their ids.
        ids: Vec<String>,
        /// All open ones of this department.
        #[arg(long)]
        department: Option<String>,
        /// All open ones by this rule.
        #[arg(long)]
        rule: Option<String>,
        /// With --department or --rule: only those refused at or after this time (`2026-11-01T00:00:00Z`).
        #[arg(long)]
        after: Option<String>,
        /// With --department or --rule: only those refused before this time.
        #[arg(long)]
        before: Option<String>,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
    },
    /// Put rejects away with a reason.
    Dismiss {
        /// Their ids.
        #[arg(required = true)]
        ids: Vec<String>,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
    },
}

/// State of a reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RejectState {
    /// Waits for somebody.
    Open,
    /// Was translated again, and passed.
    Redriven,
    /// Was put away.
    Dismissed,
}

/// `exchange status` and `exchange whoami`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}
