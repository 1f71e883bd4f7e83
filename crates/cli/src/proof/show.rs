//! The evidence of one exchange, shown.

use super::remote::Remote;
use crate::{
    args::{Connection, Output, Printing},
    client::Client,
    output::{Failure, NOTHING, line, usage},
};
use anyhow::{Context, Result};
use evidence::{Checkpoint, EvidenceId, Note, Saved, Verification, verify};
use security::sign::ChainTrust;
use serde_json::Value;
use std::process::ExitCode;

/// Shows it, with its checks where it is for people.
pub(super) fn show(id: &str, connection: &Connection, printing: Printing) -> Result<ExitCode> {
    let id: EvidenceId =
        id.parse().map_err(|_| usage("an evidence id is written <node>-<epoch>-<index>, as in city-1-42"))?;
    let client = Client::new(connection)?;
    let Some(bytes) = Remote::new(&client, None)?.evidence(&id)? else {
        let message = "there is no such evidence, or it is not yours to see".to_owned();
        return Err(Failure { code: NOTHING, message }.into());
    };
    let text = std::str::from_utf8(&bytes).context("the answer is not UTF-8")?;
    match printing.output {
        Output::Json => line(text.trim_end())?,
        Output::Table => tell(text, &client)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(text: &str, client: &Client) -> Result<()> {
    let answer: Value = serde_json::from_str(text).context("the answer is not JSON")?;
    let receipt = &answer["receipt"];
    let names = [
        "evidence_id",
        "time",
        "consumer",
        "method",
        "resource",
        "matter",
        "outcome",
        "reason",
        "grant",
        "grant_version",
        "form",
        "count",
        "previous_checkpoint",
    ];
    let said = names.into_iter().map(|name| (name, &receipt["statement"][name])).filter(|(_, value)| !value.is_null());
    for (name, value) in said {
        row(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned).trim_end())?;
    }
    row(
        "salt",
        if receipt["salt"].is_string() { "there" } else { "not for this caller: who was asked about stays closed" },
    )?;
    row("signed", if answer["request_signature"].is_string() { "by the caller" } else { "no" })?;
    row("log_key", receipt["verifier_key"].as_str().unwrap_or_default())?;
    checked(text.as_bytes(), client)
}

/// Where it stands in the log, and what is wrong with it.
fn checked(file: &[u8], client: &Client) -> Result<()> {
    let Some(files) = client.files() else { return Ok(()) };
    let trust = ChainTrust::load(&files.ca)?;
    let saved = Saved::Evidence(file);
    let checks = verify(&Verification { saved, trust: &trust, request: None, witnesses: &[], history: None })?;
    if let Some(Checkpoint { origin, size, .. }) = &checks.checkpoint {
        row("log", &format!("{origin}, entry {} of {size}", checks.receipt.leaf_index))?;
    }
    let signers = Note::parse(&checks.receipt.checkpoint).map(|note| note.signatures().len()).unwrap_or_default();
    row("signatures", &format!("{signers} under the checkpoint"))?;
    for (failure, why) in checks.failures() {
        row(failure.as_str(), why)?;
    }
    row("proof", if checks.hold() { "holds" } else { "DOES NOT HOLD" })
}

fn row(name: &str, value: &str) -> Result<()> {
    line(&format!("{name:<20} {value}"))
}
