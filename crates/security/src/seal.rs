//! Values closed to everybody without the node's key, and hashes nobody else can make.

use crate::{SecurityError, files};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use std::{fmt, path::Path};

/// A key that seals and opens values (AES-256-GCM, a random nonce each).
///
/// A random nonce is safe for about four thousand million values under one key.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// A fresh random key.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] when the system has no random numbers.
    pub fn random() -> Result<Self, SecurityError> {
        Self::from_bytes(&random_bytes()?)
    }

    /// The key with these bytes.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] when the library refuses the key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecurityError> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes)?)))
    }

    /// The key in the file at `path`, which is made with a random key (mode 600) when missing.
    ///
    /// # Errors
    /// The file cannot be read or written, is open to others, or holds no key.
    pub fn at(path: &Path) -> Result<Self, SecurityError> {
        if !path.exists() {
            let fresh: [u8; 32] = random_bytes()?;
            match files::write_new(path, hex::encode(fresh).as_bytes(), files::PRIVATE) {
                // Somebody else made it first: theirs is the key.
                Ok(()) | Err(SecurityError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let text = files::read_private(path)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim_ascii(), &mut bytes)
            .map_err(|_| SecurityError::Malformed { path: path.to_owned(), expected: "sealing key" })?;
        Self::from_bytes(&bytes)
    }

    /// Seals `plain`. `context` says where the value stands, such as table and key; it is not
    /// stored, and a value moved to another context does not open.
    ///
    /// # Errors
    /// [`SecurityError::Cryptography`] when the system has no random numbers.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SecurityError> {
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let mut text = plain.to_vec();
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut text)?;
        Ok([&nonce[..], &text].concat())
    }

    /// Opens what [`SealingKey::seal`] made in the same `context`; `None` when it was altered,
    /// moved, or sealed under another key.
    #[must_use]
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(context), &mut text).ok()?.len();
        text.truncate(plain);
        Some(text)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// HMAC-SHA256 of `bytes` under `key` (RFC 2104).
#[must_use]
pub fn keyed_hash(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    HashKey::new(key).hash(bytes)
}

/// A key of HMAC-SHA256, made ready for several hashes.
pub struct HashKey(hmac::Key);

impl HashKey {
    /// Makes a key ready.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA256 of `bytes` (RFC 2104).
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.0, bytes);
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        hash
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// Random bytes of the system, fit for keys, nonces and salts.
///
/// # Errors
/// [`SecurityError::Cryptography`] when the system has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], SecurityError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    fn key() -> SealingKey {
        SealingKey::from_bytes(&[7; 32]).unwrap()
    }

    #[test]
    fn same_value_is_sealed_differently_each_time() {
        assert_ne!(key().seal(b"c", b"value").unwrap(), key().seal(b"c", b"value").unwrap());
    }

    #[test]
    fn other_key_opens_nothing() {
        let sealed = key().seal(b"c", b"value").unwrap();
        assert_eq!(SealingKey::random().unwrap().open(b"c", &sealed), None);
    }

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", key()), "SealingKey(..)");
    }

    #[test]
    fn keyed_hash_gives_the_value_of_rfc_4231() {
        let hash = keyed_hash(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(hash), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn key_file_is_made_once_and_kept_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        let sealed = SealingKey::at(&path).unwrap().seal(b"c", b"value").unwrap();
        assert_eq!(SealingKey::at(&path).unwrap().open(b"c", &sealed), Some(b"value".to_vec()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SealingKey::at(&path), Err(SecurityError::Exposed { .. })));
    }

    #[test]
    fn key_file_with_anything_else_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        files::write_new(&path, b"hello", files::PRIVATE).unwrap();
        assert!(matches!(SealingKey::at(&path), Err(SecurityError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn sealed_values_open_in_their_context_only(plain: Vec<u8>, context: Vec<u8>, other: Vec<u8>) {
            let sealed = key().seal(&context, &plain).unwrap();
            prop_assert_eq!(key().open(&context, &sealed), Some(plain));
            if other != context {
                prop_assert_eq!(key().open(&other, &sealed), None);
            }
        }

        #[test]
        fn altered_values_do_not_open(plain: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
            let mut sealed = key().seal(b"c", &plain).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key().open(b"c", &sealed), None);
        }

        #[test]
        fn any_bytes_open_or_do_not(bytes: Vec<u8>) {
            prop_assert_eq!(key().open(b"c", &bytes), None);
        }
    }
}
