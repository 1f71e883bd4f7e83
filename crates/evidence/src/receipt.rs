//! Receipts, from what all of a log's receipts share and what is one exchange's own.

use crate::{EvidenceError, commitment::Salt, note::VerifierKey, tree::Hash};
use contract::{v1, wire};
use prost::Message as _;
use security::sign::Signer;

/// What the signature of a log's key begins with, so that it is good for nothing else.
const PURPOSE: &[u8] = b"exchange log key v1\0";
/// Fields of `Receipt`.
const STATEMENT: u32 = 1;
const SALT: u32 = 2;
const LEAF_INDEX: u32 = 3;
const INCLUSION_PATH: u32 = 4;
const CHECKPOINT: u32 = 5;
const LEAF_HASH: u32 = 9;

/// A log's key, for which the node's certificate vouches: what all receipts of the log share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchedKey {
    key: VerifierKey,
    signature: Vec<u8>,
    chain: Vec<Vec<u8>>,
    /// The fields of these, encoded.
    shared: Vec<u8>,
}

/// Where one leaf stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Index of the leaf.
    pub index: u64,
    /// Hash of the leaf.
    pub leaf_hash: Hash,
    /// Inclusion path, leaf to root.
    pub path: Vec<Hash>,
    /// The signed checkpoint that the path leads to.
    pub checkpoint: String,
}

impl VouchedKey {
    /// Lets the node's certificate vouch for its log's key.
    ///
    /// # Errors
    /// [`EvidenceError::Security`] when the certificate's key cannot sign.
    pub fn new(key: VerifierKey, node: &Signer) -> Result<Self, EvidenceError> {
        let signature = node.sign(&vouched_bytes(&key.to_string()))?;
        let shared = v1::Receipt {
            verifier_key: key.to_string(),
            verifier_key_signature: signature.clone(),
            certificate_chain: node.chain().to_vec(),
            ..v1::Receipt::default()
        };
        Ok(Self { key, signature, chain: node.chain().to_vec(), shared: shared.encode_to_vec() })
    }

    /// The log's key.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The encoded receipt of an exchange, whose statement is in the bytes of its leaf.
    pub(crate) fn encode(&self, leaf: &[u8], salt: &Salt, proof: &Proof) -> Vec<u8> {
        let length = leaf.len() + proof.path.len() * 34 + proof.checkpoint.len() + self.shared.len() + 128;
        let mut bytes = Vec::with_capacity(length);
        wire::append_message_field(&mut bytes, STATEMENT, leaf);
        wire::append_bytes_field(&mut bytes, SALT, salt.as_bytes());
        if proof.index > 0 {
            wire::append_varint_field(&mut bytes, LEAF_INDEX, proof.index);
        }
        for hash in &proof.path {
            wire::append_bytes_field(&mut bytes, INCLUSION_PATH, hash);
        }
        wire::append_string_field(&mut bytes, CHECKPOINT, &proof.checkpoint);
        bytes.extend_from_slice(&self.shared);
        wire::append_bytes_field(&mut bytes, LEAF_HASH, &proof.leaf_hash);
        bytes
    }

    /// The receipt of an exchange; without the salt for those who may see that it took place, but not about whom.
    #[must_use]
    pub fn receipt(&self, statement: v1::Statement, salt: Option<&Salt>, proof: Proof) -> v1::Receipt {
        v1::Receipt {
            statement: Some(statement),
            salt: salt.map(|salt| salt.as_bytes().to_vec()).unwrap_or_default(),
            leaf_index: proof.index,
            inclusion_path: proof.path.iter().map(|hash| hash.to_vec()).collect(),
            checkpoint: proof.checkpoint.into_bytes(),
            verifier_key: self.key.to_string(),
            verifier_key_signature: self.signature.clone(),
            certificate_chain: self.chain.clone(),
            leaf_hash: proof.leaf_hash.to_vec(),
        }
    }
}

/// What the node's certificate signs: the purpose, a zero byte, and the key's text.
pub(crate) fn vouched_bytes(verifier_key: &str) -> Vec<u8> {
    [PURPOSE, verifier_key.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
