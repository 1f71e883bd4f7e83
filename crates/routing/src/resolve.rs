//! Resolve: the current records of one resource about one subject.

use crate::{
    Method,
    answered::{Answered, Room},
    coverage::Cover,
    fault::{Fault, Faults},
    find::{self, Finding, Hits},
    ground::{Ground, Plea},
    question::{self, Common, Parts, Question},
    sentence,
    show::Showing,
    stop::Stop,
    token::{Binding, Bookmark},
};
use contract::{convert, v1};
use domain::{Identifier, Outcome, catalogue::Resource};
use policy::{Approved, Permit, Use};
use std::sync::Arc;
use store::ViewReader;

/// A well-formed question.
#[derive(Debug)]
pub(crate) struct Resolve {
    common: Common,
    resource: Arc<Resource>,
    by: Identifier,
    items: Vec<String>,
    page_size: usize,
    binding: Binding,
    bookmark: Option<Bookmark>,
}

impl Question for Resolve {
    fn read<V>(ground: &Ground<'_, V>, request: &[u8]) -> Result<Self, Stop> {
        let mut wire: v1::ResolveRequest = question::decode(ground, request)?;
        let mut faults = Faults::new(ground.settings.language);
        wire.request_signature.clear();
        let request_id = std::mem::take(&mut wire.request_id);
        let digest = question::digest(&wire);
        let parts =
            Parts { purpose: wire.purpose.as_ref(), max_age: wire.max_age.as_ref(), request_id: &request_id, digest };
        let common = Common::read(&parts, &mut faults);
        let resource = resource(ground, &wire.resource, &mut faults);
        let by = subject(wire.by.as_ref(), resource.as_deref(), &mut faults);
        for (place, item) in wire.items.iter().enumerate() {
            if resource.as_ref().is_some_and(|resource| !resource.has_item(item)) {
                faults.add(format!("items[{place}]"), Fault::UnknownItem);
            }
        }
        let page_size = question::page_size(wire.page_size, &mut faults);
        let token = std::mem::take(&mut wire.page_token);
        wire.page_size = 0;
        let binding = Binding::new(ground, Method::Resolve, &question::digest(&wire));
        let bookmark = binding.open(ground, &token, &mut faults);
        faults.settle()?;
        let (Some(resource), Some(by)) = (resource, by) else {
            return Err(Faults::one(ground.settings.language, "", Fault::Malformed));
        };
        Ok(Self { common, resource, by, items: wire.items, page_size, binding, bookmark })
    }

    fn resource(&self) -> Option<&str> {
        Some(&self.resource.id)
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop> {
        let plea = Plea { common: &self.common, r#use: Use::Read, resource: &self.resource, by: &self.by };
        Ok(vec![ground.judge(&plea, &self.items)?])
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let mut bookmark = Bookmark::resume(ground, permits, self.bookmark.as_ref())?;
        let mut response = v1::ResolveResponse::default();
        let mut outcome = Outcome::NoCoverage;
        for permit in permits {
            let cover = Cover::of(ground.snapshot, permit, find::published(&self.resource));
            let after = bookmark.place(&self.resource.id);
            outcome = match find::find(ground, permit, &cover, &self.by, after).await? {
                Finding::Current(hits) => {
                    response.next_page_token =
                        self.fill(ground, permit, (hits, &mut bookmark), &mut response.records).await?;
                    cover.outcome_of_found(ground.now, self.common.max_age)
                }
                Finding::Ambiguous => Outcome::Ambiguous,
                Finding::Nothing(nothing) => {
                    response.withdrawn_at = nothing.withdrawn_at.map(convert::to_wire);
                    nothing.outcome
                }
            };
            response.coverage = Some(cover.message());
        }
        response.set_outcome(outcome.into());
        response.detail = sentence::outcome(outcome, ground.settings.language);
        Ok(Answered::new(outcome, &response))
    }
}

impl Resolve {
    /// Fills a page, and gives the token of the next.
    async fn fill<V: ViewReader>(
        &self,
        ground: &Ground<'_, V>,
        permit: &Permit,
        (mut hits, bookmark): (Hits<'_, V>, &mut Bookmark),
        records: &mut Vec<v1::RecordView>,
    ) -> Result<String, Stop> {
        let showing = Showing::new(ground, permit)?;
        let size = page_limit(self.page_size, [permit]);
        let mut room = Room::new();
        while let Some(standing) = hits.next().await? {
            let cursor = standing.cursor.clone();
            let record = showing.show(standing)?;
            let is_full = records.len() == size || !room.take(&record);
            if is_full && !records.is_empty() {
                return self.binding.seal(ground, std::slice::from_ref(permit), bookmark);
            }
            bookmark.advance(&self.resource.id, &cursor);
            records.push(record);
        }
        Ok(String::new())
    }
}

/// Records on a page: as asked for, and no more than any grant allows. At least one, or pages would not end.
pub(crate) fn page_limit<'a>(asked: usize, permits: impl IntoIterator<Item = &'a Permit>) -> usize {
    let limits = permits.into_iter().filter_map(Permit::max_records);
    let limits = limits.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    limits.fold(asked, usize::min).max(1)
}

/// The resource asked for.
pub(crate) fn resource<V>(ground: &Ground<'_, V>, id: &str, faults: &mut Faults) -> Option<Arc<Resource>> {
    let resource = ground.resource(id);
    if resource.is_none() {
        faults.add("resource", if id.is_empty() { Fault::Required } else { Fault::UnknownResource });
    }
    resource.cloned()
}

/// The identifier asked by, of a kind that the resource can be asked by.
pub(crate) fn subject(
    by: Option<&contract::canonical::v1::Identifier>,
    resource: Option<&Resource>,
    faults: &mut Faults,
) -> Option<Identifier> {
    let by = question::identifier(by, faults)?;
    if resource.is_some_and(|resource| resource.lookups_by(by.kind()).next().is_none()) {
        faults.add("by.kind", Fault::NoLookup);
    }
    Some(by)
}
