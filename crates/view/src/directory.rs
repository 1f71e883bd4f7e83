//! The catalogue and coverage in force, for every question to be judged by.

use crate::plan::revision;
use arc_swap::ArcSwap;
use contract::v1::DepartmentIntake;
use domain::{Caller, CallerKind, Timestamp, catalogue::Catalogue};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::sync::watch;

/// What was in force at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// Its revision: equal catalogues have equal revisions, on every node.
    pub revision: String,
    /// What each department's intake has announced, and the view holds.
    pub intakes: Arc<BTreeMap<String, DepartmentIntake>>,
    /// When the newest entry of the catalogue was written, removed ones too.
    pub(crate) newest_entry: Option<Timestamp>,
    callers: Arc<HashMap<[u8; 32], Caller>>,
}

impl Snapshot {
    /// The caller that a certificate of this SHA-256 fingerprint is bound to by a catalogue file.
    #[must_use]
    pub fn caller_of(&self, fingerprint: &[u8; 32]) -> Option<Caller> {
        self.callers.get(fingerprint).cloned()
    }
}

/// The snapshot in force; reading it takes no lock.
#[derive(Debug, Default)]
pub struct Directory {
    current: ArcSwap<Snapshot>,
    changed: watch::Sender<()>,
}

impl Directory {
    /// What is in force now.
    #[must_use]
    pub fn now(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Tells when the catalogue changes from now on.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Puts a catalogue in force.
    pub fn set_catalogue(&self, catalogue: Catalogue) {
        let before = self.now();
        self.current.store(Arc::new(Snapshot {
            revision: revision(&catalogue),
            callers: Arc::new(bound_callers(&catalogue)),
            catalogue: Arc::new(catalogue),
            intakes: Arc::clone(&before.intakes),
            newest_entry: before.newest_entry,
        }));
        self.changed.send_replace(());
    }

    /// Keeps when the newest entry was written, for whoever writes the next.
    pub(crate) fn set_newest_entry(&self, newest_entry: Option<Timestamp>) {
        let before = self.now();
        self.current.store(Arc::new(Snapshot { newest_entry, ..Snapshot::clone(&before) }));
    }

    /// Puts announcements in force.
    pub fn set_intakes(&self, intakes: BTreeMap<String, DepartmentIntake>) {
        let before = self.now();
        self.current.store(Arc::new(Snapshot { intakes: Arc::new(intakes), ..Snapshot::clone(&before) }));
    }
}

fn bound_callers(catalogue: &Catalogue) -> HashMap<[u8; 32], Caller> {
    let consumers = catalogue.consumers.values().map(|entry| (CallerKind::Consumer, &entry.id, &entry.certificates));
    let departments =
        catalogue.departments.values().map(|entry| (CallerKind::Department, &entry.id, &entry.certificates));
    let each = consumers.chain(departments).flat_map(|(kind, id, all)| all.iter().map(move |one| (kind, id, one)));
    each.filter_map(|(kind, id, certificate)| {
        let digits = certificate.strip_prefix("sha256:")?;
        let fingerprint = <[u8; 32]>::try_from(hex::decode(digits).ok()?).ok()?;
        Some((fingerprint, Caller::new(kind, id)?))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalogue::{Consumer, Entry};

    #[test]
    fn a_bound_certificate_names_its_party() {
        let directory = Directory::default();
        let mut catalogue = Catalogue::default();
        catalogue.insert(Entry::Consumer(Consumer {
            id: "one-window".into(),
            name: "一窗".into(),
            certificates: vec![format!("sha256:{}", "0A".repeat(32))],
        }));
        directory.set_catalogue(catalogue);
        let snapshot = directory.now();
        assert_eq!(snapshot.caller_of(&[10; 32]), Caller::new(CallerKind::Consumer, "one-window"));
        assert_eq!(snapshot.caller_of(&[11; 32]), None);
    }

    #[test]
    fn a_new_catalogue_keeps_the_announcements() {
        let directory = Directory::default();
        directory.set_intakes(BTreeMap::from([("a".to_owned(), DepartmentIntake::default())]));
        directory.set_catalogue(Catalogue::default());
        assert!(directory.now().intakes.contains_key("a"));
    }
}
