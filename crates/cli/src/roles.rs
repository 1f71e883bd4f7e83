//! What runs in a process, and when it ends because nothing of it is left.

use adapter_sdk::{IntakeError, Runner, Stop};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The roles of a process that still run. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Roles(Arc<AtomicUsize>);

impl Roles {
    /// So many run, or are about to.
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(count)))
    }

    /// Runs an adapter. One that another has taken the place of ends alone, with its reason in the log, as long as there
    /// is something else to run.
    ///
    /// # Errors
    /// What ends the process.
    pub(crate) fn run(&self, runner: &mut Runner, stop: &dyn Stop) -> Result<(), IntakeError> {
        let ended = runner.run(stop);
        let left = self.0.fetch_sub(1, Ordering::AcqRel).saturating_sub(1);
        match ended {
            Err(error @ IntakeError::Fenced { .. }) if left > 0 => {
                tracing::error!(department = runner.department(), %error, left, "adapter has ended; the others go on");
                Ok(())
            }
            ended => ended,
        }
    }
}
