//! What a question stands on: one moment of everything that it is judged and answered by.

use crate::{Asking, Settings, live::Providers, project::Projections, question::Common, reader::Shelf};
use domain::{
    Caller, CallerKind, Clock, Identifier, Timestamp,
    catalogue::{Grant, Resource},
};
use policy::{Approved, Ask, Denial, Gate, Use};
use std::sync::Arc;
use view::Snapshot;

/// One question's surroundings.
pub(crate) struct Ground<'a, V> {
    /// The question as it came in.
    pub(crate) asking: &'a Asking<'a>,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// Catalogue and coverage in force.
    pub(crate) snapshot: &'a Snapshot,
    /// When the question came.
    pub(crate) now: Timestamp,
    /// The time as it goes on.
    pub(crate) clock: &'a dyn Clock,
    /// Who judges.
    pub(crate) gate: &'a Gate,
    /// Where the records are.
    pub(crate) shelf: &'a Shelf<V>,
    /// Compiled projections.
    pub(crate) projections: &'a Projections,
    /// Departments that can be asked now.
    pub(crate) providers: &'a Providers,
    /// Settings of the node.
    pub(crate) settings: &'a Settings,
    /// Stands for the subject in the counters of the day; 0 until the question is read.
    pub(crate) mark: u64,
}

impl<V> Ground<'_, V> {
    /// A resource of the catalogue in force.
    pub(crate) fn resource(&self, id: &str) -> Option<&Arc<Resource>> {
        self.snapshot.catalogue.resources.get(id)
    }

    /// The caller's grants.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Arc<Grant>> {
        let grants = self.snapshot.catalogue.grants.values();
        grants.filter(|grant| self.caller.kind == CallerKind::Consumer && grant.consumer == self.caller.id())
    }

    /// Judges a question about one resource, without counting it.
    pub(crate) fn judge(&self, plea: &Plea<'_>, items: &[String]) -> Result<Approved, Denial> {
        let ask = Ask {
            caller: self.caller,
            r#use: plea.r#use,
            resource: plea.resource,
            by: plea.by,
            items,
            matter: &plea.common.matter,
            confirmed: plea.common.confirmed,
            mark: self.mark,
        };
        self.gate.judge(&self.snapshot.catalogue, &ask, self.now)
    }
}

/// What is asked of policy, but for the items.
pub(crate) struct Plea<'a> {
    /// Parts that every question has.
    pub(crate) common: &'a Common,
    /// What the caller wants to do with the records.
    pub(crate) r#use: Use,
    /// Of which resource.
    pub(crate) resource: &'a Arc<Resource>,
    /// About whom or what.
    pub(crate) by: &'a Identifier,
}
