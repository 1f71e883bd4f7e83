//! A witness's word that it saw a checkpoint, and when (C2SP tlog-cosignature, cosignature/v1).

use crate::{
    EvidenceError,
    note::{KeyKind, Note, NoteSignature, VerifierKey},
};
use domain::Timestamp;
use security::sign::{LogKey, verify_ed25519};

impl Note {
    /// Puts the witness's signature under the checkpoint, made at the instant `at` (whole seconds count).
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] when the witness's name cannot stand in a note, the instant lies before 1970, or
    /// there are too many signatures.
    pub fn cosign(&mut self, witness: &str, key: &LogKey, at: Timestamp) -> Result<(), EvidenceError> {
        let signer = VerifierKey::new(witness, KeyKind::Cosignature, key.public())?;
        let before = |_| EvidenceError::malformed("cosignature", "made before 1970");
        let seconds = u64::try_from(at.timestamp()).map_err(before)?;
        let signature = key.sign(&signed_bytes(seconds, self.text()));
        self.add(NoteSignature::by(&signer, [&seconds.to_be_bytes()[..], &signature].concat()))
    }

    /// When the witness with `key` signed the checkpoint: a cosignature of that name and key id is there, and every
    /// such verifies. The earliest of several.
    #[must_use]
    pub fn cosigned_by(&self, key: &VerifierKey) -> Option<Timestamp> {
        if key.kind() != KeyKind::Cosignature {
            return None;
        }
        let times: Option<Vec<Timestamp>> = self.of(key).map(|own| time_of(own, key, self.text())).collect();
        times?.into_iter().min()
    }
}

/// The time in a cosignature that verifies.
fn time_of(signature: &NoteSignature, key: &VerifierKey, text: &str) -> Option<Timestamp> {
    let (seconds, own) = signature.bytes().split_first_chunk()?;
    let seconds = u64::from_be_bytes(*seconds);
    if !verify_ed25519(key.public(), &signed_bytes(seconds, text), own) {
        return None;
    }
    Timestamp::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

fn signed_bytes(seconds: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

#[cfg(test)]
mod tests;
