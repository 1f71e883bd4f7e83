//! librdkafka's many errors, by what the caller can do.

use crate::seam::BusError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Says what an error means when it was met at `place`. Values of properties stay out of the
/// text, because they may be passwords.
pub(crate) fn from_kafka(place: &str, error: &KafkaError) -> BusError {
    match error {
        KafkaError::ClientConfig(_, _, key, _) => BusError::Config(format!("property {key} is not accepted")),
        KafkaError::Nul(_) => BusError::Config(format!("{place:?} holds a zero byte")),
        KafkaError::ClientCreation(_) => {
            BusError::Config("the brokers' client cannot be made: check the security properties".to_owned())
        }
        error => match error.rdkafka_error_code() {
            Some(code) => from_code(place, code),
            None => BusError::Unavailable(format!("{place}: {error}")),
        },
    }
}

/// The same for a bare code.
pub(crate) fn from_code(place: &str, code: Code) -> BusError {
    let text = format!("{place}: {code}");
    if is_refusal(code) {
        return BusError::NotAllowed(text);
    }
    match code {
        Code::Fatal
        | Code::PurgeQueue
        | Code::PurgeInflight
        | Code::OutOfOrderSequenceNumber
        | Code::UnknownProducerId
        | Code::InvalidProducerEpoch
        | Code::ProducerFenced => BusError::Fatal(text),
        Code::MessageSizeTooLarge
        | Code::InvalidMessageSize
        | Code::InvalidTopic
        | Code::InvalidConfig
        // A codec that this build of librdkafka does not have, chosen on the topic.
        | Code::NotImplemented => BusError::Config(text),
        Code::BadMessage | Code::InvalidMessage | Code::BadCompression => {
            BusError::Corrupt { place: place.to_owned(), what: code.to_string() }
        }
        _ => BusError::Unavailable(text),
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::PolicyViolation
    )
}
