//! The one maker of permits.

use crate::{
    Approved, Ask, Denial, Left, Permit,
    judge::judge,
    quota::{Counted, Counters},
};
use chrono::FixedOffset;
use domain::{
    Timestamp,
    catalogue::{Catalogue, Grant},
};
use std::{
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Decides, counts, and makes permits.
#[derive(Debug)]
pub struct Gate {
    offset: FixedOffset,
    counters: Mutex<Counters>,
}

impl Gate {
    /// A gate whose days and office hours are in `offset`.
    #[must_use]
    pub fn new(offset: FixedOffset) -> Self {
        Self { offset, counters: Mutex::default() }
    }

    /// Judges a question without counting it.
    ///
    /// # Errors
    /// The [`Denial`] of the grant that came closest.
    pub fn judge(&self, catalogue: &Catalogue, ask: &Ask<'_>, now: Timestamp) -> Result<Approved, Denial> {
        judge(catalogue, ask, now, self.offset)
    }

    /// Counts one question that rests on all of `approved`, once per grant, and makes its permits.
    ///
    /// # Errors
    /// A quota's [`Denial`]; nothing is counted then.
    pub fn count(&self, approved: Vec<Approved>, now: Timestamp) -> Result<Vec<Permit>, Denial> {
        self.book(&approved, now)?;
        Ok(approved.into_iter().map(Permit::of).collect())
    }

    /// Judges and counts a question about one resource.
    ///
    /// # Errors
    /// The [`Denial`].
    pub fn admit(&self, catalogue: &Catalogue, ask: &Ask<'_>, now: Timestamp) -> Result<Permit, Denial> {
        let approved = self.judge(catalogue, ask, now)?;
        self.book(slice::from_ref(&approved), now)?;
        Ok(Permit::of(approved))
    }

    /// What is left of a grant's quotas.
    #[must_use]
    pub fn left(&self, grant: &Grant, now: Timestamp) -> Left {
        self.counters().left(&grant.id, &grant.quota, now, self.offset)
    }

    /// Counts a question that was counted before this process began, or by another node: quotas outlive a restart.
    pub fn recount(&self, counted: &Counted<'_>, now: Timestamp) {
        self.counters().recount(counted, now, self.offset);
    }

    /// The one way to a permit: every maker of one counts here first.
    fn book(&self, approved: &[Approved], now: Timestamp) -> Result<(), Denial> {
        let denied = |(grant, reason, wait)| Denial { reason, grant: Some(grant), retry_after: Some(wait) };
        self.counters().count(approved, now, self.offset).map_err(denied)
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
