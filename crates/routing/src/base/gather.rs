//! What one resource says of the subject of a base.

use crate::{
    coverage::Cover,
    derive::{Derivation, Derived, Wish},
    find::published,
    ground::Ground,
    parties::Sought,
    person::{self, NATURAL_PERSON},
    present::{Presenter, Standing},
    reader::{Batch, Held, Reader, Wanted},
    stop::{Away, Stop},
};
use contract::json;
use domain::{Identifier, Timestamp, catalogue::Resource};
use serde_json::Value;
use store::{Index, ViewReader};

/// Records read in one go.
const PAGE: usize = 64;
/// Most records of one resource that are looked at.
const MAX_READ: usize = 1_000;

/// What came of it.
pub(super) enum Gathered {
    /// These, newest first.
    Said(Vec<Said>),
    /// More than one on a unique lookup.
    Several,
}

/// A record as it stands, and in JSON form.
pub(super) struct Said {
    standing: Standing,
    json: Value,
}

impl Said {
    fn read(resource: &Resource, standing: Standing) -> Result<Self, Stop> {
        let json = json::to_value(&resource.message, &standing.body);
        let json = json.map_err(|_| Away::Damaged(resource.id.clone()))?;
        Ok(Self { standing, json })
    }

    /// Whether it is more than the word that there is no record.
    pub(super) fn is_on_record(&self) -> bool {
        !self.standing.version.is_empty()
    }

    pub(super) fn source_time(&self) -> Timestamp {
        self.standing.cursor.source_time
    }

    pub(super) fn version(&self) -> &str {
        &self.standing.version
    }

    pub(super) fn received_at(&self) -> Option<prost_types::Timestamp> {
        self.standing.received_at
    }

    /// An item, a party's `<party>.name`, or `*` for the whole record.
    fn value(&self, field: &str) -> Option<&Value> {
        if field == "*" {
            return Some(&self.json);
        }
        match field.strip_suffix(".name") {
            Some(party) => self.json.get(party)?.get("name"),
            None => self.json.get(field),
        }
    }
}

/// What the records say of a field, and when: the newest that says something, or as a list what each says.
pub(super) fn value_of(all: &[Said], field: &str, is_list: bool) -> Option<(Value, Timestamp)> {
    let mut saying = all.iter().filter_map(|one| Some((one.value(field)?.clone(), one.source_time())));
    let (first, source_time) = saying.next()?;
    if !is_list {
        return Some((first, source_time));
    }
    let values = std::iter::once(first).chain(saying.map(|(value, _)| value));
    Some((Value::Array(values.collect()), source_time))
}

/// Whose identifier it must be: that of a party whose lookup is not wide.
pub(super) fn sought(resource: &Resource, by: &Identifier) -> Sought {
    Sought::of(resource, by.kind(), |lookup| !lookup.wide)
}

/// Gathers what a resource says.
pub(super) async fn gather<'a, V: ViewReader>(
    ground: &Ground<'a, V>,
    reader: Reader<'a, V>,
    resource: &Resource,
    by: &Identifier,
) -> Result<Gathered, Stop> {
    let Some(derivation) = Derivation::of(resource) else {
        return present(ground, reader, resource, held(&reader, resource, by).await?, by).await;
    };
    let cover = Cover::within(ground.snapshot, resource, published(resource), &[]);
    let wish = Wish { reader, resource, cover: &cover, by, now: ground.now };
    match derivation.derive(&wish).await? {
        Derived::Several => Ok(Gathered::Several),
        Derived::Standing(standing) => said(resource, standing),
    }
}

async fn present<'a, V: ViewReader>(
    ground: &Ground<'a, V>,
    reader: Reader<'a, V>,
    resource: &Resource,
    held: Vec<Held>,
    by: &Identifier,
) -> Result<Gathered, Stop> {
    let is_unique = resource.lookups_by(by.kind()).any(|lookup| lookup.unique && !lookup.wide);
    if is_unique && held.len() > 1 {
        return Ok(Gathered::Several);
    }
    let mut presenter = Presenter::joined(reader, resource, ground.now, ground.settings.offset);
    let mut standing = Vec::new();
    for one in held {
        standing.push(presenter.present(one).await?);
    }
    said(resource, standing)
}

fn said(resource: &Resource, standing: Vec<Standing>) -> Result<Gathered, Stop> {
    standing.into_iter().map(|one| Said::read(resource, one)).collect::<Result<_, _>>().map(Gathered::Said)
}

async fn held<V: ViewReader>(reader: &Reader<'_, V>, resource: &Resource, by: &Identifier) -> Result<Vec<Held>, Stop> {
    let sought = sought(resource, by);
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let wanted = Wanted { by, after: after.as_ref(), limit: PAGE };
        let Batch { records, next } = reader.joined(&resource.id, Index::Subject, wanted).await?;
        found.extend(records.into_iter().filter(|held| sought.admits(held.body(), by)));
        after = next;
        if after.is_none() || found.len() >= MAX_READ {
            break;
        }
    }
    Ok(if resource.id == NATURAL_PERSON { person::without_moved_out(found) } else { found })
}
