//! The one JSON transcoder: the proto3 JSON mapping with proto field names.
//!
//! Out: snake case, unset fields left out, enums by name, `Any` expanded with `@type`. In: snake or
//! camel case; unknown members, members given twice and nulls are refused with their path.

mod direct;
mod strict;
#[cfg(test)]
mod tests;

pub(crate) use self::strict::shown;

use crate::{ContractError, MemberFault, any, message_of};
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage, SerializeOptions, Value as Field};
use serde_json::Value;

/// Longest text that is read, in bytes: the largest publishing request.
pub const MAX_LENGTH: usize = 16 << 20;

const ANY: &str = "google.protobuf.Any";

const OUT: SerializeOptions = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(true);

/// The JSON text of a message of the given name.
///
/// # Errors
/// An unknown name, bytes that are no such message, or a body that cannot be shown.
pub fn to_string(name: &str, bytes: &[u8]) -> Result<String, ContractError> {
    let message = dynamic(name, bytes)?;
    let mut text = Vec::with_capacity(bytes.len() * 2);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut text), &OUT)
        .map_err(|_| no_json(&message.descriptor()))?;
    String::from_utf8(text).map_err(|_| no_json(&message.descriptor()))
}

/// The JSON value of a message of the given name; its objects are sorted by member name.
///
/// # Errors
/// As [`to_string`].
pub fn to_value(name: &str, bytes: &[u8]) -> Result<Value, ContractError> {
    let message = dynamic(name, bytes)?;
    message.serialize_with_options(serde_json::value::Serializer, &OUT).map_err(|_| no_json(&message.descriptor()))
}

/// The bytes of a message of the given name from its JSON text.
///
/// # Errors
/// An unknown name, a text that is not JSON, or the first member that is unknown, given twice, null or of a wrong type.
pub fn from_str(name: &str, text: &str) -> Result<Vec<u8>, ContractError> {
    from_value(name, &parse(text)?)
}

/// The bytes of a message of the given name from its JSON value.
///
/// # Errors
/// As [`from_str`].
pub fn from_value(name: &str, value: &Value) -> Result<Vec<u8>, ContractError> {
    let message = message_of(name).ok_or_else(|| ContractError::UnknownMessage { name: name.to_owned() })?;
    strict::check_members(&message, value, "")?;
    match DynamicMessage::deserialize(message.clone(), value) {
        Ok(decoded) => Ok(decoded.encode_to_vec()),
        Err(_) => Err(strict::fault(strict::misfit(&message, value, ""), MemberFault::Type)),
    }
}

/// A JSON text as a value, without duplicate members or nulls.
///
/// # Errors
/// [`ContractError::Syntax`] or [`ContractError::Member`].
pub fn parse(text: &str) -> Result<Value, ContractError> {
    if text.len() > MAX_LENGTH {
        return Err(ContractError::Syntax { line: 1, column: MAX_LENGTH });
    }
    let node: strict::Node = serde_json::from_str(text)
        .map_err(|error| ContractError::Syntax { line: error.line(), column: error.column() })?;
    node.into_value("")
}

/// The canonical form of a JSON value (RFC 8785): what digests and signatures of requests and answers cover.
///
/// # Errors
/// [`ContractError::NoJson`]; not for a value of this module, whose numbers are all finite.
pub fn canonical(value: &Value) -> Result<Vec<u8>, ContractError> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| ContractError::NoJson { message: "json".to_owned() })
}

/// The canonical form (RFC 8785) of the JSON of a message of the given name, without one of its members.
///
/// # Errors
/// As [`to_string`].
pub fn canonical_of(name: &str, bytes: &[u8], without: &str) -> Result<Vec<u8>, ContractError> {
    if let Some(text) = direct::canonical(name, bytes, without) {
        return Ok(text);
    }
    let mut value = to_value(name, bytes)?;
    if let Value::Object(members) = &mut value {
        members.remove(without);
    }
    canonical(&value)
}

/// The JSON text of a message.
///
/// # Errors
/// [`ContractError::NoJson`] when it holds a body of an unknown type.
pub fn encode<M: Message + Name>(message: &M) -> Result<String, ContractError> {
    to_string(&M::full_name(), &message.encode_to_vec())
}

/// A message from its JSON text.
///
/// # Errors
/// As [`from_str`].
pub fn decode<M: Message + Name + Default>(text: &str) -> Result<M, ContractError> {
    let bytes = from_str(&M::full_name(), text)?;
    M::decode(bytes.as_slice()).map_err(|_| ContractError::Malformed { message: M::full_name() })
}

fn dynamic(name: &str, bytes: &[u8]) -> Result<DynamicMessage, ContractError> {
    let descriptor = message_of(name).ok_or_else(|| ContractError::UnknownMessage { name: name.to_owned() })?;
    let message = DynamicMessage::decode(descriptor.clone(), bytes)
        .map_err(|_| ContractError::Malformed { message: descriptor.full_name().to_owned() })?;
    if bodies_are_plain(&message) { Ok(message) } else { Err(no_json(&descriptor)) }
}

/// Whether no body holds a body. The decoder bounds the depth of messages, but not of the bytes
/// inside an `Any`: a small text of nested bodies would exhaust the stack.
fn bodies_are_plain(message: &DynamicMessage) -> bool {
    if message.descriptor().full_name() == ANY {
        let url = message.get_field_by_name("type_url");
        let url = url.as_deref().and_then(Field::as_str).unwrap_or_default();
        return message_of(any::full_name_of(url)).is_some_and(|body| !holds_body(&body, &mut Vec::new()));
    }
    message.fields().all(|(_, value)| match value {
        Field::Message(inner) => bodies_are_plain(inner),
        Field::List(list) => list.iter().all(|value| value.as_message().is_none_or(bodies_are_plain)),
        Field::Map(map) => map.values().all(|value| value.as_message().is_none_or(bodies_are_plain)),
        _ => true,
    })
}

fn holds_body(message: &MessageDescriptor, seen: &mut Vec<String>) -> bool {
    if message.full_name() == ANY {
        return true;
    }
    if seen.iter().any(|name| name == message.full_name()) {
        return false;
    }
    seen.push(message.full_name().to_owned());
    message.fields().any(|field| match field.kind() {
        Kind::Message(inner) => holds_body(&inner, seen),
        _ => false,
    })
}

fn no_json(message: &MessageDescriptor) -> ContractError {
    ContractError::NoJson { message: message.full_name().to_owned() }
}
