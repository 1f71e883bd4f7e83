//! What the exchange covers of a resource, and how fresh it is.

use chrono::TimeDelta;
use contract::{convert, v1};
use domain::{
    Identifier, Outcome, Timestamp,
    catalogue::{Completeness, Resource},
    date::iso_day,
    identifier::division_of_registration,
};
use policy::Permit;
use view::Snapshot;

/// Coverage of one resource for one permit, at one moment.
#[derive(Debug)]
pub(crate) struct Cover {
    as_of: Option<Timestamp>,
    is_complete: bool,
    from: String,
    /// Of the catalogue entry.
    divisions: Vec<String>,
    /// Of the grant; these are shown when there are any.
    limits: Vec<String>,
}

impl Cover {
    /// Coverage of the permit's resource, whose records are published as `published`.
    pub(crate) fn of(snapshot: &Snapshot, permit: &Permit, published: &str) -> Self {
        let resource: &Resource = permit.resource();
        let intake = snapshot.intakes.get(&resource.department);
        let intake =
            intake.filter(|intake| intake.resources.is_empty() || intake.resources.iter().any(|id| id == published));
        let units = intake.map_or(0, |intake| match resource.coverage.complete {
            Completeness::Any => intake.finished_units,
            Completeness::Full => intake.finished_full_units,
        });
        Self {
            as_of: intake.and_then(|intake| convert::from_wire(intake.as_of.as_ref()?).ok()),
            is_complete: units > 0,
            from: resource.coverage.from.map(|day| iso_day(day.0)).unwrap_or_default(),
            divisions: resource.coverage.divisions.clone(),
            limits: permit.divisions().to_vec(),
        }
    }

    /// What is said when nothing is there: whether anything here could tell.
    pub(crate) fn outcome_of_nothing(&self, by: &Identifier) -> Outcome {
        let is_inside = |prefixes: &[String], code: &str| {
            prefixes.is_empty() || prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()))
        };
        let registered = division_of_registration(by);
        let covers = registered.is_none_or(|code| is_inside(&self.divisions, code) && is_inside(&self.limits, code));
        if self.is_complete && covers { Outcome::NotFound } else { Outcome::NoCoverage }
    }

    /// What is said when something is there. A feed without known time is older than any age.
    pub(crate) fn outcome_of_found(&self, now: Timestamp, max_age: Option<TimeDelta>) -> Outcome {
        let is_stale = max_age.is_some_and(|limit| self.as_of.is_none_or(|as_of| now - as_of > limit));
        if is_stale { Outcome::Stale } else { Outcome::Found }
    }

    /// As the answer shows it.
    pub(crate) fn message(&self) -> v1::Coverage {
        let divisions = if self.limits.is_empty() { &self.divisions } else { &self.limits };
        v1::Coverage {
            from: self.from.clone(),
            divisions: divisions.clone(),
            as_of: self.as_of.map(convert::to_wire),
            complete: self.is_complete,
        }
    }
}
