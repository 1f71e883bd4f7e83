//! The command line (contract.md §4).

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
  exchange status -o json

Exit codes: 0 done, FOUND, STALE, all MATCH · 1 failed, MISMATCH or NOT_HELD · 2 bad usage or configuration ·
3 refused · 4 NOT_FOUND, NO_COVERAGE, WITHDRAWN, AMBIGUOUS · 5 unavailable";

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
    /// Department adapters: list, check, try, run.
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
    /// Rejected rows: list, show, redrive, dismiss.
    #[command(subcommand)]
    Rejects(Rejects),
    /// Say how the exchange is.
    Status(Status),
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
    /// Address of the exchange.
    #[arg(long, env = "EXCHANGE_SERVER", value_name = "HOST:PORT")]
    pub(crate) server: Option<String>,
    /// Certificates of the authority that the exchange's own certificate comes from (PEM).
    #[arg(long, env = "EXCHANGE_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// My certificate (PEM).
    #[arg(long, env = "EXCHANGE_CERT", value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// My private key (PEM).
    #[arg(long, env = "EXCHANGE_KEY", value_name = "FILE")]
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

/// `exchange catalogue …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Catalogue {
    /// Check a folder of entries, without asking any server.
    Validate {
        /// The folder.
        dir: PathBuf,
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
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
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
    /// Records on a page.
    #[arg(long)]
    pub(crate) page_size: Option<u32>,
    /// Where the last page ended.
    #[arg(long)]
    pub(crate) page_token: Option<String>,
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
    /// Records on a page.
    #[arg(long)]
    pub(crate) page_size: Option<u32>,
    /// Where the last page ended.
    #[arg(long)]
    pub(crate) page_token: Option<String>,
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
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
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

/// `exchange pki …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Pki {
    /// Make a private authority: `ca.pem`, `ca.key`, `ca.crl`.
    Init {
        /// Its folder.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Issue a certificate: `<kind>-<id>.pem` and `.key`.
    #[command(after_help = "Example:\n  exchange pki issue --dir pki consumer/one-window")]
    Issue {
        /// Whom it names: `consumer/…`, `department/…`, `operator/…` or `node/…`.
        name: String,
        /// The authority's folder.
        #[arg(long)]
        dir: PathBuf,
        /// A host name that a node serves under.
        #[arg(long)]
        dns: Vec<String>,
        /// An address that a node serves under.
        #[arg(long)]
        ip: Vec<std::net::IpAddr>,
        /// How many days it is valid.
        #[arg(long, default_value_t = 825)]
        days: u32,
    },
    /// Revoke certificates by name or serial number, and renew the list.
    Revoke {
        /// `<kind>/<id>`, or a serial number.
        certificate: String,
        /// The authority's folder.
        #[arg(long)]
        dir: PathBuf,
    },
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
