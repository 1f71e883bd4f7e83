//! How the process is: what its parts say of themselves, and what must be looked at.

use crate::proof::Record;
use domain::{CallerKind, Clock};
use evidence::Log;
use runtime::{Health, Part};
use security::{ServerTls, control::Disbelief};
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
    clock: Arc<dyn Clock>,
    certificates: Part,
    view: Part,
    evidence: Part,
    record: Record,
    has_caught_up: AtomicBool,
}

impl Vitals {
    /// Reports on certificates, view and evidence to `health`.
    pub(crate) fn new(
        health: Health,
        tls: Arc<ServerTls>,
        progress: Arc<Progress>,
        clock: Arc<dyn Clock>,
        record: Record,
    ) -> Self {
        let part = |name| health.part(name);
        let (certificates, view, evidence) = (part("certificates"), part("view"), part("evidence"));
        let has_caught_up = AtomicBool::new(false);
        Self { health, tls, progress, clock, certificates, view, evidence, record, has_caught_up }
    }

    /// The log that every answer is recorded in.
    pub(crate) fn evidence(&self) -> &Log {
        &self.record.log
    }

    /// Whether the log is open, and quotas go on from where they stood.
    pub(crate) fn is_counted(&self) -> bool {
        self.record.is_counted()
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
        let lag = self.progress.now();
        let unreadable = |entry: String| {
            let entry = entry.escape_debug();
            format!("view: catalogue entry {entry} cannot be read and is out of force; apply it again")
        };
        let ignored = |(entry, why): (String, Disbelief)| {
            let entry = entry.escape_debug();
            format!(
                "view: control entry {entry} is ignored, {why}; find out who wrote it; when the entry in force is not the right one, change it and apply the catalogue"
            )
        };
        let unreadable = lag.unreadable_entries.into_iter().map(unreadable);
        let ignored = lag.ignored_entries.into_iter().map(ignored);
        self.not_believed().into_iter().chain(unreadable).chain(ignored).collect()
    }

    /// Why the other nodes, and this one, do not believe what this one writes.
    fn not_believed(&self) -> Option<String> {
        let problem = match self.tls.trust().check(self.tls.signer().chain(), self.clock.now()) {
            Ok(caller) if caller.kind == CallerKind::Node => return None,
            Ok(_) => Disbelief::NotNode,
            Err(refusal) => Disbelief::Certificate(refusal),
        };
        Some(format!(
            "certificates: what this node writes to the control topic is ignored, {problem}; give [tls] a certificate of exchange://node/<id>"
        ))
    }

    fn look(&self) {
        tell(&self.certificates, self.tls.problem());
        let behind = (!self.has_caught_up()).then(|| "reading the bus".to_owned());
        tell(&self.evidence, self.record.problem());
        tell(&self.view, self.progress.now().trouble.or(behind));
    }
}

fn tell(part: &Part, problem: Option<String>) {
    match problem {
        None => part.ready(),
        Some(problem) => part.not_ready(problem),
    }
}
