//! The private authority for trials.

use clap::Subcommand;
use std::path::PathBuf;

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
