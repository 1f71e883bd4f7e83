//! Verification of a saved answer, offline: nothing is needed but the answer and the authority's certificate.

mod judge;
mod saved;
#[cfg(test)]
mod tests;

use self::judge::Case;
use crate::{EvidenceError, checkpoint::Checkpoint, note::VerifierKey, tree::Hash};
use contract::v1;
use domain::Timestamp;
use security::sign::ChainTrust;

/// What to verify, and against what.
pub struct Verification<'a> {
    /// The saved file.
    pub saved: Saved<'a>,
    /// The authority of the node's certificate.
    pub trust: &'a ChainTrust,
    /// The request that was asked, JSON as it was sent, if it is to be checked.
    pub request: Option<&'a [u8]>,
    /// Witnesses each of whom must have signed, the receipt's checkpoint or the other one.
    pub witnesses: &'a [VerifierKey],
    /// Another checkpoint of the same log, if the two are to be compared.
    pub history: Option<History<'a>>,
}

/// A saved file, JSON or protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved<'a> {
    /// An answer that ends with its receipt.
    Answer(&'a [u8]),
    /// A `GetEvidenceResponse`: a receipt without the answer it is about.
    Evidence(&'a [u8]),
}

/// Another checkpoint of the log, older or newer than the receipt's.
#[derive(Clone, Copy)]
pub struct History<'a> {
    /// The other checkpoint, a signed note.
    pub checkpoint: &'a [u8],
    /// Keys that may have signed it besides the receipt's own: of a log whose key was replaced.
    pub keys: &'a [VerifierKey],
    /// Gives the consistency path from the smaller size to the larger.
    pub prove: &'a dyn Fn(u64, u64) -> Result<Vec<Hash>, EvidenceError>,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It holds.
    Holds,
    /// It fails; the sentence says why.
    Fails(String),
    /// It was not asked for or cannot be made; the sentence says why.
    NotMade(&'static str),
}

/// What can be wrong with an answer, by the check that finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The answer is not the one that was recorded.
    AlteredAnswer,
    /// The statement is not the leaf.
    AlteredStatement,
    /// The leaf is not in the tree of the checkpoint.
    WrongPath,
    /// The checkpoint is not signed by the log's key.
    WrongSignature,
    /// The log's key is not that of a node of the trusted authority.
    UnknownKey,
    /// The request is not the one that was recorded.
    AlteredRequest,
    /// A witness did not sign.
    NotWitnessed,
    /// The log does not continue the other checkpoint.
    ForkedHistory,
}

/// All checks, in the order in which they build on each other, and what was read on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Checks {
    /// The answer is what the statement commits to.
    pub answer: Check,
    /// The statement is the leaf.
    pub statement: Check,
    /// The leaf is in the tree of the checkpoint.
    pub path: Check,
    /// The checkpoint is signed by the log's key.
    pub signature: Check,
    /// The log's key is vouched for by a node of the trusted authority.
    pub key: Check,
    /// The request is what the statement commits to.
    pub request: Check,
    /// All witnesses asked for have signed.
    pub witness: Check,
    /// One of the two checkpoints continues the other.
    pub history: Check,
    /// The receipt, as far as it could be read. What it says holds only if the checks do.
    pub receipt: v1::Receipt,
    /// Its checkpoint, if it could be read.
    pub checkpoint: Option<Checkpoint>,
    /// Witnesses that signed. Only they make the time more than the node's own claim.
    pub witnessed: Vec<Witnessed>,
}

/// A witness's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Name of the witness.
    pub witness: String,
    /// When it signed: the leaf was in the log by then.
    pub at: Timestamp,
}

/// Verifies a saved answer. A file that cannot be read is an altered answer, not an error.
///
/// # Errors
/// What was given beside the answer cannot be used: the other checkpoint is no note, of another log or not signed by a
/// known key; or its path cannot be had.
pub fn verify(what: &Verification<'_>) -> Result<Checks, EvidenceError> {
    let case = Case::open(what.saved);
    let (history, other) = match &what.history {
        Some(history) => case.history(history)?,
        None => (Check::NotMade("no other checkpoint was given"), None),
    };
    let (witness, witnessed) = case.witness(what.witnesses, other.as_ref());
    Ok(Checks {
        answer: case.answer(),
        statement: case.statement(),
        path: case.path(),
        signature: case.signature(),
        key: case.key(what.trust),
        request: case.request(what.request),
        witness,
        history,
        witnessed,
        checkpoint: case.checkpoint().cloned(),
        receipt: case.into_receipt(),
    })
}

impl<'a> Saved<'a> {
    /// What a file holds, judged by itself. A receipt alone counts as evidence only where an answer cannot be empty;
    /// elsewhere it is an answer, so that emptied answers do not pass. A file that cannot be read is an answer, too.
    #[must_use]
    pub fn of(file: &'a [u8]) -> Self {
        if saved::is_evidence(file) { Self::Evidence(file) } else { Self::Answer(file) }
    }
}

impl Check {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        *self == Self::Holds
    }

    /// Why it fails, if it does.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Fails(why) => Some(why),
            Self::Holds | Self::NotMade(_) => None,
        }
    }

    /// Holds, or fails with the sentence.
    fn that(holds: bool, otherwise: &str) -> Self {
        if holds { Self::Holds } else { Self::Fails(otherwise.to_owned()) }
    }
}

impl Failure {
    /// Its name, as it is told to people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlteredAnswer => "altered answer",
            Self::AlteredStatement => "altered statement",
            Self::WrongPath => "wrong path",
            Self::WrongSignature => "wrong signature",
            Self::UnknownKey => "unknown key",
            Self::AlteredRequest => "altered request",
            Self::NotWitnessed => "not witnessed",
            Self::ForkedHistory => "forked history",
        }
    }

    /// The check that finds it.
    #[must_use]
    pub fn check(self) -> &'static str {
        match self {
            Self::AlteredAnswer => "answer",
            Self::AlteredStatement => "statement",
            Self::WrongPath => "path",
            Self::WrongSignature => "signature",
            Self::UnknownKey => "key",
            Self::AlteredRequest => "request",
            Self::NotWitnessed => "witness",
            Self::ForkedHistory => "history",
        }
    }
}

impl Checks {
    /// Whether the proof holds: nothing fails, and all that makes a proof was checked.
    #[must_use]
    pub fn hold(&self) -> bool {
        let proof = [&self.statement, &self.path, &self.signature, &self.key];
        proof.into_iter().all(Check::holds) && self.failures().next().is_none()
    }

    /// Every check, under the failure it would find.
    #[must_use]
    pub fn all(&self) -> [(Failure, &Check); 8] {
        [
            (Failure::AlteredAnswer, &self.answer),
            (Failure::AlteredStatement, &self.statement),
            (Failure::WrongPath, &self.path),
            (Failure::WrongSignature, &self.signature),
            (Failure::UnknownKey, &self.key),
            (Failure::AlteredRequest, &self.request),
            (Failure::NotWitnessed, &self.witness),
            (Failure::ForkedHistory, &self.history),
        ]
    }

    /// What fails, and why.
    pub fn failures(&self) -> impl Iterator<Item = (Failure, &str)> {
        self.all().into_iter().filter_map(|(failure, check)| Some((failure, check.failure()?)))
    }
}
