//! Proof of what was exchanged: shown, verified offline, copied, witnessed.

mod answer;
mod archive;
mod audit;
mod export;
mod remote;
mod rotate;
mod saved;
mod show;
mod state;
mod verdict;
mod witness;

use crate::{
    args::{Evidence, VerifyEvidence},
    output::{chain, usage},
};
use anyhow::{Context, Result};
use evidence::VerifierKey;
use security::sign::ChainTrust;
use std::{fs, path::Path, process::ExitCode};

/// `exchange evidence …`.
pub(crate) fn run(command: Evidence) -> Result<ExitCode> {
    match command {
        Evidence::Show { id, connection, printing } => show::show(&id, &connection, printing),
        Evidence::Verify(command) => verify(&command),
        Evidence::Export(command) => export::run(&command),
        Evidence::Witness(command) => witness::run(&command),
        Evidence::RotateKey { config } => rotate::run(&config),
    }
}

fn verify(command: &VerifyEvidence) -> Result<ExitCode> {
    let verdict = if command.path.is_dir() { archive::verify(command)? } else { answer::verify(command)? };
    verdict.print(command.printing)
}

/// A file that must be there.
fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| usage(format!("{}: cannot be read: {error}", path.display())))
}

fn trust(path: &Path) -> Result<ChainTrust> {
    ChainTrust::load(path).map_err(|error| usage(chain(&error)))
}

fn keys(texts: &[String]) -> Result<Vec<VerifierKey>> {
    texts.iter().map(|text| text.trim().parse().map_err(|error| usage(format!("`{text}`: {error}")))).collect()
}

/// Puts a file in its place as a whole, or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_added_extension("new");
    let written = (|| {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&beside, bytes)?;
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.with_context(|| format!("cannot write {}", path.display()))
}
