//! What ends a question before it has an answer.

use crate::{FieldFault, Finished, LiveFault, Reply, sentence};
use domain::{Language, Outcome};
use evidence::EvidenceError;
use policy::Denial;
use std::time::Duration;
use store::StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// No grant allows the question.
    #[error("refused")]
    Refused(Denial),
    /// The question is malformed.
    #[error("invalid")]
    Invalid(Vec<FieldFault>),
    /// The request id was used for another question.
    #[error("request id used for another question")]
    Conflict,
    /// It cannot be answered now.
    #[error("unavailable")]
    Away(#[source] Away),
}

/// Why a question cannot be answered now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Away {
    /// The view cannot be read.
    #[error("view cannot be read")]
    Store(#[from] StoreError),
    /// The time limit is over.
    #[error("time limit is over")]
    TimeLimit,
    /// The resource is not held here, and nobody else can be asked.
    #[error("resource {0} has no source on this node")]
    NoSource(String),
    /// The department that must be asked now gives no answer.
    #[error("live question has no answer")]
    Live(#[source] LiveFault),
    /// A stored record is not what its resource holds.
    #[error("record of {0} is not what its entry says")]
    Damaged(String),
    /// Its evidence cannot be written, or an earlier one not be read.
    #[error("evidence cannot be kept")]
    Evidence(#[source] EvidenceError),
    /// The system has no random numbers.
    #[error("page token cannot be made")]
    Token(#[from] security::SecurityError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Away(Away::Store(error))
    }
}

impl From<Away> for Stop {
    fn from(away: Away) -> Self {
        Self::Away(away)
    }
}

impl From<Denial> for Stop {
    fn from(denial: Denial) -> Self {
        Self::Refused(denial)
    }
}

impl Stop {
    /// What goes back to the caller.
    pub(crate) fn finish(self, resource: Option<String>, language: Language) -> Finished {
        let (outcome, reason, reply) = match self {
            Self::Refused(denial) => {
                let detail = sentence::refused(denial.reason, language).to_owned();
                let reply = Reply::Refused { reason: denial.reason, detail, retry_after: denial.retry_after };
                (Outcome::Refused, Some(denial.reason), reply)
            }
            Self::Invalid(fields) => (Outcome::Invalid, None, Reply::Invalid { fields }),
            Self::Conflict => {
                (Outcome::Invalid, None, Reply::Conflict { detail: sentence::conflict(language).to_owned() })
            }
            Self::Away(away) => (Outcome::Unavailable, None, away.reply(language)),
        };
        Finished { outcome, reason, resource, reply, evidence_id: None }
    }
}

impl Away {
    fn reply(&self, language: Language) -> Reply {
        tracing::warn!(error = self as &dyn std::error::Error, "question cannot be answered");
        let (retry_after, detail) = match self {
            Self::Store(_) | Self::Token(_) => (1, sentence::store_away(language)),
            Self::TimeLimit => (1, sentence::time_limit(language)),
            Self::NoSource(_) => (60, sentence::no_source(language)),
            Self::Live(fault) => (fault.retry_after_seconds(), sentence::live_away(language)),
            Self::Damaged(_) => (60, sentence::damaged(language)),
            Self::Evidence(_) => return Reply::unrecorded(language),
        };
        Reply::Unavailable { retry_after: Duration::from_secs(retry_after), detail: detail.to_owned() }
    }
}
