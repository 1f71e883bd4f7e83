//! How the exchange is.

use super::{Office, store_away};
use crate::service::Fault;
use contract::v1;
use std::collections::{BTreeMap, BTreeSet};
use store::ViewReader as _;

impl Office {
    pub(super) async fn status(&self) -> Result<v1::GetStatusResponse, Fault> {
        let open = self.parts.view.open_rejects().await.map_err(|error| store_away(&error))?;
        let mut rejects: BTreeMap<&str, u64> = BTreeMap::new();
        for ((department, _), count) in &open {
            *rejects.entry(department).or_default() += count;
        }
        let snapshot = self.parts.directory.now();
        let lag = self.parts.vitals.lag();
        let known = snapshot.catalogue.departments.keys().chain(snapshot.intakes.keys()).chain(lag.records.keys());
        let departments = known.collect::<BTreeSet<_>>().into_iter().map(|department| {
            let intake = snapshot.intakes.get(department);
            v1::DepartmentStatus {
                department: department.clone(),
                last_success: intake.and_then(|intake| intake.last_success),
                as_of: intake.and_then(|intake| intake.as_of),
                rows: intake.and_then(|intake| intake.rows.as_ref()).map(rows),
                missing_from_full: intake.map(|intake| narrow(intake.missing_from_full)),
                files_refused: intake.map(|intake| narrow(intake.files_refused)),
                waiting_overdue: intake.map(|intake| narrow(intake.waiting_overdue)),
                source_problem: intake.map(|intake| intake.source_problem.clone()).unwrap_or_default(),
                quota_left: intake.and_then(|intake| intake.quota_left).map(narrow),
                rejects_by_rule: by_rule(&open, department),
                rejects_open: Some(narrow(rejects.get(department.as_str()).copied().unwrap_or_default())),
                lag_records: lag.records.get(department).copied().map(narrow),
            }
        });
        Ok(v1::GetStatusResponse {
            node: self.parts.node.clone(),
            ready: Some(self.parts.vitals.is_ready()),
            departments: departments.collect(),
            evidence: Some(self.evidence_status()),
        })
    }
}

impl Office {
    fn evidence_status(&self) -> v1::EvidenceStatus {
        let log = self.parts.vitals.evidence();
        v1::EvidenceStatus { size: Some(narrow(log.size())), mirror_lag: Some(narrow(log.mirror_lag())) }
    }
}

fn by_rule(open: &BTreeMap<(String, String), u64>, department: &str) -> Vec<v1::OpenRejects> {
    let own = open.iter().filter(|((of, _), count)| of == department && **count > 0);
    own.map(|((_, rule), count)| v1::OpenRejects { rule: rule.clone(), count: Some(narrow(*count)) }).collect()
}

fn rows(rows: &v1::IntakeRows) -> v1::StatusRows {
    v1::StatusRows {
        read: Some(narrow(rows.read)),
        published: Some(narrow(rows.published)),
        unchanged: Some(narrow(rows.unchanged)),
        superseded: Some(narrow(rows.superseded)),
        rejected: Some(narrow(rows.rejected)),
        skipped: Some(narrow(rows.skipped)),
        waiting: Some(narrow(rows.waiting)),
    }
}

/// JSON shows 64-bit numbers as text; status figures are numbers, and full beyond four thousand million.
fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
