//! The intake system's questions from a shell. They are signed, unless they are not to be.

mod show;

use crate::{
    args::{Certificates, Equity, Ledger, Output, Paging, Question, Resolve, Verify},
    client::{Answer, Client},
    output::{self, FAILED, NOTHING, chain, usage},
};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use security::sign::Signer;
use serde_json::{Map, Value, json};
use std::{fs, io::ErrorKind, path::Path, process::ExitCode};

const REQUEST: &str = "request.json";
const ANSWER: &str = "answer.json";
const PROBLEM: &str = "problem.json";

/// `exchange resolve`.
pub(crate) fn resolve(command: Resolve) -> Result<ExitCode> {
    let mut body = purpose(&command.question)?;
    body.insert("resource".into(), command.resource.into());
    body.insert("by".into(), identifier(&command.by)?);
    body.insert("items".into(), command.items.into());
    max_age(&mut body, command.max_age);
    paging(&mut body, command.paging);
    let answer = send(&command.question, "/v1/resolve", body)?;
    print(&command.question, &answer, show::records)?;
    Ok(code(&answer.value))
}

/// `exchange verify`.
pub(crate) fn verify(command: Verify) -> Result<ExitCode> {
    let mut body = purpose(&command.question)?;
    body.insert("resource".into(), command.resource.into());
    body.insert("by".into(), identifier(&command.by)?);
    body.insert("claims".into(), command.claims.iter().map(|claim| self::claim(claim)).collect::<Result<_>>()?);
    max_age(&mut body, command.max_age);
    let answer = send(&command.question, "/v1/verify", body)?;
    print(&command.question, &answer, show::claims)?;
    let results = answer.value["results"].as_array().cloned().unwrap_or_default();
    let all_match = results.iter().all(|result| result["result"] == "CLAIM_RESULT_MATCH");
    Ok(if all_match { code(&answer.value) } else { ExitCode::from(FAILED) })
}

/// `exchange certificates`.
pub(crate) fn certificates(command: Certificates) -> Result<ExitCode> {
    let mut body = purpose(&command.question)?;
    body.insert("by".into(), identifier(&command.by)?);
    body.insert("types".into(), command.types.into());
    paging(&mut body, command.paging);
    let answer = send(&command.question, "/v1/certificates:list", body)?;
    print(&command.question, &answer, show::certificates)?;
    let results = answer.value["results"].as_array().cloned().unwrap_or_default();
    let found = results.iter().any(|result| is_found(&result["outcome"]));
    Ok(ExitCode::from(if found { 0 } else { NOTHING }))
}

/// `exchange equity`.
pub(crate) fn equity(command: &Equity) -> Result<ExitCode> {
    let mut body = purpose(&command.question)?;
    body.insert("by".into(), identifier(&command.by)?);
    body.insert("direction".into(), if command.up { "DIRECTION_UP" } else { "DIRECTION_DOWN" }.into());
    body.insert("depth".into(), command.depth.into());
    let answer = send(&command.question, "/v1/equity", body)?;
    print(&command.question, &answer, show::equity)?;
    Ok(code(&answer.value))
}

/// `exchange ledger`.
pub(crate) fn ledger(command: Ledger) -> Result<ExitCode> {
    let mut body = purpose(&command.question)?;
    body.insert("by".into(), identifier(&command.by)?);
    paging(&mut body, command.paging);
    let answer = send(&command.question, "/v1/ledger:list", body)?;
    print(&command.question, &answer, show::accesses)?;
    let found = answer.value["accesses"].as_array().is_some_and(|accesses| !accesses.is_empty());
    Ok(ExitCode::from(if found { 0 } else { NOTHING }))
}

fn send(question: &Question, path: &str, mut body: Map<String, Value>) -> Result<Answer> {
    let client = Client::new(&question.connection)?;
    if let Some(signer) = client.signer()?.filter(|_| !question.unsigned) {
        sign(&mut body, &signer)?;
    }
    let request = Value::Object(body).to_string();
    let Some(folder) = &question.save else { return client.post(path, request)?.answer() };
    keep(folder, REQUEST, &request)?;
    forget(&folder.join(ANSWER))?;
    forget(&folder.join(PROBLEM))?;
    let reply = client.post(path, request)?;
    keep(folder, if reply.is_answer() { ANSWER } else { PROBLEM }, &reply.text)?;
    reply.answer()
}

/// Signs the RFC 8785 form of the request.
fn sign(body: &mut Map<String, Value>, signer: &Signer) -> Result<()> {
    let bytes = contract::json::canonical(&Value::Object(body.clone()))?;
    let signature = signer.sign(&bytes).map_err(|error| usage(chain(&error)))?;
    body.insert("request_signature".into(), STANDARD.encode(signature).into());
    Ok(())
}

/// What lies there of another question goes, so that the folder is of one.
fn forget(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).context(format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn keep(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn print(question: &Question, answer: &Answer, table: fn(&Value) -> Result<()>) -> Result<()> {
    match question.printing.output {
        Output::Json => output::line(answer.text.trim_end()),
        Output::Table => table(&answer.value),
    }
}

fn purpose(question: &Question) -> Result<Map<String, Value>> {
    let given = &question.purpose;
    let mut purpose = json!({ "matter": given.matter, "case_number": given.case_number });
    if let Some(reason) = &given.reason {
        purpose["reason"] = reason.as_str().into();
    }
    if let Some(confirmation) = &given.confirmation {
        let parts = confirmation.split_once(':');
        let (kind, reference) = parts.ok_or_else(|| usage("--confirmation is written KIND:REFERENCE"))?;
        purpose["confirmation"] = json!({ "kind": kind, "reference": reference });
    }
    let mut body = Map::from_iter([("purpose".to_owned(), purpose)]);
    if let Some(id) = &question.request_id {
        body.insert("request_id".into(), id.as_str().into());
    }
    Ok(body)
}

fn max_age(body: &mut Map<String, Value>, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        body.insert("max_age".into(), format!("{seconds}s").into());
    }
}

fn paging(body: &mut Map<String, Value>, paging: Paging) {
    if let Some(size) = paging.page_size {
        body.insert("page_size".into(), size.into());
    }
    if let Some(token) = paging.page_token {
        body.insert("page_token".into(), token.into());
    }
}

fn identifier(text: &str) -> Result<Value> {
    let parts = text.split_once('=').filter(|(kind, value)| !kind.is_empty() && !value.is_empty());
    let (kind, value) = parts.ok_or_else(|| usage("an identifier is written KIND=VALUE, as in citizen-number=…"))?;
    Ok(json!({ "kind": kind, "value": value }))
}

fn claim(text: &str) -> Result<Value> {
    let (item, value) = text.split_once('=').ok_or_else(|| usage("a claim is written ITEM=VALUE"))?;
    Ok(json!({ "item": item, "value": value }))
}

fn code(answer: &Value) -> ExitCode {
    ExitCode::from(if is_found(&answer["outcome"]) { 0 } else { NOTHING })
}

fn is_found(outcome: &Value) -> bool {
    matches!(outcome.as_str(), Some("OUTCOME_FOUND" | "OUTCOME_STALE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_need_a_kind_and_a_value() {
        assert_eq!(identifier("uscc=9111").unwrap(), json!({ "kind": "uscc", "value": "9111" }));
        for wrong in ["uscc", "uscc=", "=9111"] {
            assert!(identifier(wrong).is_err());
        }
    }

    #[test]
    fn a_claim_may_hold_equal_signs() {
        assert_eq!(claim("address=A=1").unwrap()["value"], "A=1");
    }
}
