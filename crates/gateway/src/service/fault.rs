//! What a call is answered with when it is not answered: one list for gRPC and REST.

use bytes::Bytes;
use contract::{
    ContractError,
    google_rpc::{BadRequest, ErrorInfo, RetryInfo, Status as Details, bad_request::FieldViolation},
};
use domain::{Outcome, Reason};
use http::{HeaderValue, StatusCode, header};
use prost::Message;
use prost_types::Any;
use routing::FieldFault;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tonic::Code;

/// Longest sentence for people, in bytes.
const LONGEST_DETAIL: usize = 560;
/// Longest name of a field, in bytes.
const LONGEST_FIELD: usize = 200;
/// Most fields that are named.
const MOST_FIELDS: usize = 50;
/// Domain of the reasons in gRPC errors.
const DOMAIN: &str = "exchange";

/// Why a call is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request is malformed, field by field.
    Invalid(Vec<FieldFault>),
    /// The caller may not.
    Refused {
        /// Why.
        reason: Reason,
        /// A sentence for people.
        detail: String,
        /// When asking again may help.
        retry_after: Option<Duration>,
    },
    /// There is no such thing, or the caller may not know of it.
    NotFound(String),
    /// The `request_id` was used for another question.
    Conflict(String),
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The base revision is no longer in force.
    Stale(String),
    /// Not now.
    Unavailable {
        /// When asking again may help.
        retry_after: Duration,
        /// A sentence for people.
        detail: String,
    },
    /// No such path or method.
    NoMethod,
    /// The path takes another verb.
    Verb,
    /// The request is larger than it may be.
    TooLarge,
    /// The body is of another media type.
    MediaType,
    /// A mistake of this program; the log has more.
    Internal,
}

/// A fault, and where its evidence is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Why the call is not answered.
    pub(crate) fault: Fault,
    /// Id of the evidence of it, where evidence is made.
    pub(crate) evidence_id: Option<String>,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, evidence_id: None }
    }
}

impl Fault {
    /// One wrong field.
    pub(crate) fn field(field: impl Into<String>, rule: &'static str, description: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault { field: field.into(), rule, description: description.into() }])
    }

    /// Not now, but perhaps in a moment.
    pub(crate) fn away(detail: impl Into<String>) -> Self {
        Self::Unavailable { retry_after: Duration::from_secs(1), detail: detail.into() }
    }

    /// What it counts as.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { .. } => Outcome::Refused,
            Self::NotFound(_) => Outcome::NotFound,
            Self::Unavailable { .. } | Self::Internal => Outcome::Unavailable,
            _ => Outcome::Invalid,
        }
    }

    /// The word and the sentence that its evidence covers.
    pub(crate) fn told(&self) -> (&'static str, String) {
        let (_, _, reason, title) = self.words();
        (reason, self.detail(title))
    }

    /// The answer in REST.
    pub(super) fn into_problem(self) -> http::Response<axum::body::Body> {
        Failure::from(self).into_problem()
    }

    /// The answer in gRPC.
    pub(super) fn into_status(self) -> tonic::Status {
        Failure::from(self).into_status()
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// Cut where it would repeat a caller's own megabyte.
    fn detail(&self, title: &str) -> String {
        shortened(&self.whole_detail(title), LONGEST_DETAIL)
    }

    fn whole_detail(&self, title: &str) -> String {
        match self {
            Self::Refused { detail, .. }
            | Self::Unavailable { detail, .. }
            | Self::NotFound(detail)
            | Self::Conflict(detail)
            | Self::Stale(detail) => detail.clone(),
            Self::Invalid(fields) => FieldFault::sentence(fields),
            _ => title.to_owned(),
        }
    }

    /// HTTP status, gRPC code, reason, title.
    fn words(&self) -> (StatusCode, Code, &'static str, &'static str) {
        match self {
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, Code::InvalidArgument, "INVALID", "the request is malformed"),
            Self::Refused { reason, .. } if reason.is_quota() => {
                (StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted, reason.as_str(), "a quota is used up")
            }
            Self::Refused { reason, .. } => {
                (StatusCode::FORBIDDEN, Code::PermissionDenied, reason.as_str(), "the request is refused")
            }
            Self::NotFound(_) => (StatusCode::NOT_FOUND, Code::NotFound, "NOT_FOUND", "there is no such thing"),
            Self::Conflict(_) => {
                (StatusCode::CONFLICT, Code::AlreadyExists, "REQUEST_ID", "the request_id was used for another request")
            }
            Self::KeyReused => (
                StatusCode::CONFLICT,
                Code::AlreadyExists,
                "IDEMPOTENCY_KEY",
                "the Idempotency-Key was used for another request",
            ),
            Self::Stale(_) => {
                (StatusCode::CONFLICT, Code::Aborted, "STALE_REVISION", "the base revision is no longer in force")
            }
            Self::Unavailable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "UNAVAILABLE", "this cannot be answered now")
            }
            Self::NoMethod => (StatusCode::NOT_FOUND, Code::Unimplemented, "NO_METHOD", "there is no such path"),
            Self::Verb => (StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, "VERB", "the path takes another verb"),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Code::ResourceExhausted,
                "TOO_LARGE",
                "a request has at most 1 MiB, one to publish at most 1,000 records and 16 MiB",
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::Unimplemented,
                "MEDIA_TYPE",
                "the body must be application/json, uncompressed; to publish application/x-ndjson, plain or gzip; or gRPC messages",
            ),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "INTERNAL", "the exchange made a mistake")
            }
        }
    }
}

impl Failure {
    /// The answer in REST (RFC 9457).
    pub(super) fn into_problem(self) -> http::Response<axum::body::Body> {
        let Self { fault, evidence_id } = self;
        let (status, _, reason, title) = fault.words();
        let mut problem = json!({
            "type": format!("urn:exchange:{reason}"),
            "title": title,
            "status": status.as_u16(),
            "detail": fault.detail(title),
            "reason": reason,
        });
        if let Some(id) = evidence_id {
            problem["evidence_id"] = id.into();
        }
        if let Fault::Invalid(fields) = &fault {
            problem["fields"] = fields.iter().take(MOST_FIELDS).map(field_value).collect();
        }
        let retry = fault.retry_after().map(whole_seconds);
        if let Some(seconds) = retry {
            problem["retry_after_s"] = seconds.into();
        }
        let mut response = http::Response::new(axum::body::Body::from(problem.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// The answer in gRPC.
    pub(super) fn into_status(self) -> tonic::Status {
        let details = self.into_details();
        let bytes = details.encode_to_vec();
        tonic::Status::with_details(Code::from(details.code), details.message, Bytes::from(bytes))
    }

    /// The answer as a `google.rpc.Status`: code, sentence and what is said beside them.
    pub(super) fn into_details(self) -> Details {
        let Self { fault, evidence_id } = self;
        let (_, code, reason, title) = fault.words();
        let message = fault.detail(title);
        let retry = fault.retry_after().map(|wait| ("retry_after_s".to_owned(), whole_seconds(wait).to_string()));
        let metadata = evidence_id.map(|id| ("evidence_id".to_owned(), id)).into_iter().chain(retry).collect();
        let info = ErrorInfo { reason: reason.to_owned(), domain: DOMAIN.to_owned(), metadata };
        let mut details: Vec<Any> = Any::from_msg(&info).into_iter().collect();
        if let Fault::Invalid(fields) = &fault {
            let bad = BadRequest { field_violations: fields.iter().take(MOST_FIELDS).map(violation).collect() };
            details.extend(Any::from_msg(&bad));
        }
        if let Some(after) = fault.retry_after() {
            let retry_delay = prost_types::Duration::try_from(after).ok();
            details.extend(Any::from_msg(&RetryInfo { retry_delay }));
        }
        Details { code: code.into(), message, details }
    }
}

/// A request that does not fit its message.
impl From<ContractError> for Fault {
    fn from(error: ContractError) -> Self {
        match error {
            ContractError::Member { path, fault } => Self::field(path, fault.as_str(), fault.to_string()),
            ContractError::Syntax { .. } => Self::field("", "json", error.to_string()),
            other => Self::field("", "malformed", other.to_string()),
        }
    }
}

fn field_value(fault: &FieldFault) -> Value {
    let members = [("field", shortened(&fault.field, LONGEST_FIELD)), ("rule", fault.rule.to_owned())];
    Value::Object(Map::from_iter(members.map(|(name, value)| (name.to_owned(), value.into()))))
}

fn violation(fault: &FieldFault) -> FieldViolation {
    FieldViolation {
        field: shortened(&fault.field, LONGEST_FIELD),
        description: shortened(&fault.description, LONGEST_DETAIL),
        reason: fault.rule.to_owned(),
        localized_message: None,
    }
}

/// At most so many bytes of a text, up to the last whole character.
fn shortened(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(limit)])
}

/// Rounded up, so that asking again then is not too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_say_when_to_ask_again_in_whole_seconds() {
        let fault = Fault::Refused {
            reason: Reason::QuotaSecond,
            detail: "wait".to_owned(),
            retry_after: Some(Duration::from_millis(300)),
        };
        let response = fault.clone().into_problem();
        assert_eq!(
            (response.status(), &response.headers()[header::RETRY_AFTER]),
            (StatusCode::TOO_MANY_REQUESTS, &HeaderValue::from(1))
        );
        assert_eq!(fault.into_status().code(), Code::ResourceExhausted);
    }

    #[test]
    fn grpc_details_name_reason_and_fields() {
        let status = Fault::field("purpose.matter", "required", "is required").into_status();
        let details = Details::decode(status.details()).unwrap();
        assert_eq!(details.code, i32::from(Code::InvalidArgument));
        let info: ErrorInfo = details.details[0].to_msg().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("INVALID", "exchange"));
        let bad: BadRequest = details.details[1].to_msg().unwrap();
        assert_eq!(bad.field_violations[0].field, "purpose.matter");
        assert_eq!(bad.field_violations[0].reason, "required");
    }
}
