//! What goes into the log, and what comes back.

use crate::{EvidenceError, EvidenceId, Salt};
use contract::v1::{Receipt, Statement};
use prost::Message as _;

/// A statement to be recorded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The statement, complete but for its `evidence_id`, which the log gives.
    pub statement: Statement,
    /// Salt of its commitments.
    pub salt: Salt,
    /// What is kept beside it, sealed.
    pub private: Private,
}

/// What is kept beside a statement, sealed under the node's key: never in the log, a tile or a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private {
    /// Marks of the subjects asked about; see [`Log::mark`](crate::Log::mark).
    pub marks: Vec<Mark>,
    /// What the answer weighs in quotas.
    pub weight: u32,
    /// Whether it counts in quotas.
    pub counted: bool,
    /// The caller's signature of the request, as it came; empty without one.
    pub signature: Vec<u8>,
}

/// Stands for a subject in the index of accesses, for one month (HMAC-SHA256 under that month's key).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub(crate) [u8; 32]);

impl Mark {
    /// Its first eight bytes, for counters.
    #[must_use]
    pub fn short(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

/// A statement that is durable, and its proof.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Id of the evidence.
    pub id: EvidenceId,
    /// The proof, complete: an encoded [`Receipt`].
    pub receipt: Vec<u8>,
}

impl Recorded {
    /// The proof as a message.
    ///
    /// # Errors
    /// Not for a receipt of this log.
    pub fn message(&self) -> Result<Receipt, EvidenceError> {
        Receipt::decode(self.receipt.as_slice()).map_err(|_| EvidenceError::malformed("receipt", "is no receipt"))
    }
}

/// What the log holds about one exchange.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Id of the evidence.
    pub id: EvidenceId,
    /// The proof against the newest checkpoint; with the salt, which not every reader may see.
    pub receipt: Receipt,
    /// What was kept beside it; `None` when it does not open under the node's key.
    pub private: Option<Private>,
}
