//! A new key for a node's log.

use crate::{
    node,
    output::{chain, line, usage},
};
use anyhow::Result;
use evidence::{KeyKind, Origin, VerifierKey};
use gateway::config::Config;
use security::sign::LogKey;
use std::{fs, path::Path, process::ExitCode};

/// Adds a key.
pub(super) fn run(config: &Path) -> Result<ExitCode> {
    let config = node::read(config)?;
    let file = &config.evidence.key;
    if !file.exists() {
        return Err(usage(format!("{}: not there; the node makes its first key when it starts", file.display())));
    }
    let key = LogKey::add(file).map_err(|error| usage(chain(&error)))?;
    line(&format!("{}: new key put first; a running node takes it up within seconds", file.display()))?;
    if let Some(origin) = newest(&config) {
        line(&format!("verifier key: {}", VerifierKey::new(&origin.to_string(), KeyKind::Ed25519, key.public())?))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest log on the node's disk.
fn newest(config: &Config) -> Option<Origin> {
    let folders = fs::read_dir(config.node.data_dir.join("evidence")).ok()?;
    let epochs = folders.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Origin::new(&config.node.id, epochs.max()?)
}
