//! Topics of a department's own Kafka.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A topic that is read from its beginning.
#[derive(Debug, Clone, Copy)]
pub struct TopicFeed {
    /// Its name, where the configuration does not say another.
    pub topic: &'static str,
}

/// How a department's Kafka is reached (`source = { kind = "kafka", … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSettings {
    /// Its brokers, `host:port` separated by commas.
    pub brokers: String,
    /// The topic, where it is not the one of the department's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// More properties of the Kafka client, `key=value` lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_file: Option<PathBuf>,
}
