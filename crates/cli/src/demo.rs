//! `exchange demo`: the whole story in one process, on synthetic departments' files, over the real port.

mod drop_off;
mod enterprises;
mod residents;
mod story;

use crate::{args::Demo, init, node, output::fail};
use anyhow::{Context, Result};
use runtime::{Failure, LogFormat, Options};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Runs the demo; the log is kept quiet, the story goes to stdout.
pub(crate) fn run(demo: Demo) -> ExitCode {
    let folder = match Folder::of(&demo) {
        Ok(folder) => folder,
        Err(failure) => return fail(&failure),
    };
    // Gone only once everything that works in it has ended.
    let Folder { path, temporary } = folder;
    let options = Options { log: "warn".to_owned(), format: LogFormat::Text, grace: Duration::from_secs(20) };
    let code = runtime::run("demo", options, |process| async move {
        let told = story::tell(&process, &path, &demo).await;
        told.map_err(|error| Failure::from(format!("{error:#}")))?;
        if demo.serve {
            process.stopped().await;
        }
        Ok(())
    });
    drop(temporary);
    code
}

/// Where the demo's node lives: kept when named, removed afterwards when not.
struct Folder {
    path: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn of(demo: &Demo) -> Result<Self> {
        // A demo that stays up takes the ports that its lines name; otherwise any free ones.
        let (service, ops) =
            if demo.serve { ("127.0.0.1:7443", "127.0.0.1:7480") } else { ("127.0.0.1:0", "127.0.0.1:0") };
        let temporary = match demo.dir {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("no temporary folder can be made")?),
        };
        let named = demo.dir.clone();
        let path = named.or_else(|| Some(temporary.as_ref()?.path().join("node"))).unwrap_or_default();
        init::make(&path, service, ops)?;
        node::read(&path.join("exchange.toml"))?;
        Ok(Self { path, temporary })
    }
}
