//! The command line (contract.md §4).

mod adapter;
mod catalogue;
mod evidence;
mod operations;
mod pki;
mod publish;
mod question;
mod run;

pub(crate) use self::{
    adapter::{Adapter, SourceKind},
    catalogue::{Catalogue, Files},
    evidence::{Evidence, Export, VerifyEvidence, Witness},
    operations::{RejectState, Rejects, Status},
    pki::Pki,
    publish::Publish,
    question::{Certificates, Equity, Ledger, Paging, Question, Resolve, Verify},
    run::{Config, Demo, Init, Run},
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The exchange gateway: departments publish records, entitled consumers ask, ops teams watch.
#[derive(Debug, Parser)]
#[command(name = "exchange", version, about, propagate_version = true, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  exchange demo                                         the whole story in one process, with real figures
  exchange init node && exchange standalone --config node/exchange.toml
  exchange resolve natural-person citizen-number=110101190001010014 --matter 000172149001 --case 2026-0001
  exchange adapter try public-security CZRK_110101_20261101_001.txt
  exchange evidence verify answer.json --trust ca.pem
  exchange status -o json

Exit codes: 0 done, FOUND, STALE, all MATCH, proof holds · 1 failed, MISMATCH or NOT_HELD, proof false ·
2 bad usage or configuration · 3 refused · 4 NOT_FOUND, NO_COVERAGE, WITHDRAWN, AMBIGUOUS · 5 unavailable";

/// Everything that `exchange` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole story in one process, on synthetic departments' files.
    Demo(Demo),
    /// Make a node that is ready to run: configuration, certificates, catalogue, inboxes.
    Init(Init),
    /// Run every role in one process on the embedded bus and store.
    Standalone(Run),
    /// Run the gateway alone, on Kafka.
    Gateway(Run),
    /// Department adapters: list, check, try, new, run.
    #[command(subcommand)]
    Adapter(Adapter),
    /// The resource catalogue and grants, kept as files: validate, plan, apply, export, explain.
    #[command(subcommand)]
    Catalogue(Catalogue),
    /// Ask for the current records of one resource about one subject.
    #[command(
        after_help = "Example:\n  exchange resolve natural-person citizen-number=110101190001010014 --items name,address --matter 000172149001 --case 2026-0001"
    )]
    Resolve(Resolve),
    /// Compare values without seeing any.
    #[command(
        after_help = "Example:\n  exchange verify natural-person citizen-number=110101190001010014 --claim name=张三 --matter 000172149001 --case 2026-0001"
    )]
    Verify(Verify),
    /// List the certificates of one holder over all granted types.
    Certificates(Certificates),
    /// Show who holds an enterprise, or what it holds.
    Equity(Equity),
    /// Hand in a department's records, one JSON object a line.
    #[command(
        after_help = "Examples:\n  exchange publish health births.ndjson --profile health\n  zcat births.ndjson.gz | exchange publish health - -o json"
    )]
    Publish(Publish),
    /// Rejected rows: list, show, redrive, dismiss.
    #[command(subcommand)]
    Rejects(Rejects),
    /// Say how the exchange is.
    Status(Status),
    /// Proof of what was exchanged: show, verify, export, witness, rotate-key.
    #[command(subcommand)]
    Evidence(Evidence),
    /// List who asked about a subject, when, and for which matter.
    #[command(
        after_help = "Example:\n  exchange ledger citizen-number=110101190001010014 --matter 000172149001 --case 2026-0001\n\nNeeds a grant of mode `ledger`. What is listed, refused questions too, is newest first; listing is itself recorded."
    )]
    Ledger(Ledger),
    /// Say who I am to the exchange: name, grants, quota left.
    Whoami(Status),
    /// A private certificate authority for trials: init, issue, revoke.
    #[command(subcommand)]
    Pki(Pki),
    /// Read a configuration file as a node would: check, show.
    #[command(subcommand)]
    Config(Config),
    /// Print the completion script of a shell.
    #[command(after_help = "Example:\n  exchange completion bash > /etc/bash_completion.d/exchange")]
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Table,
    /// One JSON object a line.
    Json,
}

/// Which exchange to call, and as whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of the exchange; else the profile's, `EXCHANGE_SERVER`, or 127.0.0.1:7443.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) server: Option<String>,
    /// Certificates of the authority that the exchange's own certificate comes from (PEM); or `EXCHANGE_CA`.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// My certificate (PEM); or `EXCHANGE_CERT`.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// My private key (PEM); or `EXCHANGE_KEY`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Take what is not given from this profile in `~/.config/exchange/profiles.toml`.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Wait at most so many seconds for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub(crate) timeout: u64,
}

/// How a client command prints.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Printing {
    /// How results are printed.
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn adapters_run_by_their_names() {
        let line = ["exchange", "adapter", "run", "public-security", "--config", "x.toml"];
        assert!(Arguments::try_parse_from(line).is_ok());
    }
}
