//! The tree as it grows.

use crate::{joins::Share, present::SHAREHOLDING_SUM};
use contract::{
    canonical::v1::Party,
    v1::{EquityEdge, EquityNode},
};
use policy::Permit;
use std::collections::HashMap;

/// Most nodes of a tree.
pub(super) const MAX_NODES: usize = 2_000;
/// Most edges of a tree; many small shares between few parties must not make an answer too long.
const MAX_EDGES: usize = 10_000;

/// Item of a share that names who holds it.
pub(super) const HOLDER: &str = "holder";

/// What a node is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Mark {
    /// Key of an enterprise's record.
    Enterprise(String),
    /// Source key of an enterprise that is not in the register.
    Source(String),
    /// An identifier, kind and value.
    Identifier(String, String),
    /// Key of the share of a holder without identifier.
    Share(String),
}

/// Nodes and edges, as far as the permit shows them.
pub(super) struct Graph<'a> {
    permit: &'a Permit,
    nodes: Vec<EquityNode>,
    places: HashMap<Mark, usize>,
    edges: Vec<EquityEdge>,
    truncated: bool,
}

impl<'a> Graph<'a> {
    /// An empty tree.
    pub(super) fn new(permit: &'a Permit) -> Self {
        Self { permit, nodes: Vec::new(), places: HashMap::new(), edges: Vec::new(), truncated: false }
    }

    /// The place of a node, which is made if it is new (`true`); `None` when the tree is full.
    pub(super) fn node(&mut self, mark: Mark, depth: u32) -> Option<(usize, bool)> {
        if let Some(place) = self.places.get(&mark) {
            return Some((*place, false));
        }
        let place = self.nodes.len();
        if place == MAX_NODES {
            self.cut();
            return None;
        }
        self.nodes.push(EquityNode { id: format!("n{place}"), depth: Some(depth), ..EquityNode::default() });
        self.places.insert(mark, place);
        Some((place, true))
    }

    /// Says who a node is, as far as the party item `item` is granted; what is known already stays.
    pub(super) fn name(&mut self, place: usize, item: &str, party: &Party) {
        let shows_all = self.permit.items().contains(item);
        let shows_name = shows_all || self.permit.items().contains(&format!("{item}.name"));
        let Some(node) = self.nodes.get_mut(place).filter(|_| shows_name) else { return };
        let known = node.party.get_or_insert_default();
        if known.name.is_empty() {
            known.name.clone_from(&party.name);
        }
        if shows_all && known.identifier.is_none() {
            known.identifier.clone_from(&party.identifier);
        }
        if shows_all && known.kind == 0 {
            known.kind = party.kind;
        }
    }

    /// Adds a share of one node in another.
    pub(super) fn connect(&mut self, holder: usize, enterprise: usize, share: &Share) {
        if self.edges.len() == MAX_EDGES {
            self.cut();
            return;
        }
        let shown = |item: &str, value: &str| {
            if self.permit.items().contains(item) { value.to_owned() } else { String::new() }
        };
        let id = |place: usize| self.nodes.get(place).map(|node| node.id.clone()).unwrap_or_default();
        self.edges.push(EquityEdge {
            holder: id(holder),
            enterprise: id(enterprise),
            share_percent: shown("share_percent", &share.body.share_percent),
            amount: shown("subscribed_amount", &share.body.subscribed_amount),
            currency: shown("currency", &share.body.currency),
        });
    }

    /// Whether the flag of shares above a whole is shown.
    pub(super) fn shows_sums(&self) -> bool {
        self.permit.shows_flag(SHAREHOLDING_SUM)
    }

    /// Flags an enterprise whose shares add up to more than a whole.
    pub(super) fn flag_sum(&mut self, place: usize) {
        self.flag(place, SHAREHOLDING_SUM);
    }

    /// Flags a holder with what the record of its share says of it, as far as the permit shows it.
    pub(super) fn flag_holder(&mut self, place: usize, share: &Share) {
        let resource = self.permit.resource();
        for flag in &share.flags {
            let speaks_of_holder = resource.flags.iter().any(|known| known.name == *flag && known.item == HOLDER);
            if speaks_of_holder && self.permit.shows_flag(flag) {
                self.flag(place, flag);
            }
        }
    }

    fn flag(&mut self, place: usize, flag: &str) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        if node.flags.iter().all(|known| known != flag) {
            node.flags.push(flag.to_owned());
            node.flags.sort();
        }
    }

    /// Notes that there is more than the tree shows.
    pub(super) fn cut(&mut self) {
        self.truncated = true;
    }

    /// Whether there is more than the tree shows.
    pub(super) fn is_cut(&self) -> bool {
        self.truncated
    }

    /// Whether no share was found.
    pub(super) fn is_bare(&self) -> bool {
        self.edges.is_empty()
    }

    /// Nodes, edges, and whether the tree was cut.
    pub(super) fn into_wire(self) -> (Vec<EquityNode>, Vec<EquityEdge>, bool) {
        (self.nodes, self.edges, self.truncated)
    }
}
