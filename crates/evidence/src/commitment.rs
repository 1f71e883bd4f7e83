//! Commitments: what a statement says about an exchange without telling it to whoever reads the log.

use crate::{EvidenceError, tree::Hash};
use contract::json::canonical;
use domain::Identifier;
use security::seal::{HashKey, keyed_hash, random_bytes};
use serde_json::Value;
use std::fmt;

/// The secret of one exchange's commitments; it is in the receipt, never in the log. Without it nobody can
/// try out which subject or case a commitment is to.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

/// What is committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The subject asked about, see [`subject_bytes`].
    Subject,
    /// The request: the RFC 8785 form of its JSON without `request_signature`.
    Request,
    /// The answer, in the form that the statement names.
    Answer,
    /// The case number (办件编号), UTF-8.
    Case,
    /// The caller's signature of the request, raw.
    Signature,
}

impl Part {
    /// The label that the part's subkey is made of.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Case => "case",
            Self::Signature => "signature",
        }
    }
}

impl Salt {
    /// A fresh salt.
    ///
    /// # Errors
    /// [`EvidenceError::Security`] when the system has no random numbers.
    pub fn random() -> Result<Self, EvidenceError> {
        Ok(Self(random_bytes()?))
    }

    /// The salt with these bytes; `None` when they are not 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The salt's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment to `bytes` as the exchange's `part`: `HMAC-SHA256(HMAC-SHA256(salt, label), bytes)`.
    #[must_use]
    pub fn commit(&self, part: Part, bytes: &[u8]) -> Hash {
        self.commitments().to(part, bytes)
    }

    /// The same for several parts.
    #[must_use]
    pub fn commitments(&self) -> Commitments {
        Commitments(HashKey::new(&self.0))
    }
}

/// Makes commitments under one salt.
#[derive(Debug)]
pub struct Commitments(HashKey);

impl Commitments {
    /// The commitment to `bytes` as the exchange's `part`, see [`Salt::commit`].
    #[must_use]
    pub fn to(&self, part: Part, bytes: &[u8]) -> Hash {
        keyed_hash(&self.0.hash(part.label().as_bytes()), bytes)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The bytes that a subject is committed to with: `<kind>=<normalised value>`.
#[must_use]
pub fn subject_bytes(subject: &Identifier) -> Vec<u8> {
    format!("{}={}", subject.kind(), subject.value()).into_bytes()
}

/// The bytes that a request is committed to with, and that its caller signs: the RFC 8785 form of its JSON without
/// `request_signature`.
///
/// # Errors
/// [`EvidenceError::Malformed`] when it is no JSON object.
pub fn request_bytes(request: &Value) -> Result<Vec<u8>, EvidenceError> {
    canonical_without(request, &["request_signature", "requestSignature"], "request")
}

/// The bytes that an answer in JSON is committed to with: the RFC 8785 form of the object without `receipt`.
///
/// # Errors
/// [`EvidenceError::Malformed`] when it is no JSON object.
pub fn answer_bytes(answer: &Value) -> Result<Vec<u8>, EvidenceError> {
    canonical_without(answer, &["receipt"], "answer")
}

fn canonical_without(value: &Value, members: &[&str], what: &'static str) -> Result<Vec<u8>, EvidenceError> {
    let object = value.as_object().ok_or_else(|| EvidenceError::malformed(what, "not a JSON object"))?;
    let kept = object.iter().filter(|(name, _)| !members.contains(&name.as_str()));
    let kept = Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect());
    canonical(&kept).map_err(|_| EvidenceError::malformed(what, "has no canonical form"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::IdentifierKind;
    use proptest::prelude::*;

    #[test]
    fn commitment_is_two_keyed_hashes() {
        let salt = Salt::from_bytes(&[7; 32]).unwrap();
        // Made with Python: hmac(hmac(b"\x07" * 32, b"subject"), b"source-key=42").
        assert_eq!(
            hex::encode(salt.commit(Part::Subject, b"source-key=42")),
            "a0ff4d2d509a2464388ba1a27b59eb574c271f89aad35f2a23e64b7defe432bb"
        );
    }

    #[test]
    fn subject_is_kind_and_normal_value() {
        let subject = Identifier::parse(IdentifierKind::SourceKey, " 42 ").unwrap();
        assert_eq!(subject_bytes(&subject), b"source-key=42");
    }

    #[test]
    fn digests_leave_out_what_they_are_put_into() {
        let value = serde_json::json!({"b": 1.0, "a": "é", "receipt": {}, "request_signature": "AA=="});
        assert_eq!(answer_bytes(&value).unwrap(), r#"{"a":"é","b":1,"request_signature":"AA=="}"#.as_bytes());
        assert_eq!(request_bytes(&value).unwrap(), r#"{"a":"é","b":1,"receipt":{}}"#.as_bytes());
        assert!(request_bytes(&serde_json::json!([])).is_err());
    }

    #[test]
    fn parts_have_subkeys_of_their_own() {
        let salt = Salt::random().unwrap();
        let parts = [Part::Subject, Part::Request, Part::Answer, Part::Case, Part::Signature];
        let made: std::collections::BTreeSet<_> = parts.iter().map(|part| salt.commit(*part, b"same")).collect();
        assert_eq!(made.len(), parts.len());
    }

    #[test]
    fn salt_is_fresh_and_not_shown() {
        assert!(Salt::random().unwrap() != Salt::random().unwrap());
        assert_eq!(format!("{:?}", Salt::random().unwrap()), "Salt(..)");
    }

    proptest! {
        #[test]
        fn only_thirty_two_bytes_are_a_salt(bytes: Vec<u8>) {
            prop_assert_eq!(Salt::from_bytes(&bytes).is_some(), bytes.len() == 32);
        }
    }
}
