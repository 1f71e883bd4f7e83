//! How the process is: what its parts say of themselves, and what must be looked at.

use runtime::{Health, Part};
use security::ServerTls;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use view::{Lag, Progress};

/// Looks after the parts of the health report that cannot speak for themselves.
pub(crate) struct Vitals {
    health: Health,
    tls: Arc<ServerTls>,
    progress: Arc<Progress>,
    certificates: Part,
    view: Part,
    has_caught_up: AtomicBool,
}

impl Vitals {
    /// Reports on certificates and view to `health`.
    pub(crate) fn new(health: Health, tls: Arc<ServerTls>, progress: Arc<Progress>) -> Self {
        let (certificates, view) = (health.part("certificates"), health.part("view"));
        Self { health, tls, progress, certificates, view, has_caught_up: AtomicBool::new(false) }
    }

    /// How far the view is.
    pub(crate) fn lag(&self) -> Lag {
        self.progress.now()
    }

    /// Whether the view has been at the end of the bus since the start. Before that a grant may be in force here
    /// that was taken back while the node was down. A department that is added later is merely behind.
    pub(crate) fn has_caught_up(&self) -> bool {
        if !self.has_caught_up.load(Ordering::Relaxed) && self.progress.now().caught_up {
            self.has_caught_up.store(true, Ordering::Relaxed);
        }
        self.has_caught_up.load(Ordering::Relaxed)
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

    /// What somebody must put right although every part works, a line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let entries = self.progress.now().unreadable_entries;
        let warning = |entry: String| {
            let entry = entry.escape_debug();
            format!("view: catalogue entry {entry} cannot be read and is out of force; apply it again")
        };
        entries.into_iter().map(warning).collect()
    }

    fn look(&self) {
        tell(&self.certificates, self.tls.problem());
        let behind = (!self.has_caught_up()).then(|| "reading the bus".to_owned());
        tell(&self.view, self.progress.now().trouble.or(behind));
    }
}

fn tell(part: &Part, problem: Option<String>) {
    match problem {
        None => part.ready(),
        Some(problem) => part.not_ready(problem),
    }
}
