//! Resolve: the current records of one resource about one subject.

use crate::{
    Method,
    answered::{Answered, Room},
    base::Granted,
    fault::{Fault, Faults},
    find::{self, Finding, Hits},
    front::{Opened, Paging},
    ground::{Ground, Plea},
    question::{self, Common, Question},
    sentence,
    show::Showing,
    stop::Stop,
    token::Bookmark,
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
    paging: Paging,
    /// Of a base's sources.
    granted: Granted,
}

impl Question for Resolve {
    const METHOD: Method = Method::Resolve;

    type Wire = v1::ResolveRequest;

    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop> {
        let Opened { mut wire, common, mut faults } = opened;
        let resource = resource(ground, &wire.resource, &mut faults);
        let by = subject(wire.by.as_ref(), resource.as_deref(), &mut faults);
        for (place, item) in wire.items.iter().enumerate() {
            if resource.as_ref().is_some_and(|resource| !resource.has_item(item)) {
                faults.add(format!("items[{place}]"), Fault::UnknownItem);
            }
        }
        let paging = Paging::read(ground, Self::METHOD, &mut wire, &mut faults);
        let (resource, by) = faults.settle(resource.zip(by))?;
        Ok(Self { common, resource, by, items: wire.items, paging, granted: Granted::default() })
    }

    fn resource(&self) -> Option<&str> {
        Some(&self.resource.id)
    }

    fn subject(&self) -> &Identifier {
        &self.by
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop> {
        let plea = Plea { common: &self.common, r#use: Use::Read, resource: &self.resource, by: &self.by };
        let approved = ground.judge(&plea, &self.items)?;
        self.granted = Granted::of(ground, &self.common, &self.resource, &self.by);
        Ok(vec![approved])
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let mut bookmark = self.paging.begin(ground, permits)?;
        let mut response = v1::ResolveResponse::default();
        let (mut outcome, mut people) = (Outcome::NoCoverage, Vec::new());
        for permit in permits {
            let cover = find::cover(ground, permit);
            let after = bookmark.place(&self.resource.id);
            outcome = match find::find(ground, permit, &cover, &self.by, after).await? {
                Finding::Current(hits) => {
                    (response.next_page_token, people) =
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
        Ok(Answered::new(outcome, &response).about(people))
    }
}

impl Resolve {
    /// Fills a page; gives the token of the next, and the people of whom it speaks.
    async fn fill<V: ViewReader>(
        &self,
        ground: &Ground<'_, V>,
        permit: &Permit,
        (mut hits, bookmark): (Hits<'_, V>, &mut Bookmark),
        records: &mut Vec<v1::RecordView>,
    ) -> Result<(String, Vec<Identifier>), Stop> {
        let mut people = Vec::new();
        let showing = Showing::new(ground, permit, &self.granted)?;
        let size = page_limit(self.paging.size, [permit]);
        let mut room = Room::new();
        while let Some(standing) = hits.next().await? {
            let (cursor, of) = (standing.cursor.clone(), standing.people.clone());
            let record = showing.show(standing)?;
            let is_full = records.len() == size || !room.take(&record);
            if is_full && !records.is_empty() {
                return Ok((self.paging.seal(ground, std::slice::from_ref(permit), bookmark)?, people));
            }
            bookmark.advance(&self.resource.id, &cursor);
            records.push(record);
            people.extend(of);
        }
        Ok((String::new(), people))
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
