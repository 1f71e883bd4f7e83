//! Wire bytes without decoding: projection to granted items, reading single fields, appending fields.
//!
//! The last of several values of a field wins, so appending a field overrides it and nothing is
//! encoded again.

mod append;
mod field;
mod projection;
#[cfg(test)]
mod tests;

pub use self::{
    append::{append_bytes_field, append_message_field, append_string_field, append_varint_field},
    field::{Content, Field, Fields, bytes_field, fields, string_field, string_fields, varint_field},
    projection::Projection,
};

/// The bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed message")]
pub struct Malformed;
