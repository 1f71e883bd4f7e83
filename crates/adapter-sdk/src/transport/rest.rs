//! REST interfaces: lists of changes that are read page by page, and questions that are asked at query time.

use domain::{Identifier, Timestamp};
use formats::answers::Answers;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// Where the platform gives out short-lived secrets (standards 6.2), when the settings do not say.
const REFRESH: &str = "/sysapi/auth/refreshappsecret";

/// A list of changes behind a cursor, called with the national platform's signed headers (standards 6.1).
#[derive(Debug, Clone, Copy)]
pub struct RestFeed {
    /// Path of the list (`/dj/changes`).
    pub path: &'static str,
    /// Rows asked for at once.
    pub page: u32,
    /// Calls of the list that the department allows in an hour.
    pub calls_per_hour: u32,
    /// How long a secret is good for.
    pub secret_lasts: Duration,
    /// What an answer looks like.
    pub answers: Answers,
    /// What its codes mean.
    pub codes: RestCodes,
    /// Questions that are asked at query time, and whose answers are never stored.
    pub live: &'static [LiveFeed],
}

/// Codes of an answer that say what to do; any other than the good one is an error of the provider's.
#[derive(Debug, Clone, Copy)]
pub struct RestCodes {
    /// Requester or service are unknown.
    pub unknown: &'static str,
    /// The short-lived secret has expired.
    pub expired: &'static str,
    /// The signature is wrong.
    pub signature: &'static str,
    /// The clocks differ by too much.
    pub clock: &'static str,
    /// The cursor is broken or has expired: the load starts again.
    pub lost_cursor: &'static [&'static str],
}

/// A resource that is asked of the department at query time (`kind = "live"`): `POST`, signed like the list.
#[derive(Debug, Clone, Copy)]
pub struct LiveFeed {
    /// Catalogue resource id.
    pub resource: &'static str,
    /// Path of the question.
    pub path: &'static str,
    /// The longest that the department takes to answer.
    pub answers_within: Duration,
    /// The question about an identifier as JSON; none when it cannot be asked by such a one.
    pub question: fn(&Identifier) -> Option<String>,
    /// What the data of a good answer says of an identifier; [`LiveAnswer::Unusable`] for anything that is not plainly an
    /// answer about it.
    pub read: fn(&Identifier, &[u8]) -> LiveAnswer,
}

/// What a department answers at query time.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveAnswer {
    /// What it knows.
    Known(LiveRecord),
    /// It does not know whom it was asked about.
    Unknown,
    /// It is no answer; what is wrong, without any value.
    Unusable(&'static str),
}

/// A record that was never stored.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRecord {
    /// Its key inside the resource.
    pub key: String,
    /// The source's version stamp.
    pub stamp: String,
    /// The source's own time of it.
    pub source_time: Timestamp,
    /// The encoded message of the resource.
    pub body: Vec<u8>,
}

/// How a REST interface is reached (`source = { kind = "rest", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestSettings {
    /// Beginning of its addresses (`https://host[:port][/path]`).
    pub url: String,
    /// Certificate authority of the server.
    pub ca: PathBuf,
    /// Id of the requester (`gjgxjhpt_rid`).
    pub requester: String,
    /// Id of the service (`gjgxjhpt_sid`).
    pub service: String,
    /// File with the application's key (授权码, appkey), which signs the call for the short-lived secret and decrypts it.
    pub key_file: PathBuf,
    /// Id of the service of questions at query time, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_service: Option<String>,
    /// File with the application's key for that service, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_key_file: Option<PathBuf>,
    /// Where the short-lived secret is got: a path behind `url`, or a whole address.
    #[serde(default = "refresh", skip_serializing_if = "is_refresh")]
    pub refresh: String,
    /// How the short-lived secret is encrypted.
    #[serde(default)]
    pub cipher: SecretCipher,
    /// Our own certificate, where the server wants to see one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// Its private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// How the short-lived secret is encrypted with AES-128 (standards 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretCipher {
    /// Block by block.
    #[default]
    Ecb,
    /// Chained, from the constant beginning that a provincial platform uses.
    Cbc,
}

impl RestSettings {
    /// Its paths.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let optional = self.live_key_file.iter_mut().chain(&mut self.cert).chain(&mut self.key);
        [&mut self.ca, &mut self.key_file].into_iter().chain(optional)
    }
}

fn refresh() -> String {
    REFRESH.to_owned()
}

fn is_refresh(given: &str) -> bool {
    given == REFRESH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_need_no_more_than_addresses_ids_and_key() {
        let text = r#"{"url": "https://tax:8443", "ca": "ca.pem", "requester": "r", "service": "s", "key_file": "k"}"#;
        let mut settings: RestSettings = serde_json::from_str(text).unwrap();
        assert_eq!((settings.refresh.as_str(), settings.cipher), (REFRESH, SecretCipher::Ecb));
        assert_eq!(settings.paths().count(), 2);
        assert!(!serde_json::to_string(&settings).unwrap().contains("refresh"));
    }

    #[test]
    fn every_path_is_told_to_be_resolved() {
        let text = r#"{"url": "https://tax", "ca": "ca.pem", "requester": "r", "service": "s", "key_file": "k",
            "live_service": "l", "live_key_file": "lk", "cipher": "cbc", "cert": "c.pem", "key": "c.key"}"#;
        let mut settings: RestSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.cipher, SecretCipher::Cbc);
        assert_eq!(settings.paths().count(), 5);
    }
}
