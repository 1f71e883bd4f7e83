//! The sections of the configuration file, with their defaults.

use adapter_sdk::transport::SourceSettings;
use chrono::FixedOffset;
use domain::Language;
use runtime::config::HumanDuration;
use security::TlsFiles;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};
use store::EmbeddedViewConfig;

/// `[node]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSection {
    /// Its id.
    pub id: String,
    /// Where it keeps what it writes.
    pub data_dir: PathBuf,
    /// Language of the sentences that clerks and operators read.
    pub language: NodeLanguage,
    /// The offset of all days, office hours and daily quotas.
    pub utc_offset: UtcOffset,
}

impl Default for NodeSection {
    fn default() -> Self {
        Self {
            id: "city".to_owned(),
            data_dir: "data".into(),
            language: NodeLanguage::default(),
            utc_offset: UtcOffset::default(),
        }
    }
}

/// A language that sentences are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum NodeLanguage {
    /// `zh-CN`.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// `en`.
    #[serde(rename = "en")]
    English,
}

impl From<NodeLanguage> for Language {
    fn from(language: NodeLanguage) -> Self {
        match language {
            NodeLanguage::Chinese => Self::Chinese,
            NodeLanguage::English => Self::English,
        }
    }
}

/// An offset from UTC, written `+08:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtcOffset(pub FixedOffset);

/// The text is no offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no offset from UTC: write it as +08:00")]
pub struct NoOffset(String);

const EIGHT_HOURS: i32 = 8 * 3_600;

impl Default for UtcOffset {
    fn default() -> Self {
        use chrono::Offset as _;
        Self(FixedOffset::east_opt(EIGHT_HOURS).unwrap_or_else(|| chrono::Utc.fix()))
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = NoOffset;

    fn try_from(text: String) -> Result<Self, NoOffset> {
        text.parse().map(Self).map_err(|_| NoOffset(text))
    }
}

impl From<UtcOffset> for String {
    fn from(offset: UtcOffset) -> Self {
        offset.to_string()
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `[tls]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSection {
    /// The authorities whose certificates are let in.
    pub ca: PathBuf,
    /// The node's certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The revocation lists; `""` leaves revocation unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<PathBuf>,
}

impl Default for TlsSection {
    fn default() -> Self {
        Self { ca: "ca.pem".into(), cert: "node.pem".into(), key: "node.key".into(), crl: Some("ca.crl".into()) }
    }
}

impl TlsSection {
    /// The files, as `security` takes them.
    #[must_use]
    pub fn files(&self) -> TlsFiles {
        let crl = self.crl.clone().filter(|path| !path.as_os_str().is_empty());
        TlsFiles { ca: self.ca.clone(), cert: self.cert.clone(), key: self.key.clone(), crl }
    }
}

/// `[listen]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenSection {
    /// gRPC and REST, with mutual TLS.
    pub service: SocketAddr,
    /// Health and metrics; beyond loopback with TLS.
    pub ops: SocketAddr,
}

impl Default for ListenSection {
    fn default() -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { service: at(7443), ops: at(7480) }
    }
}

/// `[bus]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusSection {
    /// Which bus.
    pub kind: BusKind,
    /// The brokers of Kafka, `host:port` separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brokers: Option<String>,
    /// More properties of the Kafka client, `key=value` lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_file: Option<PathBuf>,
}

/// Which bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BusKind {
    /// Log files of this process.
    #[default]
    Embedded,
    /// Apache Kafka.
    Kafka,
}

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSection {
    /// Which store.
    pub kind: StoreKind,
    /// File with the URL of `PostgreSQL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Memory for what was read from the disk, in MiB; write buffers come on top, as a rule less than 300 MiB.
    pub cache_mib: u64,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { kind: StoreKind::default(), url_file: None, cache_mib: 256 }
    }
}

impl StoreSection {
    /// The same as the embedded store takes it.
    pub(crate) fn embedded(&self) -> EmbeddedViewConfig {
        EmbeddedViewConfig { cache_bytes: self.cache_mib.saturating_mul(1 << 20) }
    }
}

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// A folder of this machine.
    #[default]
    Embedded,
    /// `PostgreSQL`.
    Postgres,
}

/// `[catalogue]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueSection {
    /// The folder of its files, which `standalone` applies on start; `catalogue` when that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
}

/// `[evidence]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceSection {
    /// How long it is kept.
    pub retention: HumanDuration,
    /// The keys of the log; made when missing.
    pub key: PathBuf,
}

const THREE_YEARS_IN_SECONDS: u64 = 3 * 365 * 86_400;

impl Default for EvidenceSection {
    fn default() -> Self {
        let retention = HumanDuration::from_secs(THREE_YEARS_IN_SECONDS);
        Self { retention, key: "evidence.key".into() }
    }
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySection {
    /// Level or filter of the log.
    pub log: String,
    /// Where traces go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<String>,
}

impl Default for TelemetrySection {
    fn default() -> Self {
        Self { log: "info".to_owned(), otlp: None }
    }
}

/// `[[adapter]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterSection {
    /// The department.
    pub department: String,
    /// Where the adapter keeps what it has seen; see [`super::Config::adapter_state`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<PathBuf>,
    /// How often it looks for something new.
    #[serde(default = "two_seconds")]
    pub poll: HumanDuration,
    /// Where its data comes from.
    pub source: SourceSettings,
}

fn two_seconds() -> HumanDuration {
    HumanDuration::from_secs(2)
}
