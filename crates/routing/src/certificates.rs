//! `ListCertificates`: all certificates of a holder, with an outcome for each type.
//!
//! A type that cannot be asked by the holder's kind of identifier is answered `NO_COVERAGE`: nothing
//! here could tell.

mod merge;

use crate::{
    Method,
    answered::Answered,
    coverage::Cover,
    fault::{Fault, Faults},
    find::{self, Finding},
    front::{Opened, Paging},
    ground::{Ground, Plea},
    question::{self, Common, Question},
    stop::Stop,
};
use contract::v1;
use domain::{
    Identifier, Outcome, Reason,
    catalogue::{Resource, ResourceKind},
};
use merge::Merge;
use policy::{Approved, Denial, Permit, Use};
use std::sync::Arc;
use store::ViewReader;

/// Most types named in a question.
const MAX_TYPES: usize = 200;

/// A well-formed question.
#[derive(Debug)]
pub(crate) struct ListCertificates {
    common: Common,
    by: Identifier,
    /// Whether the question names the types.
    are_named: bool,
    types: Vec<Type>,
    paging: Paging,
}

/// A type of certificate asked for, and what the grants say.
#[derive(Debug)]
struct Type {
    resource: Arc<Resource>,
    standing: Standing,
}

#[derive(Debug)]
enum Standing {
    /// Not judged yet, or granted.
    Granted,
    /// Granted, but it has no lookup for such a holder.
    NoLookup,
    Refused(Denial),
}

impl Question for ListCertificates {
    const METHOD: Method = Method::ListCertificates;

    type Wire = v1::ListCertificatesRequest;

    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop> {
        let Opened { mut wire, common, mut faults } = opened;
        let by = question::identifier(wire.by.as_ref(), &mut faults);
        if by.as_ref().is_some_and(|by| !by.kind().is_person() && !by.kind().is_organisation()) {
            faults.add("by.kind", Fault::NoLookup);
        }
        let types = types(ground, &wire.types, &mut faults);
        let paging = Paging::read(ground, Self::METHOD, &mut wire, &mut faults);
        let by = faults.settle(by)?;
        Ok(Self { common, by, are_named: !wire.types.is_empty(), types, paging })
    }

    fn resource(&self) -> Option<&str> {
        match self.types.as_slice() {
            [one] if self.are_named => Some(&one.resource.id),
            _ => None,
        }
    }

    fn subject(&self) -> &Identifier {
        &self.by
    }

    fn common(&self) -> &Common {
        &self.common
    }

    /// Refused when every type is; of types that are not named, those not granted are left out.
    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop> {
        let mut approved = Vec::new();
        for asked in &mut self.types {
            let plea = Plea { common: &self.common, r#use: Use::Read, resource: &asked.resource, by: &self.by };
            let has_lookup = asked.resource.lookups_by(self.by.kind()).next().is_some();
            asked.standing = match ground.judge(&plea, &[]) {
                Ok(one) => {
                    approved.push(one);
                    Standing::Granted
                }
                Err(denial) if denial.reason == Reason::Lookup && !has_lookup => Standing::NoLookup,
                Err(denial) => Standing::Refused(denial),
            };
        }
        if let Some(denial) = self.closest_denial() {
            return Err(denial.into());
        }
        if !self.are_named {
            self.types.retain(|asked| !matches!(asked.standing, Standing::Refused(_)));
        }
        Ok(approved)
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let bookmark = self.paging.begin(ground, permits)?;
        let mut response = v1::ListCertificatesResponse::default();
        let mut merge = Merge::new(ground, &self.paging, permits, bookmark);
        let mut outcomes = Vec::new();
        for asked in &self.types {
            let permit = permits.iter().find(|permit| permit.resource().id == asked.resource.id);
            let mut result = v1::CertificateResult { resource: asked.resource.id.clone(), ..Default::default() };
            let outcome = match (&asked.standing, permit) {
                (Standing::Refused(denial), _) => {
                    denial.reason.as_str().clone_into(&mut result.reason);
                    Outcome::Refused
                }
                (Standing::Granted, Some(permit)) => self.look(ground, permit, &mut merge, &mut result).await?,
                _ => Outcome::NoCoverage,
            };
            result.set_outcome(outcome.into());
            outcomes.push(outcome);
            response.results.push(result);
        }
        let people;
        (response.records, response.next_page_token, people) = merge.page().await?;
        Ok(Answered::new(overall(&outcomes), &response).about(people))
    }
}

impl ListCertificates {
    /// Looks for the holder's certificates of one type.
    async fn look<'a, V: ViewReader>(
        &'a self,
        ground: &Ground<'a, V>,
        permit: &'a Permit,
        merge: &mut Merge<'a, V>,
        result: &mut v1::CertificateResult,
    ) -> Result<Outcome, Stop> {
        let cover = Cover::of(ground.snapshot, permit, &permit.resource().id);
        result.coverage = Some(cover.message());
        let after = merge.place(&permit.resource().id);
        Ok(match find::find(ground, permit, &cover, &self.by, after).await? {
            Finding::Current(hits) => {
                merge.add(permit, hits).await?;
                cover.outcome_of_found(ground.now, self.common.max_age)
            }
            Finding::Ambiguous => Outcome::Ambiguous,
            Finding::Nothing(nothing) => nothing.outcome,
        })
    }

    /// Why the whole is refused: no type is allowed. A grant that was for something else came closer than none.
    fn closest_denial(&self) -> Option<Denial> {
        let mut closest = Denial { reason: Reason::NoGrant, grant: None, retry_after: None };
        for asked in &self.types {
            match &asked.standing {
                Standing::Refused(denial) if closest.grant.is_none() => closest = denial.clone(),
                Standing::Refused(_) => {}
                Standing::Granted | Standing::NoLookup => return None,
            }
        }
        Some(closest)
    }
}

/// The types named, each once; all types of the catalogue when none is.
fn types<V>(ground: &Ground<'_, V>, named: &[String], faults: &mut Faults) -> Vec<Type> {
    if named.len() > MAX_TYPES {
        faults.add("types", Fault::TooMany);
        return Vec::new();
    }
    let is_certificate = |resource: &&Arc<Resource>| resource.kind == ResourceKind::Certificate;
    let mut types: Vec<Type> = Vec::new();
    let new = |resource: &Arc<Resource>| Type { resource: Arc::clone(resource), standing: Standing::Granted };
    if named.is_empty() {
        return ground.snapshot.catalogue.resources.values().filter(is_certificate).map(new).collect();
    }
    for (place, id) in named.iter().enumerate() {
        match ground.resource(id).filter(is_certificate) {
            None => faults.add(format!("types[{place}]"), Fault::UnknownType),
            Some(resource) if types.iter().all(|known| known.resource.id != resource.id) => types.push(new(resource)),
            Some(_) => {}
        }
    }
    types
}

/// What is said of all types together: the strongest that is said of one.
fn overall(outcomes: &[Outcome]) -> Outcome {
    const ORDER: [Outcome; 6] = [
        Outcome::Found,
        Outcome::Stale,
        Outcome::Ambiguous,
        Outcome::Withdrawn,
        Outcome::NoCoverage,
        Outcome::NotFound,
    ];
    ORDER.into_iter().find(|outcome| outcomes.contains(outcome)).unwrap_or(Outcome::NoCoverage)
}
