//! Composed bases (基础库): a record put together, item by item, from what other resources say of one subject.
//!
//! Rests on a grant of the base. What resources say beside their authority is shown only where they are granted
//! themselves.

mod gather;
mod value;

use crate::{
    coverage::Cover,
    find::{Finding, Nothing, published},
    ground::{Ground, Plea},
    present::Standing,
    question::Common,
    reader::Reader,
    stop::{Away, Stop},
};
use contract::{
    canonical::v1::{ComposedItem, ComposedRecord, DifferingValue},
    convert,
};
use domain::{
    Identifier, Outcome, Timestamp,
    catalogue::{Item, Resource, ResourceKind, SourceRule},
};
use gather::{Gathered, Said};
use policy::{Items, Permit, Use};
use prost::Message;
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};
use store::{Cursor, ViewReader};

/// Whether a resource is composed of others.
pub(crate) fn is_base(resource: &Resource) -> bool {
    resource.kind == ResourceKind::Base
}

/// What of a base's sources is granted itself: item of the base, and resource.
#[derive(Debug, Default)]
pub(crate) struct Granted(BTreeSet<(String, String)>);

impl Granted {
    /// What the caller's grants say of the sources of a base. A grant limited to divisions does not count: what is
    /// composed says of no division which record it is from.
    pub(crate) fn of<V>(ground: &Ground<'_, V>, common: &Common, base: &Resource, by: &Identifier) -> Self {
        let is_granted = |source: &SourceRule, id: &str| {
            let Some(resource) = ground.resource(id) else { return false };
            let plea = Plea { common, r#use: Use::Read, resource, by };
            let approved = ground.judge(&plea, &[source.field_in(id).to_owned()]);
            approved.is_ok_and(|approved| approved.grant().subjects.divisions.is_empty())
        };
        let each = base.sources.iter().flat_map(|source| source.resources.iter().map(move |id| (source, id)));
        let granted = each.filter(|(source, id)| is_granted(source, id));
        Self(granted.map(|(source, id)| (source.item.clone(), id.clone())).collect())
    }

    /// The encoded record without what is not granted.
    pub(crate) fn filter(&self, base: &Resource, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let mut record = ComposedRecord::decode(body).map_err(|_| Away::Damaged(base.id.clone()))?;
        for composed in &mut record.items {
            let item = composed.item.clone();
            composed.differing.retain(|other| self.0.contains(&(item.clone(), other.resource.clone())));
        }
        Ok(record.encode_to_vec())
    }
}

/// Coverage of a base: the strictest of the authorities of the items shown. What others say beside them makes it
/// neither older nor less complete.
pub(crate) fn cover<V>(ground: &Ground<'_, V>, permit: &Permit) -> Cover {
    let base = permit.resource();
    let own = Cover::within(ground.snapshot, base, &base.id, permit.divisions());
    let authorities = rules(base, permit.items()).map(|rule| rule.authority.as_str());
    let authorities: BTreeSet<&str> = authorities.collect();
    let sources = authorities.into_iter().filter_map(|id| ground.resource(id));
    let covers = sources.map(|source| Cover::within(ground.snapshot, source, published(source), &[]));
    covers.reduce(Cover::strictest).map_or(own.clone(), |strictest| own.over(strictest))
}

/// Puts the record of a subject together.
pub(crate) async fn find<'a, V: ViewReader>(
    ground: &Ground<'a, V>,
    permit: &'a Permit,
    cover: &Cover,
    by: &'a Identifier,
) -> Result<Finding<'a, V>, Stop> {
    let reader = ground.shelf.reader(permit);
    let sources = sources(ground, permit);
    if sources.is_empty() {
        return Err(Away::NoSource(permit.resource().id.clone()).into());
    }
    let mut said = Vec::new();
    for source in sources {
        match gather::gather(ground, reader, &source, by).await? {
            Gathered::Several => return Ok(Finding::Ambiguous),
            Gathered::Said(all) => said.push((source, all)),
        }
    }
    let newest = said.iter().flat_map(|(_, all)| all).max_by_key(|one| (one.is_on_record(), one.source_time()));
    match newest.filter(|newest| newest.is_on_record() && is_inside(&reader, &said)) {
        Some(newest) => Ok(Finding::one(standing(permit.resource(), by, newest, &compose(permit, &said)))),
        None => nothing(&reader, cover, by, &said).await.map(Finding::Nothing),
    }
}

async fn nothing<V: ViewReader>(
    reader: &Reader<'_, V>,
    cover: &Cover,
    by: &Identifier,
    said: &Sayings,
) -> Result<Nothing, Stop> {
    let mut withdrawn_at = None;
    for (source, _) in said {
        if gather::sought(source, by).is_plain() {
            withdrawn_at = withdrawn_at.max(reader.withdrawn(published(source), by).await?);
        }
    }
    let outcome = if withdrawn_at.is_some() { Outcome::Withdrawn } else { cover.outcome_of_nothing(by) };
    Ok(Nothing { outcome, withdrawn_at })
}

/// The resources that the items shown come from, and the division where that matters; each once.
fn sources<V>(ground: &Ground<'_, V>, permit: &Permit) -> Vec<Arc<Resource>> {
    let base = permit.resource();
    let division = base.division_item.as_ref().filter(|_| !permit.divisions().is_empty());
    let division = division.and_then(|item| base.source_of(item));
    let ids: BTreeSet<&str> = rules(base, permit.items()).chain(division).flat_map(SourceRule::in_order).collect();
    ids.into_iter().filter_map(|id| ground.resource(id).cloned()).collect()
}

/// Where the items shown come from.
fn rules<'a>(base: &'a Resource, items: &'a Items) -> impl Iterator<Item = &'a SourceRule> {
    let shown = base.items.iter().filter(|item| shows(items, item) != Shows::Nothing);
    shown.filter_map(|item| base.source_of(&item.name))
}

/// How much of an item is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Whole,
    NameOfParty,
    Nothing,
}

fn shows(items: &Items, item: &Item) -> Shows {
    if items.contains(&item.name) {
        Shows::Whole
    } else if item.is_party() && items.contains(&format!("{}.name", item.name)) {
        Shows::NameOfParty
    } else {
        Shows::Nothing
    }
}

/// Resources and what each says.
type Sayings = [(Arc<Resource>, Vec<Said>)];

/// A value, the resource that says so, and when.
type Word<'a> = (Value, &'a str, Timestamp);

/// What is said of an item, the word that counts first.
fn words<'a>(base: &'a Resource, item: &'a Item, said: &'a Sayings) -> impl Iterator<Item = Word<'a>> {
    let is_list = item.data_type == "list";
    let rule = base.source_of(&item.name);
    let in_order = rule.into_iter().flat_map(|rule| rule.in_order().map(move |id| (id, rule.field_in(id))));
    in_order.filter_map(move |(id, field)| {
        let (_, all) = said.iter().find(|(source, _)| source.id == id)?;
        let (value, source_time) = gather::value_of(all, field, is_list)?;
        Some((value, id, source_time))
    })
}

fn compose(permit: &Permit, said: &Sayings) -> ComposedRecord {
    let base = permit.resource();
    let items = base.items.iter().filter_map(|item| {
        let shows = shows(permit.items(), item);
        let mut words = words(base, item, said).filter_map(|(value, resource, at)| {
            let value = if shows == Shows::NameOfParty { value::name_of_party(&value)? } else { value };
            Some((value, resource.to_owned(), Some(convert::to_wire(at))))
        });
        let (value, resource, source_time) = words.next().filter(|_| shows != Shows::Nothing)?;
        let others = words.filter(|(other, ..)| !value::is_same(&value, other));
        let differing = others.map(|(other, resource, source_time)| DifferingValue {
            resource,
            value: Some(value::to_wire(&other)),
            source_time,
        });
        Some(ComposedItem {
            item: item.name.clone(),
            differing: differing.collect(),
            value: Some(value::to_wire(&value)),
            resource,
            source_time,
        })
    });
    ComposedRecord { items: items.collect() }
}

/// Whether the subject is inside the divisions of the permit; one of whom no division is known is not.
fn is_inside<V: ViewReader>(reader: &Reader<'_, V>, said: &Sayings) -> bool {
    let permit = reader.permit();
    let item = permit.resource().division_item.as_ref().and_then(|name| permit.resource().item(name));
    let division = item.and_then(|item| words(permit.resource(), item, said).next());
    let is_known_inside =
        || division.is_some_and(|(code, ..)| code.as_str().is_some_and(|code| reader.is_inside(code)));
    permit.divisions().is_empty() || is_known_inside()
}

fn standing(base: &Resource, by: &Identifier, newest: &Said, record: &ComposedRecord) -> Standing {
    Standing {
        department: base.department.clone(),
        cursor: Cursor { source_time: newest.source_time(), key: by.value().to_owned() },
        version: newest.version().to_owned(),
        received_at: newest.received_at(),
        flags: Vec::new(),
        body: record.encode_to_vec(),
        people: Vec::new(),
    }
}
