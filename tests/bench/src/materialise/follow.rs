//! Ours: the follower, as the gateway builds it.

use crate::{
    measure::{Pass, Process},
    place::Place,
};
use anyhow::{Context as _, Result};
use runtime::SystemClock;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, thread};
use store::{EmbeddedView, EmbeddedViewConfig, EmbeddedViewReader, EmbeddedViewWriter};
use view::{Directory, Materialiser, Parts, Progress};

/// Follows a bus until all of it is in the view.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Follow {
    /// The bus.
    pub(crate) bus: Place,
    /// Whose topics.
    pub(crate) department: String,
    /// The view's folder.
    pub(crate) view: PathBuf,
}

impl Follow {
    /// From the open store to everything applied and durable.
    pub(crate) fn run(&self) -> Result<Pass> {
        let progress = Arc::new(Progress::default());
        let follower = self.follower(&progress)?;
        let is_done = |limit| {
            thread::sleep(limit);
            progress.now().caught_up
        };
        Process::Own.pass(|| {
            follower.run(&is_done)?;
            Ok(progress.now().taken.values().sum())
        })
    }

    fn follower(&self, progress: &Arc<Progress>) -> Result<Materialiser<EmbeddedViewWriter, EmbeddedViewReader>> {
        let (writer, reader) = EmbeddedView::open(&self.view, EmbeddedViewConfig::default())?;
        let parts = Parts {
            bus: self.bus.open()?,
            writer,
            reader,
            directory: Arc::new(Directory::default()),
            progress: Arc::clone(progress),
            clock: Arc::new(SystemClock),
            departments: BTreeSet::from([self.department.clone()]),
            identity: None,
        };
        Materialiser::start(parts).context("the view cannot be followed")
    }
}
