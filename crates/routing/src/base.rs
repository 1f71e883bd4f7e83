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
    Identifier, Outcome,
    catalogue::{Item, Resource, ResourceKind, SourceRule},
};
use gather::{Gathered, Said};
use policy::{Items, Permit, Use};
use prost::Message;
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

/// Coverage of a base: the strictest of the resources that the items shown come from.
pub(crate) fn cover<V>(ground: &Ground<'_, V>, permit: &Permit) -> Cover {
    let base = permit.resource();
    let own = Cover::within(ground.snapshot, base, &base.id, permit.divisions());
    let sources = sources(ground, base, permit.items());
    let covers = sources.iter().map(|source| Cover::within(ground.snapshot, source, published(source), &[]));
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
    let sources = sources(ground, permit.resource(), permit.items());
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
    let inside = newest.filter(|newest| newest.is_on_record()).and_then(|newest| {
        let record = compose(permit, &said);
        is_inside(&reader, &record).then(|| standing(permit.resource(), by, newest, &record))
    });
    match inside {
        Some(standing) => Ok(Finding::one(standing)),
        None => nothing(&reader, cover, by, &said).await.map(Finding::Nothing),
    }
}

async fn nothing<V: ViewReader>(
    reader: &Reader<'_, V>,
    cover: &Cover,
    by: &Identifier,
    said: &[(Arc<Resource>, Vec<Said>)],
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

/// The resources that the items shown come from, each once.
fn sources<V>(ground: &Ground<'_, V>, base: &Resource, items: &Items) -> Vec<Arc<Resource>> {
    let shown = base.items.iter().filter(|item| shows(items, item) != Shows::Nothing);
    let rules = shown.filter_map(|item| base.source_of(&item.name));
    let ids: BTreeSet<&str> = rules.flat_map(SourceRule::in_order).collect();
    ids.into_iter().filter_map(|id| ground.resource(id).cloned()).collect()
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

fn compose(permit: &Permit, said: &[(Arc<Resource>, Vec<Said>)]) -> ComposedRecord {
    let base = permit.resource();
    let items = base.items.iter().filter_map(|item| {
        let rule = base.source_of(&item.name)?;
        let shows = shows(permit.items(), item);
        let mut values = rule.in_order().filter_map(|id| {
            let (source, all) = said.iter().find(|(source, _)| source.id == id)?;
            let (value, source_time) = gather::value_of(all, rule.field_in(id), item.data_type == "list")?;
            let value = if shows == Shows::NameOfParty { value::name_of_party(&value)? } else { value };
            let source_time = Some(convert::to_wire(source_time));
            Some((value, source.id.clone(), source_time))
        });
        let (value, resource, source_time) = values.next().filter(|_| shows != Shows::Nothing)?;
        let others = values.filter(|(other, ..)| !value::is_same(&value, other));
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

/// Whether the record lies inside the divisions of the permit: one that does not say so does not.
fn is_inside<V: ViewReader>(reader: &Reader<'_, V>, record: &ComposedRecord) -> bool {
    let permit = reader.permit();
    let Some(item) = permit.resource().division_item.as_ref() else { return permit.divisions().is_empty() };
    let value =
        record.items.iter().find(|composed| composed.item == *item).and_then(|composed| composed.value.as_ref());
    permit.divisions().is_empty() || value.and_then(value::text).is_some_and(|code| reader.is_inside(code))
}

fn standing(base: &Resource, by: &Identifier, newest: &Said, record: &ComposedRecord) -> Standing {
    Standing {
        department: base.department.clone(),
        cursor: Cursor { source_time: newest.source_time(), key: by.value().to_owned() },
        version: newest.version().to_owned(),
        received_at: newest.received_at(),
        flags: Vec::new(),
        body: record.encode_to_vec(),
    }
}
