//! Keys of logs and their file.

use crate::{SecurityError, files, seal::random_bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use std::{
    fmt::{self, Write as _},
    path::Path,
    sync::Arc,
};

/// PKCS#8 of an Ed25519 key (RFC 8410 section 7) as far as the 32 bytes of the key itself: the form
/// without the public key, which every tool reads.
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// Base64 digits in a line of PEM (RFC 7468).
const PEM_LINE: usize = 64;

/// A private Ed25519 key that signs a log; a cheap clone, whose `Debug` hides it.
#[derive(Clone)]
pub struct LogKey(Arc<Ed25519KeyPair>);

impl LogKey {
    /// A fresh random key that is in no file.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] when the system has no random numbers.
    pub fn generate() -> Result<Self, SecurityError> {
        Self::from_seed(&random_bytes()?)
    }

    /// The keys in the PEM file at `path` (PKCS#8), newest first and at least one.
    ///
    /// # Errors
    /// The file cannot be read, is open to others, or holds no key, or one of another kind.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, SecurityError> {
        Self::parse_all(path, &files::read_private(path)?)
    }

    /// Makes the file at `path` (mode 600) with a fresh key.
    ///
    /// # Errors
    /// [`SecurityError::Exists`] when there is a file already; it cannot be written.
    pub fn create(path: &Path) -> Result<Self, SecurityError> {
        let (key, pem) = fresh()?;
        files::write_new(path, pem.as_bytes(), files::PRIVATE)?;
        Ok(key)
    }

    /// Puts a fresh key before those in the file at `path`, which stay.
    ///
    /// # Errors
    /// As [`LogKey::read_all`]; the file cannot be written.
    pub fn add(path: &Path) -> Result<Self, SecurityError> {
        let before = files::read_private(path)?;
        Self::parse_all(path, &before)?;
        let (key, mut pem) = fresh()?;
        pem.push_str(&String::from_utf8(before).map_err(|_| malformed(path))?);
        files::write(path, pem.as_bytes(), files::PRIVATE)?;
        Ok(key)
    }

    /// The public key (RFC 8032).
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.0.public_key().as_ref());
        public
    }

    /// The signature of `bytes` (RFC 8032).
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.0.sign(bytes).as_ref());
        signature
    }

    fn from_seed(seed: &[u8; 32]) -> Result<Self, SecurityError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SecurityError::Cryptography)?;
        Ok(Self(Arc::new(pair)))
    }

    fn parse_all(path: &Path, content: &[u8]) -> Result<Vec<Self>, SecurityError> {
        let parse = |der: PrivatePkcs8KeyDer<'_>| {
            // Keys of other tools leave out the public key, against which ring would check.
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
            pair.map(|pair| Self(Arc::new(pair))).map_err(|_| malformed(path))
        };
        let found = PrivatePkcs8KeyDer::pem_slice_iter(content);
        let keys: Vec<Self> = found.map(|der| parse(der.map_err(|_| malformed(path))?)).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(malformed(path)) } else { Ok(keys) }
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(..)")
    }
}

fn fresh() -> Result<(LogKey, String), SecurityError> {
    let seed: [u8; 32] = random_bytes()?;
    let digits = BASE64.encode([PKCS8_PREFIX.as_slice(), &seed].concat());
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % PEM_LINE == 0 {
            pem.push('\n');
        }
        pem.push(digit);
    }
    writeln!(pem, "\n-----END PRIVATE KEY-----").map_err(|_| SecurityError::Cryptography)?;
    Ok((LogKey::from_seed(&seed)?, pem))
}

fn malformed(path: &Path) -> SecurityError {
    SecurityError::Malformed { path: path.to_owned(), expected: "ed25519 key in PKCS#8" }
}
