//! Counting: how often a grant was used this second, this day, and for one subject this day.

use crate::Approved;
use chrono::{FixedOffset, NaiveDate};
use domain::{Reason, Timestamp, catalogue::Quota};
use std::{collections::HashMap, time::Duration};

/// Subjects remembered a day, over all grants; beyond it, grants with a limit per subject refuse rather
/// than forget. So many fit into a table of 2^22 places at 25 bytes each, some 105 MB.
const MAX_SUBJECTS: usize = 3_500_000;

/// What is left of a grant's quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Questions left this second.
    pub per_second: Option<u32>,
    /// Questions left this day.
    pub per_day: Option<u32>,
}

/// A question that was counted before this process began, or by another node.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// A grant that it rested on.
    pub grant: &'a str,
    /// Mark of its subject, when the grant has a limit per subject.
    pub subject: Option<u64>,
    /// For how many it counts on its subject.
    pub weight: u32,
    /// When it was asked.
    pub at: Timestamp,
}

/// The counters of one node.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    grants: HashMap<String, Used>,
    /// By the grant's number of the day and the subject's mark.
    subjects: HashMap<(usize, u64), u32>,
    day: Option<NaiveDate>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Used {
    /// The grant's number of the day, in the order of first use.
    number: usize,
    second: i64,
    in_second: u32,
    in_day: u32,
}

impl Counters {
    /// Counts one question on every grant it rests on, or on none.
    pub(crate) fn count(
        &mut self,
        approved: &[Approved],
        now: Timestamp,
        offset: FixedOffset,
    ) -> Result<(), (String, Reason, Duration)> {
        self.turn_day(now, offset);
        for (place, each) in approved.iter().enumerate() {
            if is_first_of_grant(approved, place) {
                self.check(each, now, offset).map_err(|(reason, wait)| (each.grant.id.clone(), reason, wait))?;
            }
        }
        for (place, each) in approved.iter().enumerate() {
            if is_first_of_grant(approved, place) {
                self.add(each, now);
            }
        }
        Ok(())
    }

    /// Counts a question of before or from elsewhere; one of another day than `now` counts no more.
    pub(crate) fn recount(&mut self, counted: &Counted<'_>, now: Timestamp, offset: FixedOffset) {
        self.turn_day(now, offset);
        if Some(domain::clock::local_day(counted.at, offset)) != self.day {
            return;
        }
        let mut used = self.used(counted.grant, now);
        used.in_second += u32::from(counted.at.timestamp() == used.second);
        used.in_day += 1;
        self.grants.insert(counted.grant.to_owned(), used);
        if let Some(subject) = counted.subject.filter(|_| self.subjects.len() < MAX_SUBJECTS) {
            *self.subjects.entry((used.number, subject)).or_default() += counted.weight;
        }
    }

    /// What is left of `quota` for the grant `id`.
    pub(crate) fn left(&mut self, id: &str, quota: &Quota, now: Timestamp, offset: FixedOffset) -> Left {
        self.turn_day(now, offset);
        let used = self.used(id, now);
        Left {
            per_second: quota.per_second.map(|limit| limit.saturating_sub(used.in_second)),
            per_day: quota.per_day.map(|limit| limit.saturating_sub(used.in_day)),
        }
    }

    fn check(&self, each: &Approved, now: Timestamp, offset: FixedOffset) -> Result<(), (Reason, Duration)> {
        let quota = &each.grant.quota;
        let used = self.used(&each.grant.id, now);
        let tomorrow = until_tomorrow(now, offset);
        if quota.per_second.is_some_and(|limit| used.in_second >= limit) {
            return Err((Reason::QuotaSecond, Duration::from_secs(1)));
        }
        if quota.per_day.is_some_and(|limit| used.in_day >= limit) {
            return Err((Reason::QuotaDay, tomorrow));
        }
        if quota.per_subject_per_day.is_some_and(|limit| !self.subject_fits(used.number, each, limit)) {
            return Err((Reason::QuotaSubject, tomorrow));
        }
        Ok(())
    }

    fn subject_fits(&self, number: usize, each: &Approved, limit: u32) -> bool {
        match self.subjects.get(&(number, each.subject)) {
            Some(used) => used.saturating_add(each.weight) <= limit,
            None => each.weight <= limit && self.subjects.len() < MAX_SUBJECTS,
        }
    }

    fn add(&mut self, each: &Approved, now: Timestamp) {
        let mut used = self.used(&each.grant.id, now);
        used.in_second += 1;
        used.in_day += 1;
        self.grants.insert(each.grant.id.clone(), used);
        if each.grant.quota.per_subject_per_day.is_some() {
            *self.subjects.entry((used.number, each.subject)).or_default() += each.weight;
        }
    }

    fn used(&self, id: &str, now: Timestamp) -> Used {
        let second = now.timestamp();
        // A number that no subject has yet, until the grant is counted for the first time this day.
        let unused = || Used { number: self.grants.len(), ..Used::default() };
        let used = self.grants.get(id).copied().unwrap_or_else(unused);
        if used.second == second { used } else { Used { second, in_second: 0, ..used } }
    }

    fn turn_day(&mut self, now: Timestamp, offset: FixedOffset) {
        let today = domain::clock::local_day(now, offset);
        if self.day != Some(today) {
            self.day = Some(today);
            self.grants.clear();
            self.subjects.clear();
        }
    }
}

fn is_first_of_grant(approved: &[Approved], place: usize) -> bool {
    let grant = &approved[place].grant.id;
    approved[..place].iter().all(|earlier| earlier.grant.id != *grant)
}

fn until_tomorrow(now: Timestamp, offset: FixedOffset) -> Duration {
    let seconds = (now.timestamp() + i64::from(offset.local_minus_utc())).rem_euclid(86_400);
    Duration::from_secs(u64::try_from(86_400 - seconds).unwrap_or(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_subjects_stays_within_its_bound() {
        let places = (MAX_SUBJECTS * 8 / 7).next_power_of_two();
        // One byte more than the entry is the table's own.
        assert!(places * (size_of::<((usize, u64), u32)>() + 1) <= 105 << 20);
    }
}
