//! The judgement of one question by the grants of its caller.

use crate::{Approved, Ask, Items, Use};
use chrono::{Datelike, FixedOffset};
use domain::{
    CallerKind, Reason, Timestamp,
    catalogue::{Catalogue, Grant, GrantMode, Hours, Sharing, TimeOfDay},
};
use std::{sync::Arc, time::Duration};

/// Why a question is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The reason.
    pub reason: Reason,
    /// The grant that came closest, if any.
    pub grant: Option<String>,
    /// When asking again may help, for quotas.
    pub retry_after: Option<Duration>,
}

/// What one grant says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The grant.
    pub grant: String,
    /// `None` when it allows the question.
    pub reason: Option<Reason>,
}

/// The order in which a grant is checked; a grant that fails later came closer.
const ORDER: [Reason; 8] = [
    Reason::NoGrant,
    Reason::Mode,
    Reason::Validity,
    Reason::Purpose,
    Reason::Lookup,
    Reason::Item,
    Reason::Subject,
    Reason::Hours,
];

/// What each of the caller's grants for the resource says.
#[must_use]
pub fn explain(catalogue: &Catalogue, ask: &Ask<'_>, now: Timestamp, offset: FixedOffset) -> Vec<Finding> {
    let grants = grants_of(catalogue, ask);
    grants.map(|grant| Finding { grant: grant.id.clone(), reason: fault(grant, ask, now, offset) }).collect()
}

/// The first grant, by id, that allows the question; else the reason of the one that came closest.
pub(crate) fn judge(
    catalogue: &Catalogue,
    ask: &Ask<'_>,
    now: Timestamp,
    offset: FixedOffset,
) -> Result<Approved, Denial> {
    if ask.caller.kind != CallerKind::Consumer {
        return Err(denial(Reason::CallerKind, None));
    }
    if ask.resource.sharing == Sharing::NotShared {
        return Err(denial(Reason::NotShared, None));
    }
    let mut closest = denial(Reason::NoGrant, None);
    for grant in grants_of(catalogue, ask) {
        match fault(grant, ask, now, offset) {
            None => return Ok(approve(grant, ask)),
            Some(reason) if rank(reason) > rank(closest.reason) => closest = denial(reason, Some(grant.id.clone())),
            Some(_) => {}
        }
    }
    Err(closest)
}

fn denial(reason: Reason, grant: Option<String>) -> Denial {
    Denial { reason, grant, retry_after: None }
}

fn rank(reason: Reason) -> usize {
    ORDER.iter().position(|listed| *listed == reason).unwrap_or_default()
}

fn grants_of<'a>(catalogue: &'a Catalogue, ask: &'a Ask<'_>) -> impl Iterator<Item = &'a Arc<Grant>> {
    catalogue
        .grants
        .values()
        .filter(|grant| grant.consumer == ask.caller.id() && grant.items_of(&ask.resource.id).is_some())
}

/// The first check, in [`ORDER`], that `grant` fails.
fn fault(grant: &Grant, ask: &Ask<'_>, now: Timestamp, offset: FixedOffset) -> Option<Reason> {
    let local = now.with_timezone(&offset);
    let checks = [
        (Reason::Mode, mode_fits(grant.mode, ask.r#use)),
        (Reason::Validity, is_valid_on(grant, domain::catalogue::Day(local.date_naive()))),
        (Reason::Purpose, grant.is_for_every_matter() || grant.matters.iter().any(|matter| matter == ask.matter)),
        (Reason::Lookup, lookup_fits(grant, ask)),
        (Reason::Item, items_fit(grant, ask)),
        (Reason::Subject, ask.confirmed || !grant.subjects.confirmation),
        (Reason::Hours, grant.hours.is_none_or(|hours| is_within(hours, local))),
    ];
    checks.into_iter().find(|(_, holds)| !holds).map(|(reason, _)| reason)
}

/// Who may see a value may compare it.
fn mode_fits(mode: GrantMode, r#use: Use) -> bool {
    match r#use {
        Use::Read => mode == GrantMode::Read,
        Use::Match { .. } => matches!(mode, GrantMode::Read | GrantMode::Match),
        Use::Ledger => mode == GrantMode::Ledger,
    }
}

fn is_valid_on(grant: &Grant, today: domain::catalogue::Day) -> bool {
    grant.valid_from.is_none_or(|from| from <= today) && grant.valid_to.is_none_or(|to| today <= to)
}

/// The ledger is asked by any kind of identifier.
fn lookup_fits(grant: &Grant, ask: &Ask<'_>) -> bool {
    if ask.r#use == Use::Ledger {
        return true;
    }
    ask.resource.lookups_by(ask.by.kind()).any(|lookup| grant.allows(lookup))
}

fn items_fit(grant: &Grant, ask: &Ask<'_>) -> bool {
    let granted = Items::from_names(grant.items_of(&ask.resource.id).unwrap_or_default());
    ask.items.iter().all(|item| granted.contains(item))
}

fn is_within(hours: Hours, local: chrono::DateTime<FixedOffset>) -> bool {
    let time = TimeOfDay::of(local.time());
    hours.days.contains(local.weekday()) && hours.from <= time && time < hours.to
}

fn approve(grant: &Arc<Grant>, ask: &Ask<'_>) -> Approved {
    let granted = Items::from_names(grant.items_of(&ask.resource.id).unwrap_or_default());
    let shown = if ask.items.is_empty() { granted.clone() } else { Items::from_names(ask.items) };
    let weight = match ask.r#use {
        Use::Match { claims } => claims,
        Use::Read | Use::Ledger => 1,
    };
    Approved {
        grant: Arc::clone(grant),
        resource: Arc::clone(ask.resource),
        granted,
        shown,
        kind: ask.by.kind(),
        subject: ask.mark,
        weight,
    }
}
