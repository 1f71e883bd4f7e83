//! The intake system's questions.

use super::{Connection, Printing};
use clap::Args;
use std::path::PathBuf;

/// Why a question is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Purpose")]
pub(crate) struct Purpose {
    /// The matter: a basic code of 12 characters, or a code of 31 or 33 that contains it.
    #[arg(long)]
    pub(crate) matter: String,
    /// The case number.
    #[arg(long = "case", value_name = "NUMBER")]
    pub(crate) case_number: String,
    /// The reason in words.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// The subject's confirmation, where the grant asks for it.
    #[arg(long, value_name = "KIND:REFERENCE")]
    pub(crate) confirmation: Option<String>,
}

/// What all questions share.
#[derive(Debug, Args)]
pub(crate) struct Question {
    #[command(flatten)]
    pub(crate) purpose: Purpose,
    /// UUID of the request: the same request again within ten minutes gives the identical answer.
    #[arg(long, value_name = "UUID")]
    pub(crate) request_id: Option<String>,
    /// Do not sign the request; signed ones prove that nobody but the holder of my key asked.
    #[arg(long)]
    pub(crate) unsigned: bool,
    /// Keep what proves it in this folder: `request.json` as sent, and `answer.json` or `problem.json` as it came.
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

/// Which page of a list.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// Entries on a page.
    #[arg(long)]
    pub(crate) page_size: Option<u32>,
    /// Where the last page ended.
    #[arg(long)]
    pub(crate) page_token: Option<String>,
}

/// `exchange resolve`.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The resource.
    pub(crate) resource: String,
    /// The identifier.
    #[arg(value_name = "KIND=VALUE")]
    pub(crate) by: String,
    /// Items wanted; all that are granted when left out.
    #[arg(long, value_delimiter = ',')]
    pub(crate) items: Vec<String>,
    /// Oldest acceptable age of the feed, in seconds; older answers are STALE.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) question: Question,
}

/// `exchange verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The resource.
    pub(crate) resource: String,
    /// The identifier.
    #[arg(value_name = "KIND=VALUE")]
    pub(crate) by: String,
    /// A value said to be right; may be given several times.
    #[arg(long = "claim", value_name = "ITEM=VALUE", required = true)]
    pub(crate) claims: Vec<String>,
    /// Oldest acceptable age of the feed, in seconds; older answers are STALE.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,
    #[command(flatten)]
    pub(crate) question: Question,
}

/// `exchange certificates`.
#[derive(Debug, Args)]
pub(crate) struct Certificates {
    /// The holder's identifier.
    #[arg(value_name = "KIND=VALUE")]
    pub(crate) by: String,
    /// Types wanted, by resource id; all that are granted when left out.
    #[arg(long, value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) question: Question,
}

/// `exchange equity`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("direction").required(true).args(["up", "down"]))]
pub(crate) struct Equity {
    /// The enterprise's or holder's identifier.
    #[arg(value_name = "KIND=VALUE")]
    pub(crate) by: String,
    /// Who holds it.
    #[arg(long)]
    pub(crate) up: bool,
    /// What it holds.
    #[arg(long)]
    pub(crate) down: bool,
    /// How many steps, 1 to 10.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub(crate) depth: u32,
    #[command(flatten)]
    pub(crate) question: Question,
}

/// `exchange ledger`.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    /// The subject.
    #[arg(value_name = "KIND=VALUE")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) question: Question,
}
