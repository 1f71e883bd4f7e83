//! SOAP 1.1 operations that are polled.

use formats::soap::SoapAnswers;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// An operation that hands over, page by page, what has changed since a second: `operation(since, pageNo, pageSize)`, with
/// `since` inclusive, `yyyy-MM-dd HH:mm:ss` in local time, and pages counted from 1.
#[derive(Debug, Clone, Copy)]
pub struct SoapFeed {
    /// Name of the operation, which is its `SOAPAction` too.
    pub operation: &'static str,
    /// Namespace of its elements.
    pub namespace: &'static str,
    /// What the first poll asks for.
    pub since: &'static str,
    /// Entities asked for at once.
    pub page: u32,
    /// How long a page may take.
    pub answers_within: Duration,
    /// What an answer looks like.
    pub answers: SoapAnswers,
    /// How the pages of a poll are told.
    pub pages: SoapPages,
}

/// Elements beside the document's status that tell a page among the pages of its batch. One that is absent says nothing.
#[derive(Debug, Clone, Copy)]
pub struct SoapPages {
    /// Number of this page.
    pub page: &'static str,
    /// How many pages there are.
    pub pages: &'static str,
    /// How many entities they hold together.
    pub total: &'static str,
    /// What the pages of one state of the list have in common.
    pub batch: &'static str,
}

/// How a SOAP interface is reached (`source = { kind = "soap", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoapSettings {
    /// Address of the service (`https://host:port/path`).
    pub url: String,
    /// Certificate authority of the server.
    pub ca: PathBuf,
    /// Our own certificate, where the server wants to see one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// Its private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

impl SoapSettings {
    /// Its paths.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.ca].into_iter().chain(&mut self.cert).chain(&mut self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_told_to_be_resolved() {
        let mut settings: SoapSettings = serde_json::from_str(r#"{"url": "https://ent/ws", "ca": "ca.pem"}"#).unwrap();
        assert_eq!(settings.paths().count(), 1);
        let text = r#"{"url": "https://ent/ws", "ca": "ca.pem", "cert": "c.pem", "key": "c.key"}"#;
        settings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.paths().count(), 3);
    }
}
