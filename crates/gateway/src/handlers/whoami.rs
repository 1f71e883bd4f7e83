//! Who is calling, with grants and what is left of their quotas.

use super::Office;
use crate::service::Fault;
use contract::{convert, v1};
use domain::{Caller, CallerKind};

impl Office {
    pub(super) fn get_caller(&self, caller: &Caller) -> Result<v1::GetCallerResponse, Fault> {
        let snapshot = self.parts.directory.now();
        let now = self.parts.clock.now();
        let own = snapshot.catalogue.grants.values();
        let own = own.filter(|grant| caller.kind == CallerKind::Consumer && grant.consumer == caller.id());
        let grants = own.map(|grant| {
            let left = self.parts.gate.left(grant, now);
            let grant = convert::grant(grant).map_err(|error| {
                tracing::error!(%error, "grant has no message");
                Fault::Internal
            })?;
            Ok(v1::CallerGrant { grant: Some(grant), left_this_second: left.per_second, left_today: left.per_day })
        });
        Ok(v1::GetCallerResponse {
            name: caller.uri(),
            kind: caller.kind.as_str().to_owned(),
            id: caller.id().to_owned(),
            grants: grants.collect::<Result<_, Fault>>()?,
        })
    }
}
