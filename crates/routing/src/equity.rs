//! `GetEquity`: the tree of shareholdings above or below an enterprise or holder.
//!
//! Rests on one grant of `shareholding` that shows the holder, whole or by name; what else it grants
//! decides what nodes and edges show. The register of enterprises is only joined.

mod graph;
mod walk;

use crate::{
    Method,
    answered::Answered,
    coverage::Cover,
    fault::Fault,
    find,
    front::Opened,
    ground::{Ground, Plea},
    joins::{LEGAL_PERSON, SHAREHOLDING},
    present::people,
    question::{self, Common, Question},
    reader::Reader,
    sentence,
    stop::Stop,
};
use contract::v1::{self, Direction};
use domain::{Identifier, IdentifierKind, Outcome, Reason, catalogue::Resource};
use policy::{Approved, Denial, Permit, Use};
use std::sync::Arc;
use store::ViewReader;
use walk::Walk;

const MAX_DEPTH: u32 = 10;
/// Items that add to the tree when they are granted beside the holder.
const OPTIONAL: [&str; 5] = ["enterprise", "enterprise.name", "share_percent", "subscribed_amount", "currency"];

/// A well-formed question.
#[derive(Debug)]
pub(crate) struct GetEquity {
    common: Common,
    by: Identifier,
    direction: Direction,
    depth: u32,
    resource: Option<Arc<Resource>>,
}

impl Question for GetEquity {
    const METHOD: Method = Method::GetEquity;

    type Wire = v1::GetEquityRequest;

    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop> {
        let Opened { wire, common, mut faults } = opened;
        let resource = ground.resource(SHAREHOLDING).cloned();
        let by = question::identifier(wire.by.as_ref(), &mut faults);
        let direction = wire.direction();
        if direction == Direction::Unspecified {
            faults.add("direction", if wire.direction == 0 { Fault::Required } else { Fault::Direction });
        }
        if !(1..=MAX_DEPTH).contains(&wire.depth) {
            faults.add("depth", if wire.depth == 0 { Fault::Required } else { Fault::Depth });
        }
        if by.as_ref().is_some_and(|by| !can_be_asked(resource.as_deref(), by.kind(), direction)) {
            faults.add("by.kind", Fault::NoLookup);
        }
        let by = faults.settle(by)?;
        Ok(Self { common, by, direction, depth: wire.depth, resource })
    }

    fn resource(&self) -> Option<&str> {
        self.resource.as_ref().map(|_| SHAREHOLDING)
    }

    fn subject(&self) -> &Identifier {
        &self.by
    }

    fn common(&self) -> &Common {
        &self.common
    }

    /// Asks for the holder, and for as much of the rest as one grant allows.
    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop> {
        let Some(resource) = &self.resource else {
            return Err(Denial { reason: Reason::NoGrant, grant: None, retry_after: None }.into());
        };
        let plea = Plea { common: &self.common, r#use: Use::Read, resource, by: &self.by };
        let mut items = vec!["holder".to_owned()];
        let mut approved = match ground.judge(&plea, &items) {
            Ok(approved) => approved,
            Err(denial) if denial.reason == Reason::Item => {
                items = vec!["holder.name".to_owned()];
                ground.judge(&plea, &items)?
            }
            Err(denial) => return Err(denial.into()),
        };
        for item in OPTIONAL {
            items.push(item.to_owned());
            match ground.judge(&plea, &items) {
                Ok(more) => approved = more,
                Err(_) => drop(items.pop()),
            }
        }
        Ok(vec![approved])
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let mut response = v1::GetEquityResponse::default();
        let mut outcome = Outcome::NoCoverage;
        for permit in permits {
            let cover = Cover::of(ground.snapshot, permit, SHAREHOLDING);
            let reader = ground.shelf.reader(permit);
            let walk = Walk::new(ground, reader, self.direction, self.depth);
            outcome = match walk.run(&self.by).await? {
                walk::Tree::Grown(graph) => {
                    (response.nodes, response.edges, response.truncated) = graph.into_wire();
                    cover.outcome_of_found(ground.now, self.common.max_age)
                }
                walk::Tree::Ambiguous => Outcome::Ambiguous,
                walk::Tree::Nothing => self.outcome_of_nothing(&reader, &cover).await?,
            };
            response.coverage = Some(cover.message());
        }
        response.set_outcome(outcome.into());
        response.detail = sentence::outcome(outcome, ground.settings.language);
        let named = response.nodes.iter().filter_map(|node| node.party.as_ref()?.identifier.as_ref());
        let people = people(named);
        Ok(Answered::new(outcome, &response).about(people))
    }
}

impl GetEquity {
    /// An enterprise that was taken out of the register was there, and so was whoever held shares.
    async fn outcome_of_nothing<V: ViewReader>(&self, reader: &Reader<'_, V>, cover: &Cover) -> Result<Outcome, Stop> {
        if reader.withdrawn(LEGAL_PERSON, &self.by).await?.is_some() {
            return Ok(Outcome::Withdrawn);
        }
        // Shares are found by the code of their holder, which upwards is not what is asked.
        if self.direction == Direction::Up && self.by.kind() != IdentifierKind::SourceKey {
            return Ok(cover.outcome_of_nothing(&self.by));
        }
        Ok(find::nothing(reader, cover, &self.by).await?.outcome)
    }
}

/// Nobody holds shares in a person, so upwards only enterprises can be asked for.
fn can_be_asked(resource: Option<&Resource>, kind: IdentifierKind, direction: Direction) -> bool {
    let has_lookup = resource.is_none_or(|resource| resource.lookups_by(kind).next().is_some());
    let is_enterprise =
        matches!(kind, IdentifierKind::Uscc | IdentifierKind::RegistrationNumber | IdentifierKind::SourceKey);
    has_lookup && (direction != Direction::Up || is_enterprise)
}
