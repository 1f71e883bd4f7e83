//! The outside of the exchange as types: messages generated from `proto/`, and everything that can
//! be read off their descriptors: JSON, REST paths, `OpenAPI`, projection on wire bytes.
//!
//! Hides `prost-reflect`'s serialisation, the wire format and the compilation of the protos. JSON is
//! the proto3 mapping with proto field names; nothing else in the workspace writes or reads it.
//!
//! ```
//! use contract::{canonical::v1::Identifier, json};
//!
//! let by: Identifier = json::decode(r#"{"kind": "source-key", "value": "42"}"#)?;
//! assert_eq!(json::encode(&by)?, r#"{"kind":"source-key","value":"42"}"#);
//! # Ok::<(), contract::ContractError>(())
//! ```
mod any;
pub mod convert;
mod descriptors;
mod error;
mod generated;
/// Where generated code looks for [`google_rpc`].
mod google {
    pub(crate) use crate::google_rpc as rpc;
}
pub mod google_rpc;
pub mod json;
pub mod openapi;
pub mod rest;
pub mod topics;
pub mod wire;

pub use self::{
    any::{TYPE_URL_PREFIX, full_name_of, pack, type_url},
    descriptors::{FILE_DESCRIPTOR_SET, message_of, pool},
    error::{ContractError, MemberFault},
    generated::{canonical, v1},
};
