//! What all benches are told alike.

use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use tempfile::TempDir;

/// How much is measured, and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Rounds, ours and the limit in alternation; the median counts [default: 3, quick 1].
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// A smaller run, under 50 seconds.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Folder for generated data and work; a temporary one by default.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Options {
    /// Rounds to run.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 }).max(1)
    }

    /// The amount for a full or for a quick run.
    pub(crate) fn amount(&self, full: u64, quick: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// A new folder to work in, which is removed with the guard.
    pub(crate) fn work_folder(&self) -> Result<TempDir> {
        self.folder.as_ref().map_or_else(TempDir::new, TempDir::new_in).context("no folder to work in")
    }
}
