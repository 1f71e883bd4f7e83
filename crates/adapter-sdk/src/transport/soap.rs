//! SOAP 1.1 operations that are polled.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An operation that hands over documents.
#[derive(Debug, Clone, Copy)]
pub struct SoapFeed {
    /// Name of the operation.
    pub operation: &'static str,
    /// Namespace of its elements.
    pub namespace: &'static str,
}

/// How a SOAP interface is reached (`source = { kind = "soap", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoapSettings {
    /// Address of the service (`https://host:port/path`).
    pub url: String,
    /// Certificate authority of the server.
    pub ca: PathBuf,
}
