//! A saved answer, verified offline.

use super::{
    keys, read,
    saved::Joined,
    trust,
    verdict::{Judged, Verdict},
};
use crate::{
    args::VerifyEvidence,
    output::{chain, usage},
    proof::archive::Archive,
};
use anyhow::Result;
use contract::json;
use evidence::{Checks, EvidenceError, Hash, History, Verification, verify as verify_saved};
use serde_json::{Map, Value};

/// Verifies a saved answer.
pub(super) fn verify(command: &VerifyEvidence) -> Result<Verdict> {
    let joined = Joined::read(&command.path, command.receipt.as_deref())?;
    let trust = trust(&command.trust)?;
    let request = command.request.as_deref().map(read).transpose()?;
    let (witnesses, log_keys) = (keys(&command.witness)?, keys(&command.log_key)?);
    let other = command.against.as_deref().map(read).transpose()?;
    let archive = Archive::of(command);
    let prove = |from: u64, to: u64| prove(archive.as_ref(), from, to);
    let history = other.as_deref().map(|checkpoint| History { checkpoint, keys: &log_keys, prove: &prove });
    let checks = verify_saved(&Verification {
        saved: joined.saved(),
        trust: &trust,
        request: request.as_deref(),
        witnesses: &witnesses,
        history,
    });
    Ok(verdict(checks.map_err(|error| usage(chain(&error)))?))
}

fn prove(archive: Option<&Archive>, from: u64, to: u64) -> Result<Vec<Hash>, EvidenceError> {
    match archive {
        _ if from == to || from == 0 => Ok(Vec::new()),
        Some(archive) => archive.consistency(from, to),
        None => Err(EvidenceError::Malformed {
            what: "other checkpoint",
            fault: "the tiles that join the two are needed, name the exported folder with --log",
        }),
    }
}

fn verdict(checks: Checks) -> Verdict {
    let judged = checks.all().map(|(failure, check)| Judged {
        check: failure.check(),
        failure: failure.as_str(),
        came: check.clone(),
    });
    let facts = facts(&checks);
    let text = |name: &str| facts.get(name).map(|value| value.as_str().unwrap_or_default()).unwrap_or_default();
    Verdict {
        about: format!("evidence {} of {}, {}", text("evidence_id"), text("log"), text("time")),
        is_complete: checks.hold(),
        checks: judged.into(),
        witnessed: checks.witnessed,
        facts,
    }
}

/// What the statement and the checkpoint say.
fn facts(checks: &Checks) -> Map<String, Value> {
    let mut facts = Map::new();
    let said = checks.receipt.statement.as_ref().and_then(|statement| json::encode(statement).ok());
    let said: Value = said.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    for name in ["evidence_id", "time", "consumer", "method", "resource", "matter", "outcome", "reason", "grant"] {
        if let Some(value) = said.get(name) {
            facts.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(checkpoint) = &checks.checkpoint {
        facts.insert("log".to_owned(), checkpoint.origin.as_str().into());
        facts.insert("size".to_owned(), checkpoint.size.into());
    }
    facts.insert("index".to_owned(), checks.receipt.leaf_index.into());
    facts.insert("log_key".to_owned(), checks.receipt.verifier_key.as_str().into());
    facts
}
