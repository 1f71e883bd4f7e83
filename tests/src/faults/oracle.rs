use super::{findings::Findings, stored::Stored};
use crate::{
    Class, Draft,
    generate::{DropFile, births::Line, housing::CsvFile},
    oracle::{BirthOracle, HousingOracle, Seen},
    rows::{End, Refusal, Wanted, other_body},
};
use contract::{
    canonical::v1::{Operation, Record},
    v1::Reject,
};
use sm3::{Digest, Sm3};
use std::collections::{BTreeMap, BTreeSet};

/// What the departments handed over, and what must have become of it: (resource and key, version, payload).
#[derive(Debug, Default)]
pub struct Oracle {
    contracts: HousingOracle,
    births: BirthOracle,
    /// Original bytes of each row that must be refused, by department.
    refused: BTreeMap<&'static str, Vec<(Vec<u8>, Refusal)>>,
    /// Messages found repeated before, by department.
    repeated: BTreeMap<&'static str, u64>,
    /// Records that were found right before: place, version and hash of the payload.
    right: BTreeSet<(String, String, String, Vec<u8>)>,
}

/// The department that drops files.
pub(super) const FILES: &str = "housing-construction";
/// The department that pushes.
pub(super) const PUSHES: &str = "health";

/// Digits of a stamp to the second.
pub(super) const SECONDS: usize = 14;

/// Resource and key.
type Key = (String, String);

/// What lies on the topic under one version.
struct Version<'a> {
    record: &'a Record,
    hash: Vec<u8>,
    times: u64,
}

impl Oracle {
    /// Hands over a file.
    pub fn drop(&mut self, file: &CsvFile) {
        let from = self.contracts.rows.len();
        self.contracts.take(file);
        let bytes = |row: &Wanted| original(&file.file, row);
        let refused = refusals(&self.contracts.rows[from..]).map(|(row, refusal)| (bytes(row), refusal.clone()));
        self.refused.entry(FILES).or_default().extend(refused);
    }

    /// Hands over lines, and gives the file that holds them.
    pub fn push(&mut self, name: &str, lines: &[Line]) -> Vec<u8> {
        let from = self.births.rows.len();
        let bytes = self.births.take(name, lines);
        let rows = &self.births.rows[from..];
        let numbered = rows.iter().zip(lines).filter_map(|(row, line)| match &row.end {
            End::Rejected(refusal) => Some((line.written().into_bytes(), refusal.clone())),
            _ => None,
        });
        self.refused.entry(PUSHES).or_default().extend(numbered);
        bytes
    }

    /// All rows of a department.
    #[must_use]
    pub fn rows(&self, department: &str) -> &[Wanted] {
        if department == FILES { &self.contracts.rows } else { &self.births.rows }
    }

    /// What was seen of a department's records.
    #[must_use]
    pub fn seen(&self, department: &str) -> &Seen {
        if department == FILES { &self.contracts.seen } else { &self.births.seen }
    }

    /// Holds what lies on a department's topics against what was handed over.
    pub fn judge(&mut self, department: &'static str, stored: &Stored) -> Findings {
        let mut findings = Findings::default();
        self.records(department, &stored.records, &mut findings);
        self.rejects(department, &stored.rejects, &mut findings);
        let before = self.repeated.insert(department, findings.repeated).unwrap_or_default();
        findings.repeated = findings.repeated.saturating_sub(before);
        findings
    }

    /// Holds what the view has of a department's keys against its topic: each key at its newest version.
    pub fn judge_view(
        &self,
        department: &str,
        records: &[Record],
        viewed: impl Fn(Vec<Key>) -> Vec<Option<Record>>,
    ) -> Findings {
        let mut findings = Findings::default();
        let mut newest: BTreeMap<Key, &Record> = BTreeMap::new();
        for record in records {
            let kept = newest.entry((record.resource.clone(), record.key.clone())).or_insert(record);
            if kept.version < record.version {
                *kept = record;
            }
        }
        let keys: Vec<Key> =
            self.seen(department).newest().map(|draft| (draft.resource.into(), draft.key.clone())).collect();
        for (key, found) in keys.iter().zip(viewed(keys.clone())) {
            match (newest.get(key), found) {
                (_, None) => findings.lose(&format!("{}/{} is not in the view", key.0, key.1)),
                (Some(newest), Some(found)) if newest.version == found.version && hash(newest) == hash(&found) => {}
                (_, Some(found)) => findings.lose(&format!("{}/{} is in the view at {}", key.0, key.1, found.version)),
            }
        }
        findings
    }

    fn records(&mut self, department: &str, records: &[Record], findings: &mut Findings) {
        let mut found = by_version(records, findings);
        let (contracts, births) = (std::mem::take(&mut self.contracts), std::mem::take(&mut self.births));
        for draft in published(if department == FILES { &contracts.rows } else { &births.rows }) {
            let place = (draft.resource.to_owned(), draft.key.clone(), draft.stamp.clone());
            let versions = found.remove(&place).unwrap_or_default();
            let right = versions.iter().filter(|(_, there)| self.is_right(draft, there, findings)).count();
            match right {
                0 => findings.lose(&format!("{}/{} of {}", place.0, place.1, place.2)),
                1 => {}
                _ => findings.double(&format!("{}/{} of {}: {right} versions", place.0, place.1, place.2)),
            }
        }
        (self.contracts, self.births) = (contracts, births);
        for ((resource, key, stamp), _) in found {
            findings.invent(&format!("{resource}/{key} of {stamp}: nobody wrote it"));
        }
    }

    /// Whether a version holds what was handed over.
    fn is_right(&mut self, draft: &Draft, there: &Version<'_>, findings: &mut Findings) -> bool {
        let Record { resource, key, version, .. } = there.record;
        let known = (resource.clone(), key.clone(), version.clone(), there.hash.clone());
        findings.repeated += there.times - 1;
        if self.right.contains(&known) {
            return true;
        }
        if let Some(wrong) = differs(draft, there.record) {
            findings.invent(&format!("{resource}/{key} at {version}: {wrong}"));
            return false;
        }
        self.right.insert(known)
    }

    fn rejects(&self, department: &str, rejects: &[Reject], findings: &mut Findings) {
        let mut ids: BTreeMap<&str, (&Reject, u64)> = BTreeMap::new();
        for reject in rejects {
            ids.entry(&reject.reject_id).or_insert((reject, 0)).1 += 1;
        }
        findings.repeated += ids.values().map(|(_, times)| times - 1).sum::<u64>();
        let mut left: BTreeMap<&[u8], Vec<&Reject>> = BTreeMap::new();
        for (reject, _) in ids.values() {
            left.entry(&reject.original).or_default().push(reject);
        }
        for (original, refusal) in self.refused.get(department).into_iter().flatten() {
            let there = left.get_mut(original.as_slice());
            let by_rule = |reject: &&Reject| refusal.rules.contains(&reject.rule);
            let Some((there, at)) = there.and_then(|there| there.iter().position(by_rule).map(|at| (there, at))) else {
                findings.lose(&format!("{department}: a reject by {:?}", refusal.rules));
                continue;
            };
            there.swap_remove(at);
        }
        for reject in left.into_values().flatten() {
            let known = self.refused.get(department).into_iter().flatten().any(|(bytes, _)| *bytes == reject.original);
            let what = format!("{department}: reject {} by {}", reject.reject_id, reject.rule);
            if known { findings.double(&what) } else { findings.invent(&what) }
        }
    }
}

/// What must have been published of rows.
fn published(rows: &[Wanted]) -> impl Iterator<Item = &Draft> {
    rows.iter()
        .flat_map(|row| match &row.end {
            End::Records(records) => &records[..],
            _ => &[],
        })
        .filter_map(|(class, draft)| (*class == Class::Published).then_some(draft))
}

fn refusals(rows: &[Wanted]) -> impl Iterator<Item = (&Wanted, &Refusal)> {
    rows.iter().filter_map(|row| match &row.end {
        End::Rejected(refusal) => Some((row, refusal)),
        _ => None,
    })
}

fn original(file: &DropFile, row: &Wanted) -> Vec<u8> {
    let crate::rows::Place::Bytes(from, to) = row.place else { panic!("a file of bytes") };
    file.bytes[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec()
}

/// The topic by resource, key and the source's own stamp, and below it by the whole version.
fn by_version<'a>(
    records: &'a [Record],
    findings: &mut Findings,
) -> BTreeMap<(String, String, String), BTreeMap<&'a str, Version<'a>>> {
    let mut found: BTreeMap<_, BTreeMap<&str, Version<'_>>> = BTreeMap::new();
    for record in records {
        // To the second: the oracle writes no finer ones.
        let stamp = record.version.chars().take(SECONDS).collect();
        let of_stamp = found.entry((record.resource.clone(), record.key.clone(), stamp)).or_default();
        let there = of_stamp.entry(&record.version).or_insert_with(|| Version { record, hash: hash(record), times: 0 });
        there.times += 1;
        if there.hash != hash(record) {
            findings.double(&format!("{}/{}: two contents under {}", record.resource, record.key, record.version));
        }
    }
    found
}

/// Of what a record says, not of when it was taken in.
fn hash(record: &Record) -> Vec<u8> {
    let mut digest = Sm3::new();
    digest.update(record.operation.to_le_bytes());
    digest.update(record.flags.join(","));
    digest.update(record.body.as_ref().map_or(&[][..], |body| body.value.as_slice()));
    digest.finalize().to_vec()
}

pub(super) fn differs(draft: &Draft, record: &Record) -> Option<String> {
    if record.operation != i32::from(Operation::Upsert) {
        return Some("it is withdrawn".to_owned());
    }
    let flags: BTreeSet<&str> = record.flags.iter().map(String::as_str).collect();
    if flags != draft.flags {
        return Some(format!("expected {:?}, got {flags:?}", draft.flags));
    }
    let Some(body) = record.body.as_ref() else { return Some("it has no body".to_owned()) };
    let name = body.type_url.rsplit('/').next().unwrap_or_default();
    other_body(draft, &contract::json::to_value(name, &body.value).unwrap())
}
