//! Answers for people.

use crate::{output::line, table};
use anyhow::Result;
use serde_json::Value;

/// Records, an item a line.
pub(super) fn records(answer: &Value) -> Result<()> {
    head(answer)?;
    for record in list(answer, "records") {
        line("")?;
        self::record(record)?;
    }
    next_page(answer)
}

/// One result for each claim.
pub(super) fn claims(answer: &Value) -> Result<()> {
    head(answer)?;
    let rows: Vec<_> = list(answer, "results")
        .iter()
        .map(|result| vec![text(&result["item"]), word(&result["result"], "CLAIM_RESULT_")])
        .collect();
    if rows.is_empty() { Ok(()) } else { table::print(&["ITEM", "RESULT"], &rows) }
}

/// Outcomes by type, then the certificates.
pub(super) fn certificates(answer: &Value) -> Result<()> {
    let rows: Vec<_> = list(answer, "results")
        .iter()
        .map(|result| vec![text(&result["resource"]), word(&result["outcome"], "OUTCOME_"), text(&result["reason"])])
        .collect();
    table::print(&["TYPE", "OUTCOME", "REASON"], &rows)?;
    for record in list(answer, "records") {
        line("")?;
        self::record(record)?;
    }
    next_page(answer)
}

/// The tree, edge by edge from the root.
pub(super) fn equity(answer: &Value) -> Result<()> {
    head(answer)?;
    let nodes = list(answer, "nodes");
    let name = |id: &Value| {
        let node = nodes.iter().find(|node| node["id"] == *id);
        node.map(|node| text(&node["party"]["name"])).filter(|name| !name.is_empty()).unwrap_or_else(|| text(id))
    };
    let rows: Vec<_> = list(answer, "edges")
        .iter()
        .map(|edge| {
            let amount = format!("{} {}", text(&edge["amount"]), text(&edge["currency"]));
            vec![
                name(&edge["holder"]),
                name(&edge["enterprise"]),
                text(&edge["share_percent"]),
                amount.trim().to_owned(),
            ]
        })
        .collect();
    table::print(&["HOLDER", "ENTERPRISE", "SHARE %", "AMOUNT"], &rows)?;
    if answer["truncated"] == Value::Bool(true) {
        line("(cut short: the tree is larger than an answer)")
    } else {
        Ok(())
    }
}

/// Accesses, one a line, newest first.
pub(super) fn accesses(answer: &Value) -> Result<()> {
    let rows: Vec<_> = list(answer, "accesses").iter().map(access).collect();
    table::print(&["TIME", "WHO", "DID", "RESOURCE", "MATTER", "OUTCOME", "EVIDENCE"], &rows)?;
    next_page(answer)
}

fn access(access: &Value) -> Vec<String> {
    let method = text(&access["method"]);
    let did = method.rsplit('/').next().unwrap_or_default();
    let outcome = format!("{} {}", word(&access["outcome"], "OUTCOME_"), text(&access["reason"]));
    let [time, consumer, resource, matter, id] =
        ["time", "consumer", "resource", "matter", "evidence_id"].map(|key| text(&access[key]));
    vec![time, consumer, did.to_owned(), resource, matter, outcome.trim_end().to_owned(), id]
}

fn head(answer: &Value) -> Result<()> {
    let outcome = word(&answer["outcome"], "OUTCOME_");
    let as_of = text(&answer["coverage"]["as_of"]);
    let mut first = outcome;
    for (label, value) in
        [("as of", as_of), ("withdrawn at", text(&answer["withdrawn_at"])), ("", text(&answer["detail"]))]
    {
        if !value.is_empty() {
            first = format!("{first} · {label} {value}").replace("·  ", "· ");
        }
    }
    line(&first)
}

fn record(record: &Value) -> Result<()> {
    let title = [text(&record["resource"]), text(&record["key"]), text(&record["source_time"])].join("  ");
    line(title.trim_end())?;
    let mut rows = Vec::new();
    for (item, value) in record["body"].as_object().into_iter().flatten().filter(|(item, _)| *item != "@type") {
        rows.push(vec![format!("  {item}"), text(value)]);
    }
    for (label, key) in [("  flags", "flags"), ("  withheld", "withheld_items")] {
        let names: Vec<_> = list(record, key).iter().map(text).collect();
        if !names.is_empty() {
            rows.push(vec![label.to_owned(), names.join(", ")]);
        }
    }
    table::print(&["  ITEM", "VALUE"], &rows)
}

fn next_page(answer: &Value) -> Result<()> {
    match answer["next_page_token"].as_str() {
        Some(token) => line(&format!("\nmore: --page-token {token}")),
        None => Ok(()),
    }
}

fn list<'a>(answer: &'a Value, key: &str) -> &'a [Value] {
    answer[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Value, prefix: &str) -> String {
    let text = text(value);
    text.strip_prefix(prefix).map(ToOwned::to_owned).unwrap_or(text)
}

/// A value as people write it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(self::text).collect::<Vec<_>>().join("; "),
        Value::Object(party) if party.contains_key("name") || party.contains_key("identifier") => {
            format!("{} {}", self::text(&value["name"]), self::text(&value["identifier"]["value"])).trim().to_owned()
        }
        other => other.to_string(),
    }
}
