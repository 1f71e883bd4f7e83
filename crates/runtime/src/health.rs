//! What `/readyz` says: one line a part of the process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The state of all parts of a process. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<String, Result<(), String>>>>);

/// One part's own line in the report. A new part is not ready, with the reason `starting`.
#[derive(Debug, Clone)]
pub struct Part {
    health: Health,
    name: String,
}

impl Health {
    /// The part called `name`; asking again gives the same part and leaves its state alone.
    #[must_use]
    pub fn part(&self, name: &str) -> Part {
        self.lock().entry(name.to_owned()).or_insert_with(|| Err("starting".to_owned()));
        Part { health: self.clone(), name: name.to_owned() }
    }

    /// Every part in order of name, with the reason why it is not ready.
    #[must_use]
    pub fn report(&self) -> Vec<(String, Result<(), String>)> {
        self.lock().iter().map(|(name, state)| (name.clone(), state.clone())).collect()
    }

    /// Whether there is a part and all parts are ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.lock();
        !parts.is_empty() && parts.values().all(Result::is_ok)
    }

    fn set(&self, name: &str, state: Result<(), String>) {
        self.lock().insert(name.to_owned(), state);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Result<(), String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// This part does its work.
    pub fn ready(&self) {
        self.health.set(&self.name, Ok(()));
    }

    /// This part cannot do its work. The reason is shown to anyone: no personal data.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.health.set(&self.name, Err(reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_started_is_not_ready() {
        assert!(!Health::default().is_ready());
    }

    #[test]
    fn parts_start_not_ready_and_are_ready_only_together() {
        let health = Health::default();
        let (bus, store) = (health.part("bus"), health.part("store"));
        bus.ready();
        assert!(!health.is_ready());
        assert_eq!(health.report()[1], ("store".to_owned(), Err("starting".to_owned())));
        store.ready();
        assert!(health.is_ready());
    }

    #[test]
    fn lost_readiness_names_its_reason() {
        let health = Health::default();
        let bus = health.part("bus");
        bus.ready();
        bus.not_ready("broker is away");
        assert_eq!(health.report(), [("bus".to_owned(), Err("broker is away".to_owned()))]);
    }

    #[test]
    fn asking_for_a_part_again_keeps_its_state() {
        let health = Health::default();
        health.part("bus").ready();
        let _again = health.part("bus");
        assert!(health.is_ready());
    }
}
