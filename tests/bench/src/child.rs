//! Pieces of work in processes of their own, so that memory and processor time are theirs alone.

use crate::{growth, held, ingest, materialise};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// A piece of work.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Task {
    TakeIn(ingest::TakeIn),
    Send(ingest::Send),
    Follow(materialise::Follow),
    Read(materialise::Read),
    Load(materialise::Load),
    Hold(held::Hold),
    LookUp(growth::LookUp),
}

/// What a child is told.
#[derive(Args)]
pub(crate) struct Child {
    /// A task as JSON.
    task: String,
}

impl Task {
    /// Has a child do it, and gives its answer.
    pub(crate) fn run<T: DeserializeOwned>(&self) -> Result<T> {
        let program = std::env::current_exe()?;
        let task = serde_json::to_string(self)?;
        let output = Command::new(program).args(["child", &task]).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("a child ended with {}", output.status);
        }
        serde_json::from_slice(&output.stdout).context("a child's answer cannot be read")
    }
}

/// Does a task in this process, and prints the answer.
pub(crate) fn run(child: &Child) -> Result<()> {
    let answer = match serde_json::from_str(&child.task)? {
        Task::TakeIn(task) => serde_json::to_value(task.run()?),
        Task::Send(task) => serde_json::to_value(task.run()?),
        Task::Follow(task) => serde_json::to_value(task.run()?),
        Task::Read(task) => serde_json::to_value(task.run()?),
        Task::Load(task) => serde_json::to_value(task.run()?),
        Task::Hold(task) => serde_json::to_value(task.run()?),
        Task::LookUp(task) => serde_json::to_value(task.run()?),
    };
    writeln!(std::io::stdout(), "{}", answer?)?;
    Ok(())
}
