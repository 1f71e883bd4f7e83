//! The whole configuration file of the exchange (contract.md §1), a struct a section.

mod inspect;
mod sections;
#[cfg(test)]
mod tests;

pub use self::sections::{
    AdapterSection, BusKind, BusSection, CatalogueSection, EvidenceSection, ListenSection, NodeLanguage, NodeSection,
    StoreKind, StoreSection, TelemetrySection, TlsSection, UtcOffset,
};
pub use adapter_sdk::transport::SourceSettings;

use crate::GatewayError;
use chrono::FixedOffset;
use runtime::config::{ConfigError, resolve};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

/// The folder of catalogue files when `[catalogue] dir` does not say.
const CATALOGUE: &str = "catalogue";

/// Memory that the store's cache may be given, in MiB.
const CACHE_MIB: RangeInclusive<u64> = 16..=1 << 20;

/// The configuration file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The node itself.
    pub node: NodeSection,
    /// Certificates.
    pub tls: TlsSection,
    /// Ports.
    pub listen: ListenSection,
    /// The bus.
    pub bus: BusSection,
    /// The store.
    pub store: StoreSection,
    /// The catalogue's files.
    pub catalogue: CatalogueSection,
    /// The evidence log.
    pub evidence: EvidenceSection,
    /// Logs and traces.
    pub telemetry: TelemetrySection,
    /// Departments taken in by this process.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adapter: Vec<AdapterSection>,
    /// Other platforms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<toml::Table>,
}

impl Config {
    /// Reads the file at `path`, with all its paths taken from the file's folder.
    ///
    /// # Errors
    /// As [`runtime::config::load`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Ok(runtime::config::load::<Self>(path)?.resolved(path))
    }

    /// The same with every path taken from the folder of the configuration file `file`, and with the places
    /// that follow from others filled in.
    #[must_use]
    pub fn resolved(mut self, file: &Path) -> Self {
        let tls = &mut self.tls;
        for path in [&mut self.node.data_dir, &mut tls.ca, &mut tls.cert, &mut tls.key] {
            *path = resolve(file, path);
        }
        let optional = [&mut tls.crl, &mut self.bus.security_file, &mut self.store.url_file, &mut self.catalogue.dir];
        for path in optional.into_iter().flatten().filter(|path| !path.as_os_str().is_empty()) {
            *path = resolve(file, path);
        }
        let usual = resolve(file, Path::new(CATALOGUE));
        if self.catalogue.dir.is_none() && usual.is_dir() {
            self.catalogue.dir = Some(usual);
        }
        self.evidence.key = resolve(file, &self.evidence.key);
        for adapter in &mut self.adapter {
            let usual = || self.node.data_dir.join("adapters").join(&adapter.department);
            adapter.state_dir = Some(adapter.state_dir.as_ref().map_or_else(usual, |path| resolve(file, path)));
            for path in adapter.source.paths() {
                *path = resolve(file, path);
            }
        }
        self
    }

    /// Where the adapter of `section` keeps its state: `<data_dir>/adapters/<department>` unless it says otherwise.
    #[must_use]
    pub fn adapter_state(&self, section: &AdapterSection) -> PathBuf {
        let usual = || self.node.data_dir.join("adapters").join(&section.department);
        section.state_dir.clone().unwrap_or_else(usual)
    }

    /// The offset of all days, office hours and daily quotas.
    #[must_use]
    pub fn offset(&self) -> FixedOffset {
        self.node.utc_offset.0
    }

    /// The departments taken in by this process.
    #[must_use]
    pub fn departments(&self) -> BTreeSet<String> {
        self.adapter.iter().map(|adapter| adapter.department.clone()).collect()
    }

    /// What each section alone cannot know to be wrong.
    ///
    /// # Errors
    /// [`GatewayError::Config`] names the key.
    pub fn check(&self) -> Result<(), GatewayError> {
        if !domain::caller::is_id(&self.node.id) {
            return Err(wrong("node.id", "must be 1 to 63 of a-z, 0-9 and -"));
        }
        if self.bus.kind == BusKind::Kafka && self.bus.brokers.as_deref().unwrap_or_default().trim().is_empty() {
            return Err(wrong("bus.brokers", "must name the brokers as host:port, separated by commas"));
        }
        if self.bus.kind == BusKind::Embedded && self.bus.brokers.is_some() {
            return Err(wrong("bus.brokers", "is for kind = \"kafka\""));
        }
        if self.store.kind == StoreKind::Postgres {
            return Err(wrong("store.kind", "\"postgres\" is not in this build; use \"embedded\""));
        }
        if !CACHE_MIB.contains(&self.store.cache_mib) {
            return Err(wrong("store.cache_mib", "must be 16 to 1048576"));
        }
        let mut seen = BTreeSet::new();
        for adapter in &self.adapter {
            if !domain::caller::is_id(&adapter.department) {
                return Err(wrong("adapter.department", "must be 1 to 63 of a-z, 0-9 and -"));
            }
            if !seen.insert(&adapter.department) {
                let problem = format!("`{}` has two [[adapter]] sections", adapter.department);
                return Err(GatewayError::Config { key: "adapter.department", problem });
            }
        }
        Ok(())
    }

    /// The keys that are set for what this build, or the bus that is named, does not have.
    #[must_use]
    pub fn without_effect(&self) -> Vec<&'static str> {
        let keys = [
            ("bus.security_file", self.bus.kind == BusKind::Embedded && self.bus.security_file.is_some()),
            ("telemetry.otlp", self.telemetry.otlp.is_some()),
            ("store.url_file", self.store.url_file.is_some()),
            ("upstream", !self.upstream.is_empty()),
        ];
        keys.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key).collect()
    }
}

fn wrong(key: &'static str, problem: &str) -> GatewayError {
    GatewayError::Config { key, problem: problem.to_owned() }
}
