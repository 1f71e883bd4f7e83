//! Verify: whether values are right, without showing any.

use crate::{
    Method,
    answered::Answered,
    compare,
    fault::{Fault, Faults},
    find::{self, Finding, Hits},
    front::Opened,
    ground::{Ground, Plea},
    question::{Common, Question},
    resolve, sentence,
    stop::Stop,
};
use contract::v1::{self, ClaimResult};
use domain::{Identifier, Outcome, catalogue::Resource};
use policy::{Approved, Permit, Use};
use std::{cmp::Reverse, sync::Arc};
use store::ViewReader;

/// Most claims of a question.
const MAX_CLAIMS: usize = 50;
/// Longest value of a claim, in bytes.
const MAX_VALUE: usize = 4_096;
/// Most records that claims are compared with.
const MAX_RECORDS: usize = 1_000;

/// A well-formed question.
#[derive(Debug)]
pub(crate) struct Verify {
    common: Common,
    resource: Arc<Resource>,
    by: Identifier,
    claims: Vec<v1::Claim>,
}

impl Question for Verify {
    const METHOD: Method = Method::Verify;

    type Wire = v1::VerifyRequest;

    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop> {
        let Opened { wire, common, mut faults } = opened;
        let resource = resolve::resource(ground, &wire.resource, &mut faults);
        let by = resolve::subject(wire.by.as_ref(), resource.as_deref(), &mut faults);
        check_claims(&wire.claims, resource.as_deref(), &mut faults);
        let (resource, by) = faults.settle(resource.zip(by))?;
        Ok(Self { common, resource, by, claims: wire.claims })
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
        let claims = u32::try_from(self.claims.len()).unwrap_or(u32::MAX);
        let plea = Plea { common: &self.common, r#use: Use::Match { claims }, resource: &self.resource, by: &self.by };
        let items: Vec<_> = self.claims.iter().map(|claim| claim.item.clone()).collect();
        Ok(vec![ground.judge(&plea, &items)?])
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let mut response = v1::VerifyResponse::default();
        let (mut outcome, mut people) = (Outcome::NoCoverage, Vec::new());
        for permit in permits {
            let cover = find::cover(ground, permit);
            outcome = match find::find(ground, permit, &cover, &self.by, None).await? {
                Finding::Current(hits) => {
                    (response.results, people) = self.results(ground, hits).await?;
                    cover.outcome_of_found(ground.now, self.common.max_age)
                }
                Finding::Ambiguous => Outcome::Ambiguous,
                Finding::Nothing(nothing) => nothing.outcome,
            };
            response.coverage = Some(cover.message());
        }
        response.set_outcome(outcome.into());
        response.detail = sentence::outcome(outcome, ground.settings.language);
        Ok(Answered::new(outcome, &response).about(people))
    }
}

impl Verify {
    /// Results, and the people whose records were compared. Of several records the one that most claims fit decides all of them, the newest of equals: results
    /// put together from different records would confirm a combination that nobody published.
    async fn results<V: ViewReader>(
        &self,
        ground: &Ground<'_, V>,
        mut hits: Hits<'_, V>,
    ) -> Result<(Vec<v1::ClaimAnswer>, Vec<Identifier>), Stop> {
        let mut people = Vec::new();
        let mut best: Option<(Reverse<usize>, Vec<ClaimResult>)> = None;
        for _ in 0..MAX_RECORDS {
            let Some(standing) = hits.next().await? else { break };
            people.extend(standing.people.clone());
            let results = compare::compare(&ground.snapshot.catalogue, &self.resource, &standing.body, &self.claims)?;
            let score = Reverse(results.iter().filter(|result| **result == ClaimResult::Match).count());
            if best.as_ref().is_none_or(|(known, _)| score < *known) {
                best = Some((score, results));
            }
        }
        let results = best.map(|(_, results)| results).unwrap_or_default();
        let answers = self.claims.iter().zip(results);
        let answers =
            answers.map(|(claim, result)| v1::ClaimAnswer { item: claim.item.clone(), result: result.into() });
        Ok((answers.collect(), people))
    }
}

fn check_claims(claims: &[v1::Claim], resource: Option<&Resource>, faults: &mut Faults) {
    if claims.is_empty() {
        faults.add("claims", Fault::Required);
    }
    if claims.len() > MAX_CLAIMS {
        faults.add("claims", Fault::TooMany);
        return;
    }
    for (place, claim) in claims.iter().enumerate() {
        let fault = if claim.item.is_empty() {
            Some(Fault::Required)
        } else {
            resource.filter(|resource| !resource.has_item(&claim.item)).map(|_| Fault::UnknownItem)
        };
        if let Some(fault) = fault {
            faults.add(format!("claims[{place}].item"), fault);
        }
        if domain::text::trim(&claim.value).is_empty() {
            faults.add(format!("claims[{place}].value"), Fault::Required);
        } else if claim.value.len() > MAX_VALUE {
            faults.add(format!("claims[{place}].value"), Fault::TooLong);
        }
    }
}
