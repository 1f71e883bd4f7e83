//! Rows that could not be taken in: shown, put through again, put away.

use super::{Office, mask::masked, page, store_away};
use crate::service::Fault;
use contract::{convert, topics, v1};
use domain::{Caller, Timestamp};
use prost::{Message, Name};
use routing::FieldFault;
use std::collections::BTreeMap;
use store::{RejectFilter, RejectState, StoredReject, ViewReader as _};
use view::ViewError;

/// Rejects in one command.
const COMMAND: usize = 1_000;
/// Most rejects named in a request.
const NAMED: usize = 1_000;
/// Most characters of a reason.
const REASON: usize = 200;
/// Headers of a dismissal: who and why.
const DISMISSED_BY: &str = "exchange_dismissed_by";
const DISMISSED_FOR: &str = "exchange_dismissed_for";

impl Office {
    pub(super) async fn list_rejects(
        &self,
        caller: &Caller,
        mut request: v1::ListRejectsRequest,
    ) -> Result<v1::ListRejectsResponse, Fault> {
        let size = page::size(std::mem::take(&mut request.page_size))?;
        let token = std::mem::take(&mut request.page_token);
        let question = request.encode_to_vec();
        let after = self.page_start(caller, &question, &token)?.and_then(|place| place_of(&place));
        let filter = RejectFilter { after, limit: size + 1, ..filter(&request)? };
        let mut found = self.parts.view.rejects(&filter).await.map_err(|error| store_away(&error))?;
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        let next = last.map(|last| self.page_token(caller, &question, &place(last))).transpose()?;
        let rejects = found.iter().map(|stored| read(stored).map(|reject| shown(stored, reject)));
        Ok(v1::ListRejectsResponse {
            rejects: rejects.collect::<Result<_, _>>()?,
            next_page_token: next.unwrap_or_default(),
        })
    }

    pub(super) async fn get_reject(
        &self,
        caller: &Caller,
        request: &v1::GetRejectRequest,
    ) -> Result<v1::GetRejectResponse, Fault> {
        let stored = self.stored(&request.reject_id).await?;
        let mut reject = read(&stored)?;
        let original = std::mem::take(&mut reject.original);
        let masked = masked(&reject.encoding, &original);
        if request.reveal {
            tracing::info!(%caller, reject_id = stored.id, "original of a reject revealed");
        }
        let original = if request.reveal { original } else { Vec::new() };
        Ok(v1::GetRejectResponse { reject: Some(shown(&stored, reject)), masked, original })
    }

    pub(super) async fn redrive(
        &self,
        caller: &Caller,
        request: v1::RedriveRequest,
    ) -> Result<v1::RedriveResponse, Fault> {
        let wanted = if request.reject_ids.is_empty() {
            self.all_open(&request).await?
        } else if request.department.is_empty() && request.rule.is_empty() {
            self.redrivable(&request.reject_ids).await?
        } else {
            return Err(Fault::field("reject_ids", "alone", "name rejects, or a department or rule, not both"));
        };
        let mut by_department: BTreeMap<String, Vec<v1::RedriveTarget>> = BTreeMap::new();
        for stored in &wanted {
            by_department.entry(stored.department.clone()).or_default().push(target(stored)?);
        }
        for (department, targets) in by_department {
            for some in targets.chunks(COMMAND) {
                self.command(&department, some.to_vec()).await?;
            }
        }
        tracing::info!(%caller, count = wanted.len(), "rejects put through again");
        Ok(v1::RedriveResponse { redriven: Some(count(wanted.len())) })
    }

    pub(super) async fn dismiss(
        &self,
        caller: &Caller,
        request: v1::DismissRequest,
    ) -> Result<v1::DismissResponse, Fault> {
        let reason = request.reason.trim();
        if reason.is_empty() {
            return Err(Fault::field("reason", "required", "say why nothing need be done"));
        }
        if reason.chars().count() > REASON {
            return Err(Fault::field("reason", "length", "has at most 200 characters"));
        }
        if request.reject_ids.is_empty() {
            return Err(Fault::field("reject_ids", "required", "name the rejects"));
        }
        let open: Vec<_> = self.named(&request.reject_ids).await?;
        let open = open.iter().filter(|stored| stored.state == RejectState::Open);
        let mut dismissed = 0;
        for stored in open {
            let mut reject = read(stored)?;
            reject.set_state(v1::RejectState::Dismissed);
            let mut headers = owned(topics::reject_headers(&reject));
            headers.push((DISMISSED_BY.to_owned(), caller.to_string()));
            headers.push((DISMISSED_FOR.to_owned(), reason.to_owned()));
            let topic = topics::rejects(&stored.department);
            self.send(&topic, stored.id.clone(), headers, reject.encode_to_vec()).await?;
            dismissed += 1;
        }
        tracing::info!(%caller, count = dismissed, "rejects put away");
        Ok(v1::DismissResponse { dismissed: Some(count(dismissed)) })
    }

    async fn stored(&self, id: &str) -> Result<StoredReject, Fault> {
        let found = self.parts.view.reject(id).await.map_err(|error| store_away(&error))?;
        found.ok_or_else(|| Fault::NotFound("there is no such reject".to_owned()))
    }

    async fn named(&self, ids: &[String]) -> Result<Vec<StoredReject>, Fault> {
        if ids.len() > NAMED {
            return Err(Fault::field("reject_ids", "count", "has more than 1,000 entries"));
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for (at, id) in ids.iter().enumerate() {
            match self.stored(id).await {
                Ok(stored) => found.push(stored),
                Err(Fault::NotFound(description)) => {
                    missing.push(FieldFault {
                        field: format!("reject_ids[{at}]"),
                        rule: "reject.unknown",
                        description,
                    });
                }
                Err(other) => return Err(other),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(Fault::Invalid(missing)) }
    }

    /// The open ones of the rejects named: what has passed or was put away stays as it is. One whose original was too large
    /// to be kept cannot be put through again.
    async fn redrivable(&self, ids: &[String]) -> Result<Vec<StoredReject>, Fault> {
        let mut named = self.named(ids).await?;
        named.retain(|stored| stored.state == RejectState::Open);
        let mut faults = Vec::new();
        for (at, stored) in named.iter().enumerate() {
            if !has_original(stored)? {
                faults.push(FieldFault {
                    field: format!("reject_ids[{at}]"),
                    rule: "reject.no-original",
                    description: "its row was too large to be kept: correct it at its source, and dismiss it"
                        .to_owned(),
                });
            }
        }
        if faults.is_empty() { Ok(named) } else { Err(Fault::Invalid(faults)) }
    }

    async fn all_open(&self, request: &v1::RedriveRequest) -> Result<Vec<StoredReject>, Fault> {
        if request.department.is_empty() && request.rule.is_empty() {
            return Err(Fault::field("reject_ids", "required", "name rejects, or a department, a rule or both"));
        }
        let mut filter = RejectFilter {
            department: given(&request.department),
            rule: given(&request.rule),
            state: Some(RejectState::Open),
            from: instant("rejected_after", request.rejected_after.as_ref())?,
            to: instant("rejected_before", request.rejected_before.as_ref())?,
            limit: COMMAND,
            ..RejectFilter::default()
        };
        let mut all = Vec::new();
        loop {
            let some = self.parts.view.rejects(&filter).await.map_err(|error| store_away(&error))?;
            let Some(last) = some.last() else { return Ok(all) };
            filter.after = Some((last.rejected_at, last.id.clone()));
            all.extend(some.into_iter().filter_map(bare).collect::<Result<Vec<_>, _>>()?);
        }
    }

    async fn command(&self, department: &str, targets: Vec<v1::RedriveTarget>) -> Result<(), Fault> {
        let command = v1::RedriveCommand { department: department.to_owned(), targets };
        let id = uuid::Uuid::new_v4().to_string();
        let headers = owned(topics::headers::<v1::RedriveCommand>(department, &self.parts.node, id.clone()));
        self.send(topics::CONTROL, format!("redrive/{department}/{id}"), headers, command.encode_to_vec()).await
    }

    async fn send(
        &self,
        topic: &str,
        key: String,
        headers: Vec<(String, String)>,
        payload: Vec<u8>,
    ) -> Result<(), Fault> {
        let sent = self.parts.outbox.publish(topic, key, headers, Some(payload)).await;
        sent.map(drop).map_err(|error| bus_away(&error))
    }
}

/// The bus failed; the log has more.
pub(super) fn bus_away(error: &ViewError) -> Fault {
    tracing::error!(%error, "bus did not take a message");
    Fault::away("the bus did not take it now; the same again does no harm")
}

fn owned(headers: [topics::Header; 5]) -> Vec<(String, String)> {
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn given(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn filter(request: &v1::ListRejectsRequest) -> Result<RejectFilter, Fault> {
    let state = match request.state() {
        v1::RejectState::Unspecified => None,
        v1::RejectState::Open => Some(RejectState::Open),
        v1::RejectState::Redriven => Some(RejectState::Redriven),
        v1::RejectState::Dismissed => Some(RejectState::Dismissed),
    };
    Ok(RejectFilter {
        department: given(&request.department),
        rule: given(&request.rule),
        state,
        from: instant("rejected_after", request.rejected_after.as_ref())?,
        to: instant("rejected_before", request.rejected_before.as_ref())?,
        ..RejectFilter::default()
    })
}

fn instant(field: &str, wire: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Fault> {
    let read = wire.map(convert::from_wire).transpose();
    read.map_err(|error| Fault::field(field, "timestamp", error.to_string()))
}

fn read(stored: &StoredReject) -> Result<v1::Reject, Fault> {
    v1::Reject::decode(stored.payload.clone()).map_err(|_| {
        tracing::error!(reject_id = stored.id, "stored reject cannot be read as {}", v1::Reject::full_name());
        Fault::Internal
    })
}

fn has_original(stored: &StoredReject) -> Result<bool, Fault> {
    read(stored).map(|reject| !reject.original.is_empty())
}

/// A reject that can be put through again, without its content, which may be much.
fn bare(stored: StoredReject) -> Option<Result<StoredReject, Fault>> {
    let bare = |stored| StoredReject { payload: bytes::Bytes::new(), ..stored };
    has_original(&stored).map(|has_one| has_one.then(|| bare(stored))).transpose()
}

fn shown(stored: &StoredReject, reject: v1::Reject) -> v1::RejectView {
    v1::RejectView {
        rejected_at: Some(convert::to_wire(stored.rejected_at)),
        state: reject.state,
        reject_id: reject.reject_id,
        department: reject.department,
        resource: reject.resource,
        rule: reject.rule,
        field: reject.field,
        message: reject.message,
        source: reject.source,
        encoding: reject.encoding,
        mapping_version: reject.mapping_version,
    }
}

fn target(stored: &StoredReject) -> Result<v1::RedriveTarget, Fault> {
    let place = i32::try_from(stored.partition).ok().zip(i64::try_from(stored.offset).ok());
    let (partition, offset) = place.ok_or(Fault::Internal)?;
    Ok(v1::RedriveTarget { reject_id: stored.id.clone(), partition, offset })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// `<microseconds> <id>`.
fn place(stored: &StoredReject) -> Vec<u8> {
    format!("{} {}", stored.rejected_at.timestamp_micros(), stored.id).into_bytes()
}

fn place_of(place: &[u8]) -> Option<(Timestamp, String)> {
    let (time, id) = std::str::from_utf8(place).ok()?.split_once(' ')?;
    Some((Timestamp::from_timestamp_micros(time.parse().ok()?)?, id.to_owned()))
}
