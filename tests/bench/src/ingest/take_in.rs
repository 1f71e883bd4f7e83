//! Ours: the adapter's runner, as the binary builds it.

use crate::{
    measure::{Pass, Process},
    place::Place,
};
use adapter_sdk::{Adapter, Runner, RunnerConfig};
use anyhow::{Context as _, Result, bail, ensure};
use runtime::SystemClock;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Takes in one file of a department.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct TakeIn {
    /// The data file, with its flag file beside it; both stay.
    pub(crate) stock: PathBuf,
    /// Whose it is.
    pub(crate) department: String,
    /// Where it goes.
    pub(crate) bus: Place,
    /// Where inbox and state are made.
    pub(crate) folder: PathBuf,
}

impl TakeIn {
    /// From the moment the file is in the folder to its last acknowledgement and checkpoint.
    pub(crate) fn run(&self) -> Result<Pass> {
        let inbox = self.folder.join("inbox");
        fs::create_dir_all(&inbox)?;
        let config = RunnerConfig::new(&inbox, self.folder.join("state"));
        let mut runner = Runner::new(adapter(&self.department)?, config, self.bus.open()?, Arc::new(SystemClock))?;
        // Connects, makes the topics, and takes the department's lease.
        runner.step(&|| false)?;
        let flag = with_ok(&self.stock);
        put(&self.stock, &inbox)?;
        put(&flag, &inbox)?;
        Process::Own.pass(|| {
            let step = runner.step(&|| false)?;
            ensure!(step.taken == 1, "the file was not taken in: {step:?}");
            let counters = runner.counters()?;
            ensure!(counters.published == counters.read, "not every row was published: {counters:?}");
            Ok(counters.read)
        })
    }
}

fn put(file: &Path, inbox: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::hard_link(file, inbox.join(name))?;
    Ok(())
}

fn with_ok(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".ok");
    name.into()
}

fn adapter(department: &str) -> Result<Adapter> {
    Ok(match department {
        "public-security" => public_security::adapter(),
        "market-supervision" => market_supervision::adapter(),
        other => bail!("no adapter of {other} is measured here"),
    })
}
