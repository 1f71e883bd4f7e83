//! Growing the tree: breadth first, largest share first, each party once, so that cycles end.

use super::graph::{Graph, HOLDER, Mark};
use crate::{
    ground::Ground,
    joins::{Enterprise, Joins, Share},
    reader::Reader,
    stop::Stop,
};
use chrono::TimeDelta;
use contract::{
    canonical::v1::{Identifier as WireIdentifier, Party, PartyKind},
    v1::Direction,
};
use domain::{Clock, Identifier, IdentifierKind, Timestamp};
use std::{
    cmp::Reverse,
    collections::{HashSet, VecDeque},
};
use store::ViewReader;

/// How long a tree may grow.
const TIME_LIMIT: TimeDelta = TimeDelta::seconds(1);

/// What came of it.
pub(super) enum Tree<'a> {
    /// The party is known, or has shares.
    Grown(Graph<'a>),
    /// The identifier leads to more than one enterprise.
    Ambiguous,
    /// The party is not known, and there are no shares.
    Nothing,
}

/// A party whose shares are still to be read.
struct Pending {
    place: usize,
    depth: u32,
    /// Its record in the register, if it is an enterprise there.
    enterprise: Option<Enterprise>,
    /// Its source key, if it is an enterprise.
    source_id: Option<String>,
    /// The identifier it was named by.
    named: Option<Identifier>,
}

/// The growing of one tree.
pub(super) struct Walk<'a, V> {
    joins: Joins<'a, V>,
    graph: Graph<'a>,
    queue: VecDeque<Pending>,
    seen: HashSet<String>,
    direction: Direction,
    depth: u32,
    clock: &'a dyn Clock,
    end: Timestamp,
    is_limited: bool,
}

impl<'a, V: ViewReader> Walk<'a, V> {
    /// Nothing grown yet.
    pub(super) fn new(ground: &Ground<'a, V>, reader: Reader<'a, V>, direction: Direction, depth: u32) -> Self {
        Self {
            joins: Joins::new(reader),
            graph: Graph::new(reader.permit()),
            queue: VecDeque::new(),
            seen: HashSet::new(),
            direction,
            depth,
            clock: ground.clock,
            end: ground.clock.now() + TIME_LIMIT,
            // A share says of no division, so a limit to divisions leaves nothing.
            is_limited: !reader.permit().divisions().is_empty(),
        }
    }

    /// Grows the tree of the party of an identifier.
    pub(super) async fn run(mut self, by: &Identifier) -> Result<Tree<'a>, Stop> {
        if self.is_limited {
            return Ok(Tree::Nothing);
        }
        let is_unique = matches!(by.kind(), IdentifierKind::Uscc | IdentifierKind::RegistrationNumber);
        if is_unique && self.joins.count_enterprises(by).await? > 1 {
            return Ok(Tree::Ambiguous);
        }
        let is_known = self.plant(by).await?;
        while let Some(pending) = self.queue.pop_front() {
            self.grow(pending).await?;
            if self.graph.is_cut() || (!self.queue.is_empty() && self.is_late()) {
                break;
            }
        }
        let is_nothing = self.graph.is_bare() && !is_known;
        Ok(if is_nothing { Tree::Nothing } else { Tree::Grown(self.graph) })
    }

    /// Begins with the party asked for; says whether it is an enterprise of the register.
    async fn plant(&mut self, by: &Identifier) -> Result<bool, Stop> {
        let can_be_enterprise = !by.kind().is_person();
        let enterprise = if can_be_enterprise { self.joins.enterprise(by).await? } else { None };
        let is_known = enterprise.is_some();
        let source_key = Some(by).filter(|by| by.kind() == IdentifierKind::SourceKey);
        let source_id = source_key.map(|by| by.value().to_owned());
        let mark = match (&enterprise, &source_id) {
            (Some(enterprise), _) => Mark::Enterprise(enterprise.key.clone()),
            (None, Some(source_id)) => Mark::Source(source_id.clone()),
            (None, None) => Mark::Identifier(by.kind().to_string(), by.value().to_owned()),
        };
        if let Some((place, _)) = self.graph.node(mark, 0) {
            self.name_enterprise(place, enterprise.as_ref());
            if source_key.is_none() {
                self.graph.name(place, HOLDER, &asked(by));
            }
            let source_id = enterprise.as_ref().map(|known| known.source_id.clone()).or(source_id);
            self.queue.push_back(Pending { place, depth: 0, enterprise, source_id, named: Some(by.clone()) });
        }
        Ok(is_known)
    }

    async fn grow(&mut self, pending: Pending) -> Result<(), Stop> {
        let is_leaf = pending.depth >= self.depth;
        match self.direction {
            Direction::Up if !is_leaf => self.grow_up(&pending).await,
            Direction::Down if !is_leaf => {
                self.mark_sum(&pending).await?;
                self.grow_down(&pending).await
            }
            _ => self.mark_sum(&pending).await,
        }
    }

    /// Flags an enterprise whose shares are not listed here anyway.
    async fn mark_sum(&mut self, pending: &Pending) -> Result<(), Stop> {
        if let Some(source_id) = pending.source_id.as_ref().filter(|_| self.graph.shows_sums())
            && self.joins.shares_exceed_whole(source_id).await?
        {
            self.graph.flag_sum(pending.place);
        }
        Ok(())
    }

    /// Adds those who hold shares in an enterprise.
    async fn grow_up(&mut self, pending: &Pending) -> Result<(), Stop> {
        let Some(source_id) = pending.source_id.as_ref().filter(|id| !id.is_empty()) else { return Ok(()) };
        let by = Identifier::from_trusted(IdentifierKind::SourceKey, source_id);
        let shares = self.joins.shares(&by).await?;
        if self.graph.shows_sums() && shares.exceed_whole() {
            self.graph.flag_sum(pending.place);
        }
        if shares.is_cut {
            self.graph.cut();
        }
        for share in largest_first(shares.all) {
            if self.is_late() {
                return Ok(());
            }
            let party = share.body.holder.clone().unwrap_or_default();
            let named = party.identifier.as_ref().and_then(|number| Identifier::try_from(number).ok());
            let can_be_enterprise = named.as_ref().filter(|by| by.kind().is_organisation());
            let enterprise = match can_be_enterprise {
                Some(by) => self.joins.enterprise(by).await?,
                None => None,
            };
            let mark = mark_of_holder(&share, &party, enterprise.as_ref());
            let Some((place, is_new)) = self.graph.node(mark, pending.depth + 1) else { return Ok(()) };
            self.graph.name(place, HOLDER, &party);
            self.graph.flag_holder(place, &share);
            self.graph.connect(place, pending.place, &share);
            if is_new {
                let source_id = enterprise.as_ref().map(|known| known.source_id.clone());
                self.queue.push_back(Pending { place, depth: pending.depth + 1, enterprise, source_id, named });
            }
        }
        Ok(())
    }

    /// Adds the enterprises that a party holds shares in.
    async fn grow_down(&mut self, pending: &Pending) -> Result<(), Stop> {
        let mut held = Vec::new();
        for by in numbers(pending) {
            let shares = self.joins.shares(&by).await?;
            if shares.is_cut {
                self.graph.cut();
            }
            held.extend(shares.all);
        }
        for share in largest_first(held) {
            if self.is_late() {
                return Ok(());
            }
            if !self.seen.insert(share.key.clone()) {
                continue;
            }
            let source_id = share.body.enterprise_source_id.clone();
            let enterprise = self.joins.enterprise_of_source(&source_id).await?;
            let mark = match &enterprise {
                Some(enterprise) => Mark::Enterprise(enterprise.key.clone()),
                None => Mark::Source(source_id.clone()),
            };
            let Some((place, is_new)) = self.graph.node(mark, pending.depth + 1) else { return Ok(()) };
            self.name_enterprise(place, enterprise.as_ref());
            self.graph.name(pending.place, HOLDER, &share.body.holder.clone().unwrap_or_default());
            self.graph.flag_holder(pending.place, &share);
            self.graph.connect(pending.place, place, &share);
            if is_new {
                let (depth, source_id) = (pending.depth + 1, Some(source_id));
                self.queue.push_back(Pending { place, depth, enterprise, source_id, named: None });
            }
        }
        Ok(())
    }

    /// Cuts the tree when its time is over.
    fn is_late(&mut self) -> bool {
        let is_late = self.clock.now() >= self.end;
        if is_late {
            self.graph.cut();
        }
        is_late
    }

    fn name_enterprise(&mut self, place: usize, enterprise: Option<&Enterprise>) {
        if let Some(enterprise) = enterprise {
            self.graph.name(place, "enterprise", &enterprise.party());
        }
    }
}

/// The caller knows what it asked by; the kind of an identifier says what it names.
fn asked(by: &Identifier) -> Party {
    let kind = if by.kind().is_person() { PartyKind::Person } else { PartyKind::Organisation };
    Party { identifier: Some(by.into()), kind: kind.into(), ..Party::default() }
}

/// The numbers by which a party is named as a holder.
fn numbers(pending: &Pending) -> Vec<Identifier> {
    let known = pending.enterprise.as_ref();
    let registered = known.into_iter().flat_map(|known| [&known.uscc, &known.registration_number]).flatten();
    let named = pending.named.as_ref().filter(|by| by.kind() != IdentifierKind::SourceKey);
    let mut numbers: Vec<Identifier> = registered.chain(named).cloned().collect();
    numbers.sort();
    numbers.dedup();
    numbers
}

fn mark_of_holder(share: &Share, party: &Party, enterprise: Option<&Enterprise>) -> Mark {
    match (enterprise, &party.identifier) {
        (Some(enterprise), _) => Mark::Enterprise(enterprise.key.clone()),
        (None, Some(WireIdentifier { kind, value })) => Mark::Identifier(kind.clone(), value.clone()),
        (None, None) => Mark::Share(share.key.clone()),
    }
}

/// Equal shares in the order of their keys.
fn largest_first(mut shares: Vec<Share>) -> Vec<Share> {
    shares.sort_by_cached_key(|share| (Reverse(share.size()), share.key.clone()));
    shares
}
