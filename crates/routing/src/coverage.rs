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
#[derive(Debug, Clone)]
pub(crate) struct Cover {
    as_of: Option<Timestamp>,
    is_complete: bool,
    from: String,
    /// Of the catalogue entry.
    divisions: Vec<String>,
    /// Of several entries whose divisions have nothing in common: nothing is covered.
    is_nowhere: bool,
    /// Of the grant; these are shown when there are any.
    limits: Vec<String>,
}

impl Cover {
    /// Coverage of the permit's resource, whose records are published as `published`.
    pub(crate) fn of(snapshot: &Snapshot, permit: &Permit, published: &str) -> Self {
        Self::within(snapshot, permit.resource(), published, permit.divisions())
    }

    /// Coverage of `resource` under a limit to divisions.
    pub(crate) fn within(snapshot: &Snapshot, resource: &Resource, published: &str, limits: &[String]) -> Self {
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
            is_nowhere: false,
            limits: limits.to_vec(),
        }
    }

    /// Of two resources that a record is composed of, what both cover.
    pub(crate) fn strictest(self, other: Self) -> Self {
        let is_nowhere = self.is_nowhere || other.is_nowhere || are_apart(&self.divisions, &other.divisions);
        Self {
            as_of: self.as_of.zip(other.as_of).map(|(one, other)| one.min(other)),
            is_complete: self.is_complete && other.is_complete,
            from: self.from.max(other.from),
            divisions: narrower(self.divisions, other.divisions),
            is_nowhere,
            limits: self.limits,
        }
    }

    /// What is composed of resources of this coverage, under the limits of its own.
    pub(crate) fn over(self, composed_of: Self) -> Self {
        let is_nowhere = composed_of.is_nowhere || are_apart(&self.divisions, &composed_of.divisions);
        Self {
            as_of: composed_of.as_of,
            is_complete: composed_of.is_complete,
            from: self.from.max(composed_of.from),
            divisions: narrower(self.divisions, composed_of.divisions),
            is_nowhere,
            limits: self.limits,
        }
    }

    /// Up to when the feed is taken in.
    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Whether enough has been taken in to say that nothing is there.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The same of a department that is asked at `now`: it knows all it has.
    pub(crate) fn asked(self, now: Timestamp) -> Self {
        Self { as_of: Some(now), is_complete: true, ..self }
    }

    /// What is said when nothing is there: whether anything here could tell.
    pub(crate) fn outcome_of_nothing(&self, by: &Identifier) -> Outcome {
        let is_inside = |prefixes: &[String], code: &str| {
            prefixes.is_empty() || prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()))
        };
        let registered = division_of_registration(by);
        let covers = registered.is_none_or(|code| is_inside(&self.divisions, code) && is_inside(&self.limits, code));
        if self.is_complete && covers && !self.is_nowhere { Outcome::NotFound } else { Outcome::NoCoverage }
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
            complete: self.is_complete && !self.is_nowhere,
        }
    }
}

/// Whether both name divisions and none of one lies in the other.
fn are_apart(one: &[String], other: &[String]) -> bool {
    let is_in = |code: &String, prefixes: &[String]| prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()));
    let is_empty = one.is_empty() || other.is_empty();
    !is_empty && !one.iter().any(|code| is_in(code, other)) && !other.iter().any(|code| is_in(code, one))
}

/// Divisions inside both; none listed is everywhere, unless the two [are apart](are_apart).
fn narrower(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    if one.is_empty() || other.is_empty() {
        return if one.is_empty() { other } else { one };
    }
    let is_in = |code: &String, divisions: &[String]| divisions.iter().any(|prefix| code.starts_with(prefix.as_str()));
    let mut both: Vec<String> = one.iter().filter(|code| is_in(code, &other)).cloned().collect();
    both.extend(other.into_iter().filter(|code| is_in(code, &one)));
    both.sort();
    both.dedup();
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(divisions: &[&str]) -> Cover {
        Cover {
            as_of: None,
            is_complete: true,
            from: String::new(),
            divisions: divisions.iter().map(|code| (*code).to_owned()).collect(),
            is_nowhere: false,
            limits: Vec::new(),
        }
    }

    #[test]
    fn what_is_composed_of_divisions_that_are_apart_covers_nothing() {
        let uscc = Identifier::parse(domain::IdentifierKind::Uscc, "91110000600037341L").unwrap();
        for (one, other, outcome) in [
            (&["11"][..], &["12"][..], Outcome::NoCoverage),
            (&["11"], &["1101", "12"], Outcome::NoCoverage),
            (&["11"], &["1100", "12"], Outcome::NotFound),
            (&["11"], &[], Outcome::NotFound),
        ] {
            let both = of(one).strictest(of(other));
            assert_eq!(both.outcome_of_nothing(&uscc), outcome, "{one:?} {other:?}");
            assert_eq!(of(one).over(of(other)).outcome_of_nothing(&uscc), outcome, "{one:?} {other:?}");
        }
        assert!(!of(&["11"]).strictest(of(&["12"])).message().complete);
    }
}
