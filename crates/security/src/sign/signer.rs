//! Signing with the private key of a certificate.

use crate::{SecurityError, digest, files};
use rustls::{
    SignatureScheme,
    crypto::ring::sign::any_supported_type,
    sign::{CertifiedKey, SigningKey},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::{fmt, path::Path, sync::Arc};

/// The way of signing that each kind of key has; only one of them fits a key.
const SCHEMES: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// A certificate with its private key, which `Debug` hides.
pub struct Signer {
    key: Arc<dyn SigningKey>,
    chain: Vec<Vec<u8>>,
    fingerprint: [u8; 32],
}

impl Signer {
    /// The certificate in `cert`, followed by those between it and its authority, with its private
    /// key in `key` (both PEM).
    ///
    /// # Errors
    /// A file that cannot be read, does not hold what it should, or is a key that others can read;
    /// a certificate and a key that do not belong together or are of a kind that is not used here.
    pub fn load(cert: &Path, key: &Path) -> Result<Self, SecurityError> {
        let chain = files::certificates(cert, &files::read(cert)?)?;
        let private = files::private_key(key, &files::read_private(key)?)?;
        Self::new(&chain, &private)
            .ok_or_else(|| SecurityError::KeyMismatch { certificate: cert.to_owned(), key: key.to_owned() })
    }

    /// `None` when they do not belong together or the key is of a kind that is not used here.
    pub(crate) fn new(chain: &[CertificateDer<'static>], private: &PrivateKeyDer<'_>) -> Option<Self> {
        let key = any_supported_type(private).ok()?;
        key.choose_scheme(&SCHEMES)?;
        CertifiedKey::new(chain.to_vec(), Arc::clone(&key)).keys_match().ok()?;
        let fingerprint = digest::sha256(chain.first()?);
        Some(Self { key, chain: chain.iter().map(|certificate| certificate.to_vec()).collect(), fingerprint })
    }

    /// The signature of `bytes`, as [`verify_with_certificate`](super::verify_with_certificate)
    /// checks it.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] when the system has no random numbers.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SecurityError> {
        let signer = self.key.choose_scheme(&SCHEMES).ok_or(SecurityError::Cryptography)?;
        signer.sign(bytes).map_err(|_| SecurityError::Cryptography)
    }

    /// The certificate and those between it and its authority (DER), its own first.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("fingerprint", &digest::hex(&self.fingerprint)).finish_non_exhaustive()
    }
}
