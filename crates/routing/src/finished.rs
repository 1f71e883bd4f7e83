//! What leaves the exchange.

use crate::sentence;
use bytes::Bytes;
use domain::{Caller, Language, Outcome, Reason};
use std::time::Duration;

/// When asking again may help after evidence could not be written.
const EVIDENCE_AWAY: Duration = Duration::from_secs(5);
/// Longest sentence on what is wrong with a question, in bytes.
const SENTENCE: usize = 500;

/// The questions that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Records of one resource about one subject.
    Resolve,
    /// Whether values are right.
    Verify,
    /// All certificates of a holder.
    ListCertificates,
    /// Shareholdings above or below an enterprise or holder.
    GetEquity,
    /// Who asked about a subject.
    ListSubjectAccesses,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Resolve, Self::Verify, Self::ListCertificates, Self::GetEquity, Self::ListSubjectAccesses];

    /// Its name in the protos.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "Resolve",
            Self::Verify => "Verify",
            Self::ListCertificates => "ListCertificates",
            Self::GetEquity => "GetEquity",
            Self::ListSubjectAccesses => "ListSubjectAccesses",
        }
    }

    /// The method of a name in the protos.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// A question and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What the answer says.
    pub outcome: Outcome,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The catalogue resource asked for, when the question named a known one.
    pub resource: Option<String>,
    /// What goes back to the caller.
    pub reply: Reply,
    /// Id of its evidence; absent only when evidence could not be written.
    pub evidence_id: Option<String>,
}

/// What goes back to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The response with its receipt, in the form asked for.
    Answer(Bytes),
    /// 403 / `PERMISSION_DENIED`, for quotas 429 / `RESOURCE_EXHAUSTED`.
    Refused {
        /// The reason.
        reason: Reason,
        /// A sentence for people.
        detail: String,
        /// When asking again may help; quotas only.
        retry_after: Option<Duration>,
    },
    /// 400 / `INVALID_ARGUMENT`.
    Invalid {
        /// What is wrong, field by field; at least one.
        fields: Vec<FieldFault>,
    },
    /// 409 / `ALREADY_EXISTS`: the `request_id` was used for another question.
    Conflict {
        /// A sentence for people.
        detail: String,
    },
    /// 503 / `UNAVAILABLE`.
    Unavailable {
        /// When asking again may help.
        retry_after: Duration,
        /// A sentence for people.
        detail: String,
    },
}

impl Reply {
    /// There is no answer, as it could not be recorded.
    #[must_use]
    pub fn unrecorded(language: Language) -> Self {
        Self::Unavailable { retry_after: EVIDENCE_AWAY, detail: sentence::evidence_away(language).to_owned() }
    }

    /// The word for why there is no answer; empty for an answer.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Answer(_) => "",
            Self::Refused { reason, .. } => reason.as_str(),
            Self::Invalid { .. } => "INVALID",
            Self::Conflict { .. } => "REQUEST_ID",
            Self::Unavailable { .. } => "UNAVAILABLE",
        }
    }

    /// The sentence for people on why there is no answer.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Answer(_) => String::new(),
            Self::Refused { detail, .. } | Self::Conflict { detail } | Self::Unavailable { detail, .. } => {
                detail.clone()
            }
            Self::Invalid { fields } => FieldFault::sentence(fields),
        }
    }
}

impl FieldFault {
    /// What is wrong with several fields, in one line of at most some 500 bytes.
    #[must_use]
    pub fn sentence(fields: &[Self]) -> String {
        let each = fields.iter().map(|fault| match fault.field.as_str() {
            "" => fault.description.clone(),
            field => format!("{field}: {}", fault.description),
        });
        let all = each.collect::<Vec<_>>().join("; ");
        match all.len() {
            0..=SENTENCE => all,
            _ => format!("{}…", &all[..all.floor_char_boundary(SENTENCE)]),
        }
    }
}

/// What is wrong with a field of a question; never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Path of the field (`purpose.matter`, `claims[1].item`), empty for the whole.
    pub field: String,
    /// A stable id: `required`, `length`, `citizen-id.checksum`, ….
    pub rule: &'static str,
    /// A sentence for people.
    pub description: String,
}

/// An answer on its way out, as metrics and logs may know it.
#[derive(Debug, Clone, Copy)]
pub struct Departure<'a> {
    /// Who asked.
    pub caller: &'a Caller,
    /// What was called.
    pub method: Method,
    /// What the answer says.
    pub outcome: Outcome,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The catalogue resource asked for, when the question named a known one.
    pub resource: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
    /// Whether it is the earlier answer to the same request.
    pub repeated: bool,
}
