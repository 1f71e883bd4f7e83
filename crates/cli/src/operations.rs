//! What ops ask: status, who am I, rejects.

use crate::{
    args::{Output, Printing, RejectState, Rejects, Status},
    client::{Answer, Client},
    output::{line, usage},
    table,
};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use encoding_rs::{Encoding, UTF_8};
use http::Method;
use serde_json::{Value, json};
use std::{fs::File, io::Write, path::Path, process::ExitCode};

/// `exchange status`.
pub(crate) fn status(command: &Status) -> Result<ExitCode> {
    let answer = Client::new(&command.connection)?.call(Method::GET, "/v1/operations/status", None)?;
    print(command.printing, &answer, |answer| {
        let ready = if answer["ready"] == true { "ready" } else { "NOT READY" };
        line(&format!("node {}: {ready}", text(&answer["node"])))?;
        line(&format!("{}\n", evidence(&answer["evidence"])))?;
        let rows: Vec<_> = list(answer, "departments").iter().map(department).collect();
        let headings = [
            "DEPARTMENT",
            "AS OF",
            "LAST SUCCESS",
            "READ",
            "PUBLISHED",
            "UNCHANGED",
            "SUPERSEDED",
            "REJECTED",
            "WAITING",
            "OPEN",
            "MISSING",
            "LAG",
        ];
        table::print(&headings, &rows)?;
        list(answer, "departments").iter().try_for_each(remarks)
    })
}

fn evidence(status: &Value) -> String {
    let [size, lag] = ["size", "mirror_lag"].map(|key| known(&status[key]));
    format!("evidence: {size} entries, {lag} of them not mirrored yet")
}

fn department(status: &Value) -> Vec<String> {
    let rows = &status["rows"];
    let counts = ["read", "published", "unchanged", "superseded", "rejected", "waiting"].map(|key| number(&rows[key]));
    let head = [text(&status["department"]), text(&status["as_of"]), text(&status["last_success"])];
    let tail = ["rejects_open", "missing_from_full", "lag_records"].map(|key| known(&status[key]));
    head.into_iter().chain(counts).chain(tail).collect()
}

/// What does not fit into a row of the table: an outage, rows that wait too long, a quota, rejects by rule.
fn remarks(status: &Value) -> Result<()> {
    let department = text(&status["department"]);
    if let Some(problem) = status["source_problem"].as_str().filter(|problem| !problem.is_empty()) {
        line(&format!("{department}: {problem}"))?;
    }
    if status["waiting_overdue"].as_u64().is_some_and(|count| count > 0) {
        line(&format!("{department}: {} rows have waited for more than 24 hours", number(&status["waiting_overdue"])))?;
    }
    if !status["quota_left"].is_null() {
        line(&format!("{department}: {} calls of the provider's quota left", number(&status["quota_left"])))?;
    }
    let rules: Vec<_> = list(status, "rejects_by_rule")
        .iter()
        .map(|open| format!("{} {}", text(&open["rule"]), number(&open["count"])))
        .collect();
    if rules.is_empty() { Ok(()) } else { line(&format!("{department}: open rejects: {}", rules.join(", "))) }
}

/// `exchange whoami`.
pub(crate) fn whoami(command: &Status) -> Result<ExitCode> {
    let answer = Client::new(&command.connection)?.call(Method::GET, "/v1/whoami", None)?;
    print(command.printing, &answer, |answer| {
        line(&text(&answer["name"]))?;
        let grants = list(answer, "grants").iter().map(|each| {
            let grant = &each["grant"];
            let resources: Vec<_> = list(grant, "resources").iter().map(|granted| text(&granted["resource"])).collect();
            vec![text(&grant["id"]), text(&grant["mode"]), resources.join(", "), number(&each["left_today"])]
        });
        let grants: Vec<_> = grants.collect();
        if grants.is_empty() { Ok(()) } else { table::print(&["GRANT", "MODE", "RESOURCES", "LEFT TODAY"], &grants) }
    })
}

/// `exchange rejects …`.
pub(crate) fn rejects(command: Rejects) -> Result<ExitCode> {
    match command {
        Rejects::List { department, rule, state, after, before, limit, connection, printing } => {
            let filter = filter(department, rule, state, (after, before));
            let limit = Some(limit.clamp(1, 1000).to_string());
            let path = format!("/v1/operations/rejects?{}", query(&[&filter[..], &[("page_size", limit)]].concat()));
            let answer = Client::new(&connection)?.call(Method::GET, &path, None)?;
            list_rejects(printing, &answer)
        }
        Rejects::Export { department, rule, state, after, before, to, reveal, connection } => {
            let filter = filter(department, rule, state, (after, before));
            export(&Client::new(&connection)?, &filter, to.as_deref(), reveal)
        }
        Rejects::Show { id, reveal, connection, printing } => {
            let path = format!("/v1/operations/rejects/{}?reveal={reveal}", encoded(&id));
            let answer = Client::new(&connection)?.call(Method::GET, &path, None)?;
            print(printing, &answer, show)
        }
        Rejects::Redrive { ids, department, rule, after, before, connection, printing } => {
            if ids.is_empty() && department.is_none() && rule.is_none() {
                return Err(usage("name rejects by their ids, or all open ones by --department or --rule"));
            }
            let mut body = json!({ "reject_ids": ids, "department": department.unwrap_or_default(), "rule": rule.unwrap_or_default() });
            for (name, time) in [("rejected_after", after), ("rejected_before", before)] {
                if let Some(time) = time {
                    body[name] = time.into();
                }
            }
            let answer = Client::new(&connection)?.call(Method::POST, "/v1/operations/rejects:redrive", Some(&body))?;
            print(printing, &answer, |answer| {
                line(&format!("{} on their way to the adapter", number(&answer["redriven"])))
            })
        }
        Rejects::Dismiss { ids, reason, connection, printing } => {
            let body = json!({ "reject_ids": ids, "reason": reason });
            let answer = Client::new(&connection)?.call(Method::POST, "/v1/operations/rejects:dismiss", Some(&body))?;
            print(printing, &answer, |answer| line(&format!("{} dismissed", number(&answer["dismissed"]))))
        }
    }
}

type Filter = [(&'static str, Option<String>); 5];

fn filter(
    department: Option<String>,
    rule: Option<String>,
    state: Option<RejectState>,
    (after, before): (Option<String>, Option<String>),
) -> Filter {
    let state = state.map(|state| state_name(state).to_owned());
    [
        ("department", department),
        ("rule", rule),
        ("state", state),
        ("rejected_after", after),
        ("rejected_before", before),
    ]
}

/// Every reject of the filter with its original, masked unless it is to be revealed.
fn export(client: &Client, filter: &Filter, to: Option<&Path>, reveal: bool) -> Result<ExitCode> {
    let mut out: Box<dyn Write> = match to {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut token = None;
    let mut count = 0;
    loop {
        let page = [("page_size", Some("500".to_owned())), ("page_token", token)];
        let path = format!("/v1/operations/rejects?{}", query(&[&filter[..], &page].concat()));
        let answer = client.call(Method::GET, &path, None)?.value;
        for reject in list(&answer, "rejects") {
            let id = encoded(&text(&reject["reject_id"]));
            let path = format!("/v1/operations/rejects/{id}?reveal={reveal}");
            writeln!(out, "{}", client.call(Method::GET, &path, None)?.value)?;
            count += 1;
        }
        token = answer["next_page_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    out.flush()?;
    eprintln!("{count} rejects");
    Ok(ExitCode::SUCCESS)
}

/// One object a line for programs, a table for people.
fn list_rejects(printing: Printing, answer: &Answer) -> Result<ExitCode> {
    let rejects = list(&answer.value, "rejects");
    if printing.output == Output::Json {
        for reject in rejects {
            line(&reject.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = rejects
        .iter()
        .map(|reject| {
            let source = &reject["source"];
            let place = place(source);
            let state = text(&reject["state"]).replace("REJECT_STATE_", "");
            [&reject["reject_id"], &reject["rule"], &reject["field"]]
                .map(text)
                .into_iter()
                .chain([place, state])
                .collect()
        })
        .collect();
    table::print(&["REJECT", "RULE", "FIELD", "WHERE", "STATE"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// Where a row lies, in a few letters: in a table, a topic, or a file.
fn place(source: &Value) -> String {
    let parts: &[&str] = if source["table"].is_string() {
        &["table", "key"]
    } else if source["topic"].is_string() {
        &["topic", "partition", "offset"]
    } else if source["sheet"].is_string() {
        &["file", "sheet", "row"]
    } else {
        &["file", "row"]
    };
    parts.iter().map(|part| text(&source[part])).collect::<Vec<_>>().join(":")
}

fn show(answer: &Value) -> Result<()> {
    let reject = &answer["reject"];
    for key in ["reject_id", "department", "resource", "rule", "field", "message", "encoding", "rejected_at", "state"] {
        line(&format!("{key:<14} {}", text(&reject[key])))?;
    }
    let source = &reject["source"];
    let keys = ["file", "sheet", "row", "byte_from", "byte_to", "table", "key", "topic", "partition", "offset"];
    let said = keys.into_iter().filter(|key| !source[key].is_null());
    let place: Vec<_> = said.map(|key| format!("{key} {}", text(&source[key]))).collect();
    line(&format!("{:<14} {}", "source", place.join(" · ")))?;
    let original = revealed(answer).unwrap_or_else(|| text(&answer["masked"]));
    line(&format!("{:<14} {original}", "original"))
}

/// The original as text, when it was revealed. It came from outside: what would steer a terminal is written out.
fn revealed(answer: &Value) -> Option<String> {
    let bytes = STANDARD.decode(answer["original"].as_str()?).ok()?;
    let named = answer["reject"]["encoding"].as_str().unwrap_or_default();
    let encoding = Encoding::for_label(named.as_bytes()).unwrap_or(UTF_8);
    let (original, _) = encoding.decode_without_bom_handling(&bytes);
    let mut shown = String::with_capacity(original.len());
    for letter in original.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    Some(shown)
}

fn print(printing: Printing, answer: &Answer, table: impl Fn(&Value) -> Result<()>) -> Result<ExitCode> {
    match printing.output {
        Output::Json => line(answer.text.trim_end())?,
        Output::Table => table(&answer.value)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn state_name(state: RejectState) -> &'static str {
    match state {
        RejectState::Open => "REJECT_STATE_OPEN",
        RejectState::Redriven => "REJECT_STATE_REDRIVEN",
        RejectState::Dismissed => "REJECT_STATE_DISMISSED",
    }
}

fn query(parts: &[(&str, Option<String>)]) -> String {
    let given = parts.iter().filter_map(|(key, value)| Some(format!("{key}={}", encoded(value.as_ref()?))));
    given.collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything that is not unreserved (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let each = text.bytes().map(|byte| {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    each.collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A count; one that is left out is 0.
fn number(value: &Value) -> String {
    match value {
        Value::Null => "0".to_owned(),
        value => text(value),
    }
}

/// A figure; one that is left out is not known yet, which is not 0.
fn known(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        value => text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_leave_out_what_is_absent() {
        let parts = [("rule", Some("a b&c".to_owned())), ("state", None), ("page_size", Some("5".to_owned()))];
        assert_eq!(query(&parts), "rule=a%20b%26c&page_size=5");
    }
    #[test]
    fn a_revealed_original_is_shown_in_its_encoding_and_cannot_steer_the_terminal() {
        let original = STANDARD.encode(b"\xd5\xc5\xc8\xfd\x1b[2J");
        let answer = json!({ "reject": { "encoding": "GB18030" }, "masked": "**", "original": original });
        assert_eq!(revealed(&answer).as_deref(), Some("张三\\u{1b}[2J"));
    }

    #[test]
    fn a_lag_that_is_not_known_yet_is_not_shown_as_none() {
        let row = department(&json!({ "department": "health", "rejects_open": 2 }));
        assert_eq!((row[9].as_str(), row[11].as_str()), ("2", "-"));
    }

    #[test]
    fn an_original_that_was_not_revealed_stays_masked() {
        assert_eq!(revealed(&json!({ "reject": { "encoding": "GB18030" }, "masked": "**" })), None);
    }
}
