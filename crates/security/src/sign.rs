//! Signatures that others check later, without us: of the evidence log, of certificates' owners, of
//! what nodes tell each other over the bus.
//!
//! - [`LogKey`] is a key of its own for a log (Ed25519, RFC 8032);
//! - [`Signer`] signs with the private key of a certificate, in the one way that the kind of its key
//!   has, and [`verify_with_certificate`] checks that;
//! - [`ChainTrust`] says whose certificate it is, at an instant that may lie in the past.

mod log_key;
mod signer;
mod trust;
mod verify;

pub(crate) use self::trust::Revoked;

pub use self::{
    log_key::LogKey,
    signer::Signer,
    trust::{ChainTrust, MOST_CERTIFICATES},
    verify::{verify_ed25519, verify_with_certificate},
};

#[cfg(test)]
mod tests;
