//! A record as a consumer may see it.

use crate::{
    base::{Granted, is_base},
    ground::Ground,
    present::Standing,
    stop::{Away, Stop},
};
use contract::{convert, pack, v1, wire::Projection};
use domain::Timestamp;
use policy::Permit;
use std::{borrow::Cow, sync::Arc};

/// Shows records under one permit.
pub(crate) struct Showing<'a> {
    permit: &'a Permit,
    projection: Arc<Projection>,
    granted: Option<&'a Granted>,
    withheld: Vec<String>,
}

impl<'a> Showing<'a> {
    /// What `permit` shows.
    pub(crate) fn of_certificates<V>(ground: &Ground<'_, V>, permit: &'a Permit) -> Result<Self, Stop> {
        let projection = ground.projections.get(permit.resource(), permit.items())?;
        Ok(Self { permit, projection, granted: None, withheld: permit.withheld() })
    }

    /// What `permit` shows; of a base's sources beside their authority, what is `granted`.
    pub(crate) fn new<V>(ground: &Ground<'_, V>, permit: &'a Permit, granted: &'a Granted) -> Result<Self, Stop> {
        let granted = Some(granted).filter(|_| is_base(permit.resource()));
        Ok(Self { granted, ..Self::of_certificates(ground, permit)? })
    }

    /// A record with the granted items, and nothing that speaks of others.
    pub(crate) fn show(&self, standing: Standing) -> Result<v1::RecordView, Stop> {
        let resource = self.permit.resource();
        let body = match self.granted {
            // It was composed of the items shown alone.
            Some(granted) => granted.filter(resource, &standing.body)?,
            None => match self.projection.project(&standing.body).map_err(|_| Away::Damaged(resource.id.clone()))? {
                Cow::Owned(part) => part,
                // Borrowed is all of it.
                Cow::Borrowed(_) => standing.body,
            },
        };
        let mut flags = standing.flags;
        flags.retain(|flag| self.permit.shows_flag(flag));
        Ok(v1::RecordView {
            resource: resource.id.clone(),
            department: standing.department,
            key: if self.permit.shows_key() { standing.cursor.key } else { String::new() },
            version: standing.version,
            source_time: known(standing.cursor.source_time).map(convert::to_wire),
            received_at: standing.received_at,
            flags,
            withheld_items: self.withheld.clone(),
            body: Some(pack(&resource.message, body)),
        })
    }
}

/// The source's own time of a version; none where it does not tell.
fn known(source_time: Timestamp) -> Option<Timestamp> {
    (source_time != Timestamp::UNIX_EPOCH).then_some(source_time)
}
