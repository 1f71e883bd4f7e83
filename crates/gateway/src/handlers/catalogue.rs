//! The catalogue: shown to all callers, changed by operators.

use super::{Office, page};
use crate::{
    catalogue::{after, check_catalogue, in_force, read_catalogue},
    service::Fault,
};
use contract::{ContractError, convert, v1};
use domain::{
    Caller, CallerKind,
    catalogue::{Catalogue, Grant, Problem},
};
use prost::{Message, Name};
use routing::FieldFault;
use std::ops::Bound;
use view::{Change, Plan, ViewError, plan, publish_plan, revision};

impl Office {
    pub(super) fn list_resources(
        &self,
        caller: &Caller,
        mut request: v1::ListResourcesRequest,
    ) -> Result<v1::ListResourcesResponse, Fault> {
        let size = page::size(std::mem::take(&mut request.page_size))?;
        let token = std::mem::take(&mut request.page_token);
        let question = question(&request);
        let after = self.id_in(caller, &question, &token)?;
        let snapshot = self.parts.directory.now();
        let rest = snapshot.catalogue.resources.range((after, Bound::Unbounded));
        let shown = rest.map(|(_, resource)| convert::resource(resource).map_err(|error| unfit(&error)));
        let (resources, more) = page::take(shown, size)?;
        let last = resources.last().filter(|_| more).map(|resource| resource.id.as_bytes());
        let next = last.map(|id| self.page_token(caller, &question, id)).transpose()?;
        Ok(v1::ListResourcesResponse { resources, next_page_token: next.unwrap_or_default() })
    }

    pub(super) fn get_resource(&self, request: &v1::GetResourceRequest) -> Result<v1::GetResourceResponse, Fault> {
        let snapshot = self.parts.directory.now();
        let found = snapshot.catalogue.resources.get(&request.id);
        let found = found.ok_or_else(|| Fault::NotFound("the catalogue has no such resource".to_owned()))?;
        let resource = convert::resource(found).map_err(|error| unfit(&error))?;
        Ok(v1::GetResourceResponse { resource: Some(resource) })
    }

    pub(super) fn list_grants(
        &self,
        caller: &Caller,
        mut request: v1::ListGrantsRequest,
    ) -> Result<v1::ListGrantsResponse, Fault> {
        let size = page::size(std::mem::take(&mut request.page_size))?;
        let token = std::mem::take(&mut request.page_token);
        let question = question(&request);
        let after = self.id_in(caller, &question, &token)?;
        let snapshot = self.parts.directory.now();
        let rest = snapshot.catalogue.grants.range((after, Bound::Unbounded)).map(|(_, grant)| grant);
        let shown = rest
            .filter(|grant| request.consumer.is_empty() || request.consumer == grant.consumer)
            .filter(|grant| may_know(caller, grant, &snapshot.catalogue))
            .map(|grant| convert::grant(grant).map_err(|error| unfit(&error)));
        let (grants, more) = page::take(shown, size)?;
        let last = grants.last().filter(|_| more).map(|grant| grant.id.as_bytes());
        let next = last.map(|id| self.page_token(caller, &question, id)).transpose()?;
        Ok(v1::ListGrantsResponse { grants, next_page_token: next.unwrap_or_default() })
    }

    pub(super) fn plan(&self, request: &v1::PlanRequest) -> Result<v1::PlanResponse, Fault> {
        let (planned, _) = self.planned(&request.files, &request.base_revision, request.allow_remove)?;
        Ok(v1::PlanResponse { differences: differences(&planned), revision: planned.base })
    }

    pub(super) async fn apply(&self, caller: &Caller, request: &v1::ApplyRequest) -> Result<v1::ApplyResponse, Fault> {
        if request.base_revision.is_empty() {
            return Err(Fault::field("base_revision", "required", "is the revision that was planned against"));
        }
        let _one_at_a_time = self.applying.lock().await;
        let (planned, after) = self.planned(&request.files, &request.base_revision, request.allow_remove)?;
        self.publish(&planned).await?;
        let revision = revision(&after);
        in_force(&self.parts.directory, &revision).await;
        tracing::info!(%caller, %revision, differences = planned.differences.len(), "catalogue applied");
        Ok(v1::ApplyResponse { differences: differences(&planned), revision })
    }

    pub(super) fn export(&self) -> v1::ExportResponse {
        let snapshot = self.parts.directory.now();
        let entries = snapshot.catalogue.entries();
        let files = entries.map(|entry| v1::CatalogueFile { path: entry.path(), content: entry.to_toml() }).collect();
        v1::ExportResponse { files, revision: snapshot.revision.clone() }
    }

    /// The plan from what is in force to `files`, and the catalogue after it.
    fn planned(&self, files: &[v1::CatalogueFile], base: &str, allow_remove: bool) -> Result<(Plan, Catalogue), Fault> {
        self.require_view()?;
        let snapshot = self.parts.directory.now();
        if !base.is_empty() && base != snapshot.revision {
            return Err(stale(base, &snapshot.revision));
        }
        let files = files.iter().map(|file| (file.path.as_str(), file.content.as_str()));
        let wanted = read_catalogue(files).map_err(wrong_files)?;
        let planned = plan(&snapshot.catalogue, &wanted, allow_remove);
        let after = after(&snapshot.catalogue, &planned);
        // What stays must still fit what comes.
        let problems: Vec<_> = after.problems().into_iter().chain(check_catalogue(&after)).collect();
        if problems.is_empty() { Ok((planned, after)) } else { Err(wrong_files(problems)) }
    }

    async fn publish(&self, planned: &Plan) -> Result<(), Fault> {
        let parts = &self.parts;
        let published = publish_plan(planned, &parts.directory, &parts.outbox, &parts.node, parts.clock.now()).await;
        published.map_err(|error| match error {
            ViewError::StaleRevision { base, current } => stale(&base, &current),
            other => super::rejects::bus_away(&other),
        })
    }

    fn id_in(&self, caller: &Caller, question: &[u8], token: &str) -> Result<Bound<String>, Fault> {
        let place = self.page_start(caller, question, token)?;
        let id = place.and_then(|place| String::from_utf8(place).ok());
        Ok(id.map_or(Bound::Unbounded, Bound::Excluded))
    }
}

/// A consumer knows its own grants, a department those on its resources, an operator all.
fn may_know(caller: &Caller, grant: &Grant, catalogue: &Catalogue) -> bool {
    let provides =
        |resource: &str| catalogue.resources.get(resource).is_some_and(|resource| resource.department == caller.id());
    match caller.kind {
        CallerKind::Operator => true,
        CallerKind::Consumer => grant.consumer == caller.id(),
        CallerKind::Department => grant.resources.iter().any(|granted| provides(&granted.resource)),
        CallerKind::Node => false,
    }
}

/// What a page token is bound to: the method and everything asked but the page.
fn question<M: Message + Name>(request: &M) -> Vec<u8> {
    [M::full_name().into_bytes(), request.encode_to_vec()].concat()
}

fn differences(planned: &Plan) -> Vec<v1::Difference> {
    let shown = |difference: &view::Difference| {
        let change = match difference.change {
            Change::Create(_) => v1::Change::Create,
            Change::Update(_) => v1::Change::Update,
            Change::Remove => v1::Change::Remove,
        };
        v1::Difference {
            kind: difference.kind.as_str().to_owned(),
            id: difference.id.clone(),
            change: change.into(),
            detail: difference.detail.clone(),
        }
    };
    planned.differences.iter().map(shown).collect()
}

fn wrong_files(problems: Vec<Problem>) -> Fault {
    let fault = |Problem { file, key, message }: Problem| FieldFault {
        field: if key.is_empty() { file } else { format!("{file}: {key}") },
        rule: "catalogue",
        description: message,
    };
    Fault::Invalid(problems.into_iter().map(fault).collect())
}

fn stale(base: &str, current: &str) -> Fault {
    Fault::Stale(format!("the catalogue is at revision {current}, not at {base}; plan again"))
}

fn unfit(error: &ContractError) -> Fault {
    tracing::error!(%error, "catalogue entry has no message");
    Fault::Internal
}
