//! The proof that policy allowed a question.

use crate::Items;
use domain::{
    IdentifierKind,
    catalogue::{Grant, Resource},
};
use std::sync::Arc;

/// A question that a grant allows, not yet counted against the grant's quotas.
#[derive(Debug, Clone)]
pub struct Approved {
    pub(crate) grant: Arc<Grant>,
    pub(crate) resource: Arc<Resource>,
    pub(crate) granted: Items,
    pub(crate) shown: Items,
    pub(crate) kind: IdentifierKind,
    pub(crate) subject: u64,
    pub(crate) weight: u32,
}

impl Approved {
    /// The grant that allows it.
    #[must_use]
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// Of which resource.
    #[must_use]
    pub fn resource(&self) -> &Arc<Resource> {
        &self.resource
    }

    /// For how many questions it counts on its subject.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

/// Proof that policy allowed these items of this resource to this caller, now. Only [`Gate`](crate::Gate)
/// makes one.
#[derive(Debug, Clone)]
pub struct Permit(Approved);

impl Permit {
    pub(crate) fn of(approved: Approved) -> Self {
        Self(approved)
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &Arc<Resource> {
        &self.0.resource
    }

    /// The grant that it rests on.
    #[must_use]
    pub fn grant(&self) -> &Arc<Grant> {
        &self.0.grant
    }

    /// The items that the answer shows: those asked for, or all that are granted.
    #[must_use]
    pub fn items(&self) -> &Items {
        &self.0.shown
    }

    /// The items that are not granted, whether a record has them or not.
    #[must_use]
    pub fn withheld(&self) -> Vec<String> {
        self.0.granted.withheld(&self.0.resource)
    }

    /// Whether more than one current record is an ambiguity on the lookup used.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.0.resource.lookups_by(self.0.kind).any(|lookup| lookup.unique)
    }

    /// Whether a record's key is shown: only with the items it is made of.
    #[must_use]
    pub fn shows_key(&self) -> bool {
        self.0.resource.key_items.iter().all(|item| self.0.shown.contains(item))
    }

    /// Whether a flag is shown: only with the item it speaks of. A flag that the catalogue does not know is not.
    #[must_use]
    pub fn shows_flag(&self, flag: &str) -> bool {
        let declared = self.0.resource.flags.iter().find(|declared| declared.name == flag);
        declared.is_some_and(|declared| self.0.shown.contains(&declared.item))
    }

    /// Prefixes of the division codes that the grant is limited to; empty for all.
    #[must_use]
    pub fn divisions(&self) -> &[String] {
        &self.0.grant.subjects.divisions
    }

    /// At most so many records in an answer.
    #[must_use]
    pub fn max_records(&self) -> Option<u32> {
        self.0.grant.max_records
    }
}
