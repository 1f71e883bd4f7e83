//! The order of judgement: any current record, else any withdrawn, else no coverage, else not found.

use crate::{
    base,
    coverage::Cover,
    derive::{Derivation, Derived, Wish},
    ground::Ground,
    live,
    person::{self, NATURAL_PERSON},
    present::{Presenter, Standing},
    reader::{Batch, Held, Reader, Wanted},
    stop::{Away, Stop},
};
use domain::{
    Identifier, Outcome, Timestamp,
    catalogue::{Resource, ResourceKind},
};
use policy::Permit;
use std::{cmp::Reverse, collections::VecDeque};
use store::{Cursor, ViewReader};

/// Records read in one go.
const PAGE: usize = 64;
/// Most records of one number that are looked at together.
const MAX_TOGETHER: usize = 1_000;

/// What was found.
pub(crate) enum Finding<'a, V> {
    /// One or more current records.
    Current(Hits<'a, V>),
    /// More than one on a unique lookup.
    Ambiguous,
    /// None.
    Nothing(Nothing),
}

/// What is said of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nothing {
    /// WITHDRAWN, `NO_COVERAGE` or `NOT_FOUND`.
    pub(crate) outcome: Outcome,
    /// When the record was taken back.
    pub(crate) withdrawn_at: Option<Timestamp>,
}

/// Current records, one after the other.
pub(crate) struct Hits<'a, V> {
    source: Source<'a, V>,
}

enum Source<'a, V> {
    Held(Box<Walk<'a, V>>),
    Derived(VecDeque<Standing>),
}

struct Walk<'a, V> {
    reader: Reader<'a, V>,
    presenter: Presenter<'a, V>,
    by: &'a Identifier,
    ready: VecDeque<Held>,
    /// Where reading goes on; `None` at the end.
    next: Option<Cursor>,
}

/// Which resource's records the permit's records are made of.
pub(crate) fn published(resource: &Resource) -> &str {
    match Derivation::of(resource) {
        Some(derivation) => derivation.published(),
        None => &resource.id,
    }
}

/// Coverage of the permit's resource.
pub(crate) fn cover<V>(ground: &Ground<'_, V>, permit: &Permit) -> Cover {
    if base::is_base(permit.resource()) { base::cover(ground, permit) } else { live::cover(ground, permit) }
}

/// Looks for current records of the permit's resource, after `after` on a later page.
pub(crate) async fn find<'a, V: ViewReader>(
    ground: &Ground<'a, V>,
    permit: &'a Permit,
    cover: &Cover,
    by: &'a Identifier,
    after: Option<Cursor>,
) -> Result<Finding<'a, V>, Stop> {
    let reader = ground.shelf.reader(permit);
    let resource = permit.resource();
    let is_held = matches!(resource.kind, ResourceKind::Record | ResourceKind::Certificate) && resource.route.held;
    if let Some(derivation) = Derivation::of(resource) {
        let wish = Wish { reader, resource, cover, by, now: ground.now };
        return match Box::pin(derivation.derive(&wish)).await? {
            Derived::Several => Ok(Finding::Ambiguous),
            Derived::Standing(none) if none.is_empty() => nothing(&reader, cover, by).await.map(Finding::Nothing),
            Derived::Standing(standing) => Ok(listed(standing, after.as_ref())),
        };
    }
    if base::is_base(resource) {
        return Box::pin(base::find(ground, permit, cover, by)).await;
    }
    if live::is_live(resource) {
        return Box::pin(live::find(ground, permit, cover, by)).await;
    }
    if !is_held {
        return Err(Away::NoSource(resource.id.clone()).into());
    }
    let mut walk = Walk {
        reader,
        presenter: Presenter::new(reader, ground.now, ground.settings.offset),
        by,
        ready: VecDeque::new(),
        next: None,
    };
    if permit.is_unique() || resource.id == NATURAL_PERSON {
        walk.read_together().await?;
    } else {
        walk.read_first(None).await?;
    }
    match walk.ready.len() {
        0 => nothing(&reader, cover, by).await.map(Finding::Nothing),
        several if several > 1 && permit.is_unique() => Ok(Finding::Ambiguous),
        _ => {
            walk.skip(after).await?;
            Ok(Finding::Current(Hits { source: Source::Held(Box::new(walk)) }))
        }
    }
}

impl<V> Finding<'_, V> {
    /// One record that no page follows.
    pub(crate) fn one(standing: Standing) -> Self {
        listed(vec![standing], None)
    }

    /// Nothing, and nothing was taken back.
    pub(crate) fn none(outcome: Outcome) -> Self {
        Self::Nothing(Nothing { outcome, withdrawn_at: None })
    }
}

/// Records that are all there, without those that earlier pages showed.
fn listed<'a, V>(standing: Vec<Standing>, after: Option<&Cursor>) -> Finding<'a, V> {
    let is_left = |one: &Standing| after.is_none_or(|after| place(&one.cursor) > place(after));
    Finding::Current(Hits { source: Source::Derived(standing.into_iter().filter(is_left).collect()) })
}

/// What is said when there is no current record.
pub(crate) async fn nothing<V: ViewReader>(
    reader: &Reader<'_, V>,
    cover: &Cover,
    by: &Identifier,
) -> Result<Nothing, Stop> {
    let withdrawn_at = reader.withdrawn(published(reader.permit().resource()), by).await?;
    let outcome = if withdrawn_at.is_some() { Outcome::Withdrawn } else { cover.outcome_of_nothing(by) };
    Ok(Nothing { outcome, withdrawn_at })
}

impl<V: ViewReader> Hits<'_, V> {
    /// The next record as it stands now.
    pub(crate) async fn next(&mut self) -> Result<Option<Standing>, Stop> {
        match &mut self.source {
            Source::Derived(standing) => Ok(standing.pop_front()),
            Source::Held(walk) => {
                walk.fill().await?;
                match walk.ready.pop_front() {
                    Some(held) => walk.presenter.present(held).await.map(Some),
                    None => Ok(None),
                }
            }
        }
    }
}

impl<V: ViewReader> Walk<'_, V> {
    /// All records of the number at once, as they decide about each other.
    async fn read_together(&mut self) -> Result<(), Stop> {
        let mut records = Vec::new();
        let mut after = None;
        loop {
            let wanted = Wanted { by: self.by, after: after.as_ref(), limit: PAGE };
            let Batch { records: page, next } = self.reader.current(wanted).await?;
            records.extend(page);
            after = next;
            if after.is_none() || records.len() >= MAX_TOGETHER {
                break;
            }
        }
        if self.reader.permit().resource().id == NATURAL_PERSON {
            records = person::without_moved_out(records);
        }
        self.ready = records.into();
        Ok(())
    }

    /// Reads until there is a record, or the end.
    async fn read_first(&mut self, mut after: Option<Cursor>) -> Result<(), Stop> {
        loop {
            let wanted = Wanted { by: self.by, after: after.as_ref(), limit: PAGE };
            let Batch { records, next } = self.reader.current(wanted).await?;
            self.ready = records.into();
            self.next = next;
            if !self.ready.is_empty() || self.next.is_none() {
                return Ok(());
            }
            after = self.next.take();
        }
    }

    async fn fill(&mut self) -> Result<(), Stop> {
        if !self.ready.is_empty() || self.next.is_none() {
            return Ok(());
        }
        let after = self.next.take();
        self.read_first(after).await
    }

    /// Leaves out what earlier pages showed.
    async fn skip(&mut self, after: Option<Cursor>) -> Result<(), Stop> {
        let Some(after) = after else { return Ok(()) };
        if self.next.is_some() {
            return self.read_first(Some(after)).await;
        }
        self.ready.retain(|held| place(&held.cursor) > place(&after));
        Ok(())
    }
}

/// Newest source time first, then by key.
pub(crate) fn place(cursor: &Cursor) -> (Reverse<i64>, &str) {
    (Reverse(cursor.source_time.timestamp_micros()), &cursor.key)
}
