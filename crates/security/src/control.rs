//! Entries of the control topic that say which node wrote them.
//!
//! Whoever may write to the bus could otherwise make grants. A node signs what it writes with its
//! certificate, in two headers; readers leave out what no node of theirs has signed. The signature
//! covers `exchange control v1` and a zero byte, key and type of the entry, each with its length
//! before it in four bytes (big-endian), then a byte 1 and the payload, or a byte 0 for a removal.

use crate::{
    Refusal, SecurityError,
    sign::{ChainTrust, MOST_CERTIFICATES, Signer, verify_with_certificate},
};
use domain::{Caller, CallerKind, Timestamp};
use std::{fmt, sync::Arc};

/// Header: the signature.
pub const SIGNATURE: &str = "exchange-signature";
/// Header: the signer's certificate and those between it and its authority (DER), each with its
/// length before it in four bytes (big-endian).
pub const CHAIN: &str = "exchange-chain";

/// Keys of ignored entries that a reader keeps in mind; who may write to the bus could otherwise fill memory and log
/// with made-up ones.
pub const MOST_TOLD: usize = 100;

/// Header: what kind of message it is (`CloudEvents`).
const TYPE: &str = "ce_type";
/// What every signature of an entry begins with, so that it is good for nothing else.
const PURPOSE: &[u8] = b"exchange control v1\0";
/// The longest chain that is looked at, in bytes.
const MOST_BYTES: usize = 64 << 10;

/// An entry, as it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The message's key.
    pub key: &'a [u8],
    /// The message's type, header `ce_type`.
    pub ce_type: &'a str,
    /// The message's value; `None` is a removal.
    pub payload: Option<&'a [u8]>,
}

/// A message of the control topic as it came, of which nothing is believed yet.
#[derive(Debug)]
pub struct Received<'a, N, V> {
    /// The message's key.
    pub key: &'a [u8],
    /// Its headers, by name and value.
    pub headers: &'a [(N, V)],
    /// Its value; `None` is a removal.
    pub payload: Option<&'a [u8]>,
    /// When the bus took it in, in milliseconds since 1970.
    pub taken_in_ms: i64,
}

/// Who this node is on the bus and whom it believes, as the files are now.
pub trait Identity: fmt::Debug + Send + Sync {
    /// Signs what the node writes.
    fn signer(&self) -> Arc<Signer>;

    /// Whose entries are believed.
    fn trust(&self) -> ChainTrust;
}

/// Why an entry is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Disbelief {
    /// It carries no signature.
    #[error("it is not signed")]
    Unsigned,
    /// The headers of its signature cannot be read.
    #[error("its signature cannot be read")]
    Malformed,
    /// The signer's certificate speaks for nobody.
    #[error("its signer's {0}")]
    Certificate(Refusal),
    /// The signer is somebody, but no node.
    #[error("its signer is no node")]
    NotNode,
    /// The signature is not that of this entry.
    #[error("its signature is wrong")]
    WrongSignature,
    /// A node wrote it, but before the entry that stands: somebody wrote it again.
    #[error("it is older than the one that stands")]
    Older,
}

/// The headers that say that the signer wrote `entry`, by name and value.
///
/// # Errors
/// [`SecurityError::Cryptography`] when the system has no random numbers.
pub fn seal(signer: &Signer, entry: &Entry<'_>) -> Result<Vec<(&'static str, Vec<u8>)>, SecurityError> {
    let signature = signer.sign(&entry.signed_bytes())?;
    let mut chain = Vec::new();
    for certificate in signer.chain() {
        put(&mut chain, certificate);
    }
    Ok(vec![(SIGNATURE, signature), (CHAIN, chain)])
}

/// The node that wrote a message; the one judge of whatever is read from the control topic.
///
/// # Errors
/// Why it is not believed.
pub fn judge<N: AsRef<str>, V: AsRef<[u8]>>(
    identity: &dyn Identity,
    received: &Received<'_, N, V>,
) -> Result<Caller, Disbelief> {
    let at = Timestamp::from_timestamp_millis(received.taken_in_ms).ok_or(Disbelief::Malformed)?;
    let entry = Entry::of(received.key, received.headers, received.payload);
    open(&identity.trust(), received.headers, &entry, at)
}

/// The node that wrote `entry`, by the message's headers. `at` is when the bus took it in.
///
/// # Errors
/// Why the entry is not believed.
fn open<N: AsRef<str>, V: AsRef<[u8]>>(
    trust: &ChainTrust,
    headers: &[(N, V)],
    entry: &Entry<'_>,
    at: Timestamp,
) -> Result<Caller, Disbelief> {
    let (signature, chain) = match (only(headers, SIGNATURE)?, only(headers, CHAIN)?) {
        (Some(signature), Some(chain)) => (signature, chain),
        (None, None) => return Err(Disbelief::Unsigned),
        _ => return Err(Disbelief::Malformed),
    };
    let chain = certificates(chain).ok_or(Disbelief::Malformed)?;
    let caller = trust.check(&chain, at).map_err(Disbelief::Certificate)?;
    if caller.kind != CallerKind::Node {
        return Err(Disbelief::NotNode);
    }
    let own = chain.first().ok_or(Disbelief::Malformed)?;
    if verify_with_certificate(own, &entry.signed_bytes(), signature) {
        Ok(caller)
    } else {
        Err(Disbelief::WrongSignature)
    }
}

impl<'a> Entry<'a> {
    /// What is signed of a message; its type is empty where no header names one.
    pub fn of<N: AsRef<str>, V: AsRef<[u8]>>(key: &'a [u8], headers: &'a [(N, V)], payload: Option<&'a [u8]>) -> Self {
        let ce_type = headers.iter().find(|(name, _)| name.as_ref() == TYPE);
        let ce_type = ce_type.and_then(|(_, value)| std::str::from_utf8(value.as_ref()).ok());
        Self { key, ce_type: ce_type.unwrap_or_default(), payload }
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = PURPOSE.to_vec();
        put(&mut bytes, self.key);
        put(&mut bytes, self.ce_type.as_bytes());
        bytes.push(u8::from(self.payload.is_some()));
        bytes.extend(self.payload.unwrap_or_default());
        bytes
    }
}

/// The value of a header that stands once; two of one name are nobody's.
fn only<'a, N: AsRef<str>, V: AsRef<[u8]>>(headers: &'a [(N, V)], name: &str) -> Result<Option<&'a [u8]>, Disbelief> {
    let mut named = headers.iter().filter(|(other, _)| other.as_ref() == name);
    let found = named.next().map(|(_, value)| value.as_ref());
    if named.next().is_some() { Err(Disbelief::Malformed) } else { Ok(found) }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    // No message on the bus comes near the limit.
    bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(part);
}

fn certificates(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut chain = Vec::new();
    if bytes.len() > MOST_BYTES {
        return None;
    }
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (certificate, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        if chain.len() == MOST_CERTIFICATES {
            return None;
        }
        chain.push(certificate.to_vec());
        bytes = rest;
    }
    Some(chain)
}

#[cfg(test)]
mod tests;
