//! Resources that are asked of their department at query time (实时查询): never stored, never kept, and "unavailable" rather than
//! a guess.

use crate::{
    coverage::Cover,
    find::{self, Finding},
    ground::Ground,
    present::Standing,
    stop::{Away, Stop},
};
use contract::convert;
use domain::{
    Identifier, Timestamp,
    catalogue::{Resource, ResourceKind},
};
use policy::Permit;
use std::{collections::BTreeMap, fmt, pin::Pin, sync::Arc, time::Duration};
use store::{Cursor, ViewReader};

/// What a live question leads to.
pub type LiveFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<LiveRecord>, LiveFault>> + Send + 'a>>;

/// The departments that can be asked, by the name that a resource's `route.live` has, or by the department's id.
pub type Providers = BTreeMap<String, Arc<dyn Live>>;

/// A department that is asked at query time.
pub trait Live: Send + Sync {
    /// Asks for the record of `resource` about `by`; none when the department says that it does not know it. Keeps its own time
    /// limit; dropping the future ends the question.
    ///
    /// The fault is anything that is not plainly an answer.
    fn ask<'a>(&'a self, resource: &'a str, by: &'a Identifier) -> LiveFuture<'a>;
}

/// What a department answers.
#[derive(Clone, PartialEq)]
pub struct LiveRecord {
    /// Its key inside the resource.
    pub key: String,
    /// Its version.
    pub version: String,
    /// The source's own time of it.
    pub source_time: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// The encoded message of the resource.
    pub body: Vec<u8>,
}

/// Why a department gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("department gives no answer: {message}")]
pub struct LiveFault {
    /// What was tried and how it failed, for logs: never anything of the question or the answer.
    pub message: String,
    /// When asking again may help.
    pub retry_after: Duration,
}

impl LiveFault {
    /// Whole seconds, rounded up, at least one.
    pub(crate) fn retry_after_seconds(&self) -> u64 {
        let partly = u64::from(self.retry_after.subsec_nanos() > 0);
        self.retry_after.as_secs().saturating_add(partly).max(1)
    }
}

impl fmt::Debug for LiveRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveRecord").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Whether a resource is asked at query time.
pub(crate) fn is_live(resource: &Resource) -> bool {
    resource.kind == ResourceKind::Live
}

/// Coverage of the permit's resource: of a live one as of now, when it is asked.
pub(crate) fn cover<V>(ground: &Ground<'_, V>, permit: &Permit) -> Cover {
    let resource = permit.resource();
    let cover = Cover::of(ground.snapshot, permit, find::published(resource));
    if is_live(resource) { cover.asked(ground.clock.now()) } else { cover }
}

/// Asks the department of the permit's resource.
pub(crate) async fn find<'a, V: ViewReader>(
    ground: &Ground<'a, V>,
    permit: &Permit,
    cover: &Cover,
    by: &Identifier,
) -> Result<Finding<'a, V>, Stop> {
    let resource = permit.resource();
    let name = resource.route.live.as_ref().unwrap_or(&resource.department);
    let provider = ground.providers.get(name).ok_or_else(|| Away::NoSource(resource.id.clone()))?;
    let answer = provider.ask(&resource.id, by).await.map_err(Away::Live)?;
    Ok(match answer {
        Some(record) => Finding::one(standing(resource, record)),
        None => Finding::none(cover.outcome_of_nothing(by)),
    })
}

fn standing(resource: &Resource, record: LiveRecord) -> Standing {
    Standing {
        department: resource.department.clone(),
        cursor: Cursor { source_time: record.source_time, key: record.key },
        version: record.version,
        received_at: Some(convert::to_wire(record.received_at)),
        flags: Vec::new(),
        body: record.body,
        people: Vec::new(),
    }
}
