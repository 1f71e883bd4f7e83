//! What can keep a gateway from starting, by what the operator can do.

use bus::BusError;
use domain::catalogue::Problem;
use evidence::EvidenceError;
use security::SecurityError;
use std::{io, net::SocketAddr};
use store::StoreError;
use view::ViewError;

/// An error of the gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration cannot work; correct it at the key that is named.
    #[error("configuration: `{key}`: {problem}")]
    Config {
        /// Path of the key.
        key: &'static str,
        /// What is wrong and how to correct it.
        problem: String,
    },
    /// The catalogue's files are wrong; each problem names file and key.
    #[error("catalogue has {} problem(s), the first: {}", problems.len(), problems.first().map(ToString::to_string).unwrap_or_default())]
    Catalogue {
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
    /// The port cannot be opened; another process may have it.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Certificates, keys or lists cannot be used.
    #[error("certificates cannot be used")]
    Security(#[from] SecurityError),
    /// The evidence log cannot be opened; nothing is answered that cannot be recorded.
    #[error("the evidence log cannot be opened")]
    Evidence(#[from] EvidenceError),
    /// The bus cannot be opened.
    #[error("the bus cannot be opened")]
    Bus(#[from] BusError),
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    /// The view cannot be followed or changed.
    #[error("the view cannot be followed")]
    View(#[from] ViewError),
    /// The process is ending before the gateway was up.
    #[error("stopped while starting")]
    Stopped,
}

impl GatewayError {
    /// Whether the operator must correct configuration or catalogue (exit code 2).
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Config { .. } | Self::Catalogue { .. } | Self::Bus(BusError::Config(_)) => true,
            Self::Security(error) => is_of_a_file(error),
            _ => false,
        }
    }
}

/// Whether a file that the configuration names must be put right.
fn is_of_a_file(error: &SecurityError) -> bool {
    matches!(
        error,
        SecurityError::Unreadable { .. }
            | SecurityError::Malformed { .. }
            | SecurityError::Exposed { .. }
            | SecurityError::KeyMismatch { .. }
            | SecurityError::Unusable { .. }
    )
}
