//! Type URLs of `google.protobuf.Any`.

use prost_types::Any;

/// What every type URL of the exchange begins with.
pub const TYPE_URL_PREFIX: &str = "type.googleapis.com/";

/// The type URL of a message.
#[must_use]
pub fn type_url(full_name: &str) -> String {
    format!("{TYPE_URL_PREFIX}{full_name}")
}

/// The message's full name in a type URL; the authority before the last slash does not matter.
#[must_use]
pub fn full_name_of(type_url: &str) -> &str {
    type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
}

/// Puts the bytes of a message of `full_name` into an [`Any`].
#[must_use]
pub fn pack(full_name: &str, body: Vec<u8>) -> Any {
    Any { type_url: type_url(full_name), value: body }
}
