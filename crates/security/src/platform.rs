//! Calls signed as the national data-sharing platform (国家数据共享交换平台) demands, and its two secrets (standards 6.1, 6.2).
//!
//! A long-lived application key signs the call for a short-lived secret and decrypts it; that secret signs all others. How it
//! is encrypted is the platform's choice: AES-128 under a key that is derived with SHA-1. The exchange itself seals nothing so.

use crate::{SecurityError, files, seal::keyed_hash};
use aes::{
    Aes128,
    cipher::{Array, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::{fmt, path::Path};

const BLOCK: usize = 16;
/// The constant text that stands in for an initialisation vector.
const CONSTANT_VECTOR: &[u8; BLOCK] = b"AESCBCPKCS5Paddi";

/// A secret of the platform: an application key (appkey) or a short-lived secret. It is used as text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// How the short-lived secret is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES-128, block by block (ECB).
    Ecb,
    /// AES-128, chained from a constant vector (CBC).
    Cbc,
}

impl Secret {
    /// A secret that was told.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret in a file, which must be closed to others; blanks around it are not part of it.
    ///
    /// # Errors
    /// The file cannot be read, is open to others, or holds no text.
    pub fn at(path: &Path) -> Result<Self, SecurityError> {
        let malformed = || SecurityError::Malformed { path: path.to_owned(), expected: "application key" };
        let bytes = files::read_private(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?.trim();
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(malformed());
        }
        Ok(Self::new(text))
    }

    /// The signature of a call (`gjgxjhpt_sign`): of a service, by a requester, at a time in milliseconds since 1970.
    #[must_use]
    pub fn sign(&self, service: &str, requester: &str, time: &str) -> String {
        BASE64.encode(keyed_hash(self.0.as_bytes(), [service, requester, time].concat().as_bytes()))
    }

    /// The short-lived secret in the answer of a refresh call, decrypted with this application key; none when it was not
    /// encrypted so.
    #[must_use]
    pub fn open(&self, cipher: Cipher, encrypted: &str) -> Option<Self> {
        let mut bytes = BASE64.decode(encrypted.trim()).ok()?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
            return None;
        }
        let aes = Aes128::new(&Array(self.derived_key()));
        let mut before = *CONSTANT_VECTOR;
        for block in bytes.chunks_exact_mut(BLOCK) {
            let mut plain = Array::try_from(&*block).ok()?;
            aes.decrypt_block(&mut plain);
            if cipher == Cipher::Cbc {
                plain.iter_mut().zip(before).for_each(|(plain, before)| *plain ^= before);
                before.copy_from_slice(block);
            }
            block.copy_from_slice(&plain);
        }
        let text = String::from_utf8(unpadded(&bytes)?.to_vec()).ok()?;
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self::new(text))
    }

    /// A short-lived secret as the platform encrypts it for the holder of this application key.
    #[must_use]
    pub fn close(&self, cipher: Cipher, secret: &Self) -> String {
        let aes = Aes128::new(&Array(self.derived_key()));
        let mut bytes = padded(secret.0.as_bytes());
        let mut before = *CONSTANT_VECTOR;
        for block in bytes.chunks_exact_mut(BLOCK) {
            if cipher == Cipher::Cbc {
                block.iter_mut().zip(before).for_each(|(plain, before)| *plain ^= before);
            }
            if let Ok(mut closed) = Array::try_from(&*block) {
                aes.encrypt_block(&mut closed);
                block.copy_from_slice(&closed);
            }
            before.copy_from_slice(block);
        }
        BASE64.encode(bytes)
    }

    /// As Java's generator of AES keys makes it when it is seeded with the text (`SHA1PRNG`).
    fn derived_key(&self) -> [u8; BLOCK] {
        let once = digest(&SHA1_FOR_LEGACY_USE_ONLY, self.0.as_bytes());
        let twice = digest(&SHA1_FOR_LEGACY_USE_ONLY, once.as_ref());
        let mut key = [0; BLOCK];
        key.iter_mut().zip(twice.as_ref()).for_each(|(key, byte)| *key = *byte);
        key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Without PKCS 5 padding; none when there is none.
fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*bytes.last()?);
    let (text, padding) = bytes.split_at_checked(bytes.len().checked_sub(count)?)?;
    let is_padding = (1..=BLOCK).contains(&count) && padding.iter().all(|byte| usize::from(*byte) == count);
    is_padding.then_some(text)
}

fn padded(text: &[u8]) -> Vec<u8> {
    let count = BLOCK - text.len() % BLOCK;
    let mut bytes = text.to_vec();
    bytes.resize(text.len() + count, u8::try_from(count).unwrap_or_default());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    const APPKEY: &str = "0123456789abcdef0123456789abcdef";
    const SECRET: &str = "fedcba9876543210fedcba9876543210";
    const ECB: &str = "LDh6LJzNCB09fXMknMzXpiw4eiyczQgdPX1zJJzM16ZUfuRMyoXTthzV/Enp8P/V";
    const CBC: &str = "BcfibR2HlaRI3jOI7GaaqNitJ0uJaUaLP4LxTpnfmyINKaqi8ZgEJzIMaQaWQt5g";

    #[test]
    fn signature_is_that_of_the_standards_page() {
        let signature = Secret::new(APPKEY).sign("s_demo_0001", "demo-requester-0001", "1700000000000");
        assert_eq!(signature, "GCdVPR7OlgqFXHoqNzXfukTfrGRhWzHaJwCmGLn+2vY=");
    }

    #[test]
    fn derived_key_is_that_of_the_standards_page() {
        assert_eq!(hex::encode(Secret::new(APPKEY).derived_key()), "2d703e10a32f30251a2370355793e786");
    }

    #[test]
    fn secrets_open_and_close_as_on_the_standards_page() {
        let key = Secret::new(APPKEY);
        for (cipher, encrypted) in [(Cipher::Ecb, ECB), (Cipher::Cbc, CBC)] {
            assert_eq!(key.open(cipher, encrypted), Some(Secret::new(SECRET)));
            assert_eq!(key.close(cipher, &Secret::new(SECRET)), encrypted);
        }
    }

    #[test]
    fn what_was_encrypted_otherwise_does_not_open() {
        let key = Secret::new(APPKEY);
        assert_eq!(key.open(Cipher::Cbc, ECB), None);
        assert_eq!(Secret::new("another").open(Cipher::Ecb, ECB), None);
        for text in ["", "===", "QUJD", SECRET] {
            assert_eq!(key.open(Cipher::Ecb, text), None, "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Secret::new(APPKEY)), "Secret(..)");
    }

    #[test]
    fn a_key_file_must_be_closed_and_hold_one_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.key");
        fs::write(&path, format!(" {APPKEY}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Secret::at(&path), Err(SecurityError::Exposed { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Secret::at(&path).unwrap(), Secret::new(APPKEY));
        fs::write(&path, "two words").unwrap();
        assert!(matches!(Secret::at(&path), Err(SecurityError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn closed_secrets_open(key in "[!-~]{1,64}", secret in "[!-~]{1,64}") {
            let (key, secret) = (Secret::new(key), Secret::new(secret));
            for cipher in [Cipher::Ecb, Cipher::Cbc] {
                prop_assert_eq!(key.open(cipher, &key.close(cipher, &secret)), Some(secret.clone()));
            }
        }

        #[test]
        fn any_text_opens_or_does_not(text: String) {
            let _ = Secret::new("key").open(Cipher::Ecb, &text);
        }
    }
}
