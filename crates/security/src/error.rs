//! What can go wrong, with the file and the way to put it right; never with key material.

use crate::Refusal;
use std::{error::Error, io, path::PathBuf};

/// Any failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum SecurityError {
    /// A file cannot be read; check its path and its permissions.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written; check the folder and its permissions.
    #[error("{}: cannot be written", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: holds no {expected} that can be read", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was looked for in it.
        expected: &'static str,
    },
    /// Others on the machine can read a private key; take their permission away.
    #[error("{} can be read by others: run `chmod 600 {}`", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not belong together, or are of a kind that TLS cannot use; give the
    /// key that the certificate was issued for.
    #[error("{} and {} cannot be used together", certificate.display(), key.display())]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Certificates or revocation lists cannot be used for TLS.
    #[error("{}: cannot be used for tls", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is a certificate authority or a key already, which is never written over; choose another place.
    #[error("{} is there already: choose another place", path.display())]
    Exists {
        /// The file that would be overwritten.
        path: PathBuf,
    },
    /// No certificate of this name or serial number was issued here.
    #[error("no certificate {certificate:?} was issued here")]
    NotIssued {
        /// The name or serial number asked for.
        certificate: String,
    },
    /// A name that cannot stand in a certificate.
    #[error("{name:?} cannot stand in a certificate")]
    BadName {
        /// The name.
        name: String,
    },
    /// A certificate or list cannot be made.
    #[error("certificate cannot be made")]
    Issuing(#[source] Box<dyn Error + Send + Sync>),
    /// The caller was not let in.
    #[error("handshake failed, {refusal}")]
    Handshake {
        /// Why, from a closed set.
        refusal: Refusal,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },
    /// The handshake took longer than its time limit.
    #[error("handshake did not end within its time limit")]
    HandshakeTimeout,
    /// The other end cannot be reached; try again later.
    #[error("{address} cannot be reached")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// An address that is not `HOST:PORT`.
    #[error("{address:?} is not HOST:PORT")]
    BadAddress {
        /// The address.
        address: String,
    },
    /// The system gave no random numbers, or the library refused an operation.
    #[error("cryptographic operation failed")]
    Cryptography,
}

impl From<ring::error::Unspecified> for SecurityError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Cryptography
    }
}
