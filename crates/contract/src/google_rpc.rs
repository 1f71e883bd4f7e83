//! The standard details of a gRPC error (package `google.rpc`), written out here because only these
//! four messages of it are sent.

use prost::{Message, Name};
use prost_types::{Any, Duration};
use std::collections::HashMap;

/// `google.rpc.Status`, carried in `grpc-status-details-bin`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// gRPC status code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// A sentence for people.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Details, each an [`Any`] of a message of this module.
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.rpc.ErrorInfo`: the reason as a word.
#[derive(Clone, PartialEq, Message)]
pub struct ErrorInfo {
    /// The reason (`NO_GRANT`).
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Always `exchange`.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// More, by name (`evidence_id`).
    #[prost(map = "string, string", tag = "3")]
    pub metadata: HashMap<String, String>,
}

/// `google.rpc.RetryInfo`: when to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct RetryInfo {
    /// How long to wait at least.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<Duration>,
}

/// `google.rpc.BadRequest`: which fields are wrong.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct BadRequest {
    /// The fields.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`: one wrong field.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct FieldViolation {
    /// Path of the field (`purpose.matter`).
    #[prost(string, tag = "1")]
    pub field: String,
    /// What is wrong with it.
    #[prost(string, tag = "2")]
    pub description: String,
    /// Id of the rule that it breaks.
    #[prost(string, tag = "3")]
    pub reason: String,
}

macro_rules! named {
    ($($message:ident)*) => {
        $(impl Name for $message {
            const PACKAGE: &'static str = "google.rpc";
            const NAME: &'static str = stringify!($message);

            fn type_url() -> String {
                crate::type_url(&Self::full_name())
            }
        })*
    };
}

named!(Status ErrorInfo RetryInfo BadRequest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_carry_their_type() {
        let info = ErrorInfo { reason: "NO_GRANT".into(), domain: "exchange".into(), ..ErrorInfo::default() };
        let any = Any::from_msg(&info).unwrap();
        assert_eq!(any.type_url, "type.googleapis.com/google.rpc.ErrorInfo");
        assert_eq!(any.to_msg::<ErrorInfo>().unwrap(), info);
    }
}
