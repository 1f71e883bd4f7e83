//! Proof of what was exchanged.

use super::{Connection, Printing};
use clap::{Args, Subcommand};
use runtime::config::HumanDuration;
use std::path::PathBuf;

const SHOW: &str = "\
Examples:
  exchange evidence show city-1-42
  exchange evidence show city-1-42 -o json > receipt.json

The salt, which opens the commitments, is only in what the caller named in it and the department of the resource see.";

const VERIFY: &str = "\
Examples:
  exchange evidence verify answer.json --trust ca.pem
  exchange evidence verify answer.json --trust ca.pem --request request.json --witness 'department/health+…'
  exchange evidence verify problem.json --receipt receipt.json --trust ca.pem
  exchange evidence verify answer.json --trust ca.pem --against archive/checkpoint
  exchange evidence verify archive --trust ca.pem

Nothing is asked of any exchange. An answer is what `resolve … -o json` printed or `--save DIR` kept, a gRPC response as it
came, or what `evidence show -o json` printed. A folder is one that `evidence export` wrote.

Exit codes: 0 the proof holds · 1 it does not · 2 bad usage, or a file that is needed cannot be read";

const EXPORT: &str = "\
Examples:
  exchange evidence export archive --profile ops
  exchange evidence export archive --from 1000000        entries from there on; hash tiles are there from the first
  exchange evidence export archive-1 --epoch 1           a log that was given up

Run again, it fetches what is new. Everything fetched is checked before the folder's checkpoint is replaced; a log that does
not continue the folder's own checkpoint is a forked history: exit code 1, and the other checkpoint is kept beside it.";

const WITNESS: &str = "\
Examples:
  exchange evidence witness --state witness --signing-key witness.key --receipt answer.json --profile health
  exchange evidence witness --state witness --signing-key witness.key --once --profile health

For departments and nodes. The first run needs to know the log's key: --log-key, or a receipt of the log. A checkpoint that
does not continue the last one seen ends the run with exit code 1; both are kept in the state folder as the proof of it.";

const ROTATE: &str = "\
Example:
  exchange evidence rotate-key --config node/exchange.toml

The new key comes first in the file of [evidence] key, and a running node takes it up by itself; the old one goes on signing
beside it. Take the old one, the last in the file, away once everybody who checks the log's signatures has had time to see both.";

/// `exchange evidence …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Show the evidence of one exchange, with its receipt.
    #[command(after_help = SHOW)]
    Show {
        /// Its id, as in the receipt's statement or a problem's `evidence_id`.
        id: String,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        printing: Printing,
    },
    /// Prove a saved answer or an exported log offline, or say what is wrong with it.
    #[command(after_help = VERIFY)]
    Verify(VerifyEvidence),
    /// Copy the log into a folder, as an operator or node, and check it on the way.
    #[command(after_help = EXPORT)]
    Export(Export),
    /// Watch the log of an exchange, and cosign its checkpoints.
    #[command(after_help = WITNESS)]
    Witness(Witness),
    /// Add a new key for a node's log.
    #[command(after_help = ROTATE)]
    RotateKey {
        /// The node's configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// `exchange evidence verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyEvidence {
    /// The saved answer, or the exported folder.
    #[arg(value_name = "FILE|DIR")]
    pub(crate) path: PathBuf,
    /// Certificates of the authority that vouches for the exchange's nodes (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: PathBuf,
    /// The request as it was sent (JSON), to be checked as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// The receipt, where the answer has none: what `evidence show -o json` printed.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
    /// Another checkpoint of the log, which must be of the same history.
    #[arg(long, value_name = "CHECKPOINT")]
    pub(crate) against: Option<PathBuf>,
    /// Exported folder whose tiles join the two checkpoints; the one that CHECKPOINT lies in when left out.
    #[arg(long, value_name = "DIR", requires = "against")]
    pub(crate) log: Option<PathBuf>,
    /// Verifier key of a witness that must have cosigned; may be given several times.
    #[arg(long, value_name = "VKEY")]
    pub(crate) witness: Vec<String>,
    /// A verifier key of the log that is known otherwise: of a replaced key, or for a folder exported without a receipt.
    #[arg(long, value_name = "VKEY")]
    pub(crate) log_key: Vec<String>,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

/// `exchange evidence export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder; it is made, or gone on with.
    pub(crate) dir: PathBuf,
    /// First entry wanted; those before are left out, their hashes are not.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) from: u64,
    /// Epoch of the log; the newest when left out.
    #[arg(long, value_name = "N")]
    pub(crate) epoch: Option<u64>,
    /// Verifier key of the log, for callers who are shown no receipt of it.
    #[arg(long, value_name = "VKEY")]
    pub(crate) log_key: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

/// `exchange evidence witness`.
#[derive(Debug, Args)]
pub(crate) struct Witness {
    /// Folder for what was seen last; it is made.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// My key for cosignatures (Ed25519, PKCS #8, PEM); made when missing.
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: PathBuf,
    /// My name in cosignatures; the one in my certificate when left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Verifier key of the log, for the first run and for a replaced key.
    #[arg(long, value_name = "VKEY")]
    pub(crate) log_key: Option<String>,
    /// An answer with a receipt of the log, to take its verifier key from.
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    pub(crate) receipt: Option<PathBuf>,
    /// Look once, and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// How often to look.
    #[arg(long, value_name = "TIME", default_value = "60s", conflicts_with = "once")]
    pub(crate) every: HumanDuration,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) printing: Printing,
}
