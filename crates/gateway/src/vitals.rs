//! How the process is: what its parts say of themselves, and what must be looked at.

use runtime::{Health, Part};
use security::ServerTls;
use std::sync::Arc;
use view::{Lag, Progress};

/// Looks after the parts of the health report that cannot speak for themselves.
pub(crate) struct Vitals {
    health: Health,
    tls: Arc<ServerTls>,
    progress: Arc<Progress>,
    certificates: Part,
    view: Part,
}

impl Vitals {
    /// Reports on certificates and view to `health`.
    pub(crate) fn new(health: Health, tls: Arc<ServerTls>, progress: Arc<Progress>) -> Self {
        let (certificates, view) = (health.part("certificates"), health.part("view"));
        Self { health, tls, progress, certificates, view }
    }

    /// How far the view is.
    pub(crate) fn lag(&self) -> Lag {
        self.progress.now()
    }

    /// Whether every part is ready now.
    pub(crate) fn is_ready(&self) -> bool {
        self.look();
        self.health.is_ready()
    }

    /// Each part, with the reason why it is not ready now.
    pub(crate) fn report(&self) -> Vec<(String, Result<(), String>)> {
        self.look();
        self.health.report()
    }

    fn look(&self) {
        tell(&self.certificates, self.tls.problem());
        let lag = self.progress.now();
        let behind = (!lag.caught_up).then(|| "reading the bus".to_owned());
        tell(&self.view, lag.trouble.or(behind));
    }
}

fn tell(part: &Part, problem: Option<String>) {
    match problem {
        None => part.ready(),
        Some(problem) => part.not_ready(problem),
    }
}
