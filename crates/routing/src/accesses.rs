//! `ListSubjectAccesses`: who asked about a subject, when, and for which matter.
//!
//! Shown are accesses to the resources that a grant of mode `ledger` names, refused ones too, and those to the ledger itself.

use crate::{
    Method,
    answered::Answered,
    front::{Opened, Paging},
    ground::{Ground, Plea},
    question::{self, Common, Question},
    stop::{Away, Stop},
};
use contract::v1;
use domain::{Identifier, Outcome, Reason, Timestamp};
use evidence::EvidenceId;
use policy::{Approved, Denial, Permit, Use};
use std::collections::VecDeque;
use store::{Cursor, ViewReader};

/// Accesses looked at in one go.
const PAGE: usize = 256;

/// A well-formed question.
#[derive(Debug)]
pub(crate) struct ListSubjectAccesses {
    common: Common,
    by: Identifier,
    paging: Paging,
}

impl Question for ListSubjectAccesses {
    const METHOD: Method = Method::ListSubjectAccesses;

    type Wire = v1::ListSubjectAccessesRequest;

    fn read<V>(ground: &Ground<'_, V>, opened: Opened<Self::Wire>) -> Result<Self, Stop> {
        let Opened { mut wire, common, mut faults } = opened;
        let by = question::identifier(wire.by.as_ref(), &mut faults);
        let paging = Paging::read(ground, Self::METHOD, &mut wire, &mut faults);
        let by = faults.settle(by)?;
        Ok(Self { common, by, paging })
    }

    fn resource(&self) -> Option<&str> {
        None
    }

    fn subject(&self) -> &Identifier {
        &self.by
    }

    fn common(&self) -> &Common {
        &self.common
    }

    /// Refused when no resource is granted for it.
    fn judge<V>(&mut self, ground: &Ground<'_, V>) -> Result<Vec<Approved>, Stop> {
        let mut approved = Vec::new();
        let mut closest = Denial { reason: Reason::NoGrant, grant: None, retry_after: None };
        for resource in ground.snapshot.catalogue.resources.values() {
            let plea = Plea { common: &self.common, r#use: Use::Ledger, resource, by: &self.by };
            match ground.judge(&plea, &[]) {
                Ok(one) => approved.push(one),
                Err(denial) if is_closer(&denial, &closest) => closest = denial,
                Err(_) => {}
            }
        }
        if approved.is_empty() { Err(closest.into()) } else { Ok(approved) }
    }

    async fn answer<V: ViewReader>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Answered, Stop> {
        let mut bookmark = self.paging.begin(ground, permits)?;
        let mut response = v1::ListSubjectAccessesResponse::default();
        let before = bookmark.place("").and_then(|place| place.key.parse().ok());
        let mut shown = Shown { ground, by: &self.by, permits, before, at_hand: VecDeque::new() };
        while let Some((id, statement)) = shown.next()? {
            if response.accesses.len() == self.paging.size {
                response.next_page_token = self.paging.seal(ground, permits, &bookmark)?;
                break;
            }
            response.accesses.push(access(statement));
            bookmark.advance("", &Cursor { source_time: Timestamp::UNIX_EPOCH, key: id.to_string() });
        }
        let outcome = if response.accesses.is_empty() { Outcome::NotFound } else { Outcome::Found };
        Ok(Answered::new(outcome, &response))
    }
}

/// Accesses that the permits show, newest first.
struct Shown<'a, V> {
    ground: &'a Ground<'a, V>,
    by: &'a Identifier,
    permits: &'a [Permit],
    before: Option<EvidenceId>,
    at_hand: VecDeque<EvidenceId>,
}

impl<V> Shown<'_, V> {
    fn next(&mut self) -> Result<Option<(EvidenceId, v1::Statement)>, Stop> {
        let log = &self.ground.settings.evidence;
        loop {
            if self.at_hand.is_empty() {
                let found = log.accesses(self.by, self.before.as_ref(), PAGE).map_err(Away::Evidence)?;
                self.before = found.last().cloned();
                self.at_hand = found.into();
            }
            let Some(id) = self.at_hand.pop_front() else { return Ok(None) };
            let statement = log.statement(&id).map_err(Away::Evidence)?;
            if let Some(statement) = statement.filter(|statement| is_shown(statement, self.permits)) {
                return Ok(Some((id, statement)));
            }
        }
    }
}

/// A grant of the ledger comes closer than one for another use, and any grant closer than none.
fn is_closer(denial: &Denial, known: &Denial) -> bool {
    let rank = |denial: &Denial| match denial.reason {
        Reason::NoGrant | Reason::NotShared => 0,
        Reason::Mode => 1,
        _ => 2,
    };
    rank(denial) > rank(known)
}

fn is_shown(statement: &v1::Statement, permits: &[Permit]) -> bool {
    let is_of_ledger = statement.method == Method::ListSubjectAccesses.path();
    is_of_ledger
        || statement.resource.split(',').any(|resource| permits.iter().any(|permit| permit.resource().id == resource))
}

fn access(statement: v1::Statement) -> v1::SubjectAccess {
    v1::SubjectAccess {
        evidence_id: statement.evidence_id,
        time: statement.time,
        consumer: statement.consumer,
        method: statement.method,
        resource: statement.resource,
        matter: statement.matter,
        outcome: statement.outcome,
        reason: statement.reason,
    }
}
