//! What must become of a row of a file of any kind, and where the product says something else.
use crate::{Class, Draft};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    vec,
};

/// Where a row stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// From its first byte to its end, exclusive.
    Bytes(u64, u64),
    /// On a sheet of a workbook.
    Sheet(String),
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule; more than one where the interface document can be read in more than one way.
    pub rules: Vec<String>,
    /// The field that it is about, where that is beyond doubt.
    pub field: Option<&'static str>,
}

impl Refusal {
    /// A refusal by one rule.
    #[must_use]
    pub fn of(rule: impl Into<String>, field: &'static str) -> Self {
        Self { rules: vec![rule.into()], field: Some(field) }
    }

    /// A refusal of the whole row, or of something that several fields say.
    #[must_use]
    pub fn whole(rule: impl Into<String>) -> Self {
        Self { rules: vec![rule.into()], field: None }
    }

    /// A refusal that another rule would also be right for.
    #[must_use]
    pub fn or(mut self, rule: &str) -> Self {
        self.rules.push(rule.to_owned());
        self
    }
}

/// How a row ends.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// With records.
    Records(Vec<(Class, Draft)>),
    /// Refused.
    Rejected(Refusal),
    /// Left out, because the interface document says so.
    Skipped,
}

/// What must become of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Name of its file.
    pub file: String,
    /// Row in the file or in the sheet, from 1.
    pub row: u64,
    /// Its place.
    pub place: Place,
    /// How it ends.
    pub end: End,
}

/// The count of rows: read, published, unchanged, superseded, rejected, skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally(pub [u64; 6]);

impl Tally {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[Wanted]) -> Self {
        let mut tally = [0; 6];
        for row in rows {
            tally[0] += 1;
            let place = match &row.end {
                End::Rejected(_) => 4,
                End::Skipped => 5,
                End::Records(records) => match records.iter().map(|(class, _)| *class).min() {
                    Some(Class::Published) => 1,
                    Some(Class::Unchanged) => 2,
                    _ => 3,
                },
            };
            tally[place] += 1;
        }
        Self(tally)
    }

    /// The counts of a JSON object; what is left out is 0.
    #[must_use]
    pub fn from_json(rows: &Value, read: &str) -> Self {
        let names = [read, "published", "unchanged", "superseded", "rejected", "skipped"];
        Self(names.map(|name| match &rows[name] {
            Value::String(text) => text.parse().unwrap_or(0),
            other => other.as_u64().unwrap_or(0),
        }))
    }
}

/// Where the lines of rows differ from what must come out; both in the order of the rows.
#[must_use]
pub fn disagreements(wanted: &[Wanted], lines: Vec<Value>) -> Vec<String> {
    let mut lines = lines.into_iter().peekable();
    let mut versions = BTreeMap::new();
    let mut all = Vec::new();
    for row in wanted {
        let mine = of_row(row, &mut lines);
        let found = if mine.is_empty() { vec!["no line".to_owned()] } else { compare(row, &mine) };
        let newer = older(&mine, &mut versions);
        let place = format!("{} {:?} row {}", row.file, row.place, row.row);
        all.extend(found.into_iter().chain(newer).map(|difference| format!("{place}: {difference}")));
    }
    all.extend(lines.map(|line| format!("a line too many: {line}")));
    all
}

fn of_row(row: &Wanted, lines: &mut Peekable<vec::IntoIter<Value>>) -> Vec<Value> {
    let sheet = match &row.place {
        Place::Sheet(sheet) => Some(sheet.as_str()),
        Place::Bytes(..) => None,
    };
    let is_mine = |line: &Value| {
        let source = &line["source"];
        source["file"] == row.file && source["row"] == row.row && source["sheet"].as_str() == sheet
    };
    let mut mine = Vec::new();
    while let Some(line) = lines.next_if(is_mine) {
        mine.push(line);
    }
    mine
}

fn compare(row: &Wanted, lines: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    if let Place::Bytes(from, to) = row.place {
        let place = |line: &Value| (line["source"]["byte_from"].as_u64(), line["source"]["byte_to"].as_u64());
        let wrong = lines.iter().map(place).find(|place| *place != (Some(from), Some(to)));
        found.extend(wrong.map(|wrong| format!("bytes: got {wrong:?}")));
    }
    match &row.end {
        End::Skipped if lines.len() == 1 && lines[0]["outcome"] == "skipped" => {}
        End::Skipped => found.push(format!("expected skipped, got {}", brief(lines))),
        End::Rejected(refusal) => found.extend(rejected(refusal, lines)),
        End::Records(records) => {
            if lines.len() != records.len() {
                found.push(format!("expected {} records, got {}", records.len(), brief(lines)));
            }
            found.extend(records.iter().flat_map(|(class, draft)| record(*class, draft, lines)));
        }
    }
    found
}

fn rejected(refusal: &Refusal, lines: &[Value]) -> Option<String> {
    let by = |rule: &Value| refusal.rules.iter().any(|wanted| *rule == wanted.as_str());
    let [line] = lines else { return Some(format!("expected one reject {refusal:?}, got {}", brief(lines))) };
    if line["outcome"] != "reject" || !by(&line["rule"]) {
        return Some(format!("expected a reject {refusal:?}, got {}", brief(lines)));
    }
    let field = line["field"].as_str();
    (refusal.field.is_some() && field != refusal.field).then(|| format!("{refusal:?} is about {field:?}"))
}

fn record(class: Class, draft: &Draft, lines: &[Value]) -> Vec<String> {
    let name = format!("{}/{}", draft.resource, draft.key);
    let is_it = |line: &&Value| line["resource"] == draft.resource && line["key"] == draft.key.as_str();
    let Some(line) = lines.iter().find(is_it) else {
        return vec![format!("expected {name}, got {}", brief(lines))];
    };
    let mut found = Vec::new();
    let mut check = |what: &str, same: bool, wanted: String| {
        if !same {
            found.push(format!("{name}: {what}: expected {wanted}, got {}", line[what]));
        }
    };
    let outcome = match class {
        Class::Unchanged => "unchanged",
        Class::Superseded => "superseded",
        _ => "record",
    };
    check("outcome", line["outcome"] == outcome, outcome.to_owned());
    check("operation", line["operation"] == "OPERATION_UPSERT", "an upsert".to_owned());
    check("subjects", subjects(line) == draft.subjects, format!("{:?}", draft.subjects));
    check("flags", texts(&line["flags"]) == draft.flags, format!("{:?}", draft.flags));
    check("version", line["version"].as_str().is_some_and(|version| !version.is_empty()), "a version".to_owned());
    found.extend(other_body(draft, &line["body"]).map(|difference| format!("{name}: body: {difference}")));
    found
}

fn texts(values: &Value) -> BTreeSet<&str> {
    values.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn subjects(line: &Value) -> BTreeSet<(&str, String)> {
    let all = line["subjects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|subject| (subject["kind"].as_str().unwrap_or_default(), text(&subject["value"]))).collect()
}

/// Items whose text may be written in several ways for one number.
const DECIMALS: &[&str] = &["price", "area", "floor_area", "contract_price"];
/// Items that no page decides.
const OPEN: &[&str] =
    &["@type", "certificate_type", "issuer_code", "birth-certificate/holders", "teacher-qualification/status_text"];

/// Why a body is not what the pages say; `None` when it is.
#[must_use]
pub fn other_body(draft: &Draft, body: &Value) -> Option<String> {
    let none = serde_json::Map::new();
    let (wanted, found) = (draft.body.as_object().unwrap_or(&none), body.as_object().unwrap_or(&none));
    for (name, value) in wanted {
        let got = found.get(name).unwrap_or(&Value::Null);
        let same = if DECIMALS.contains(&name.as_str()) { number(value) == number(got) } else { holds(value, got) };
        if !same {
            return Some(format!("{name}: expected {value}, got {got}"));
        }
    }
    let open = |name: &str| {
        let priced = wanted.contains_key("price") || wanted.contains_key("contract_price");
        let here = format!("{}/{name}", draft.resource);
        OPEN.contains(&name) || OPEN.contains(&here.as_str()) || (name == "currency" && !priced)
    };
    let more = found.iter().find(|(name, _)| draft.whole && !wanted.contains_key(*name) && !open(name));
    more.map(|(name, got)| format!("{name}: expected nothing, got {got}"))
}

/// The same; a party of which nothing but the name is known may be of either kind.
fn holds(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(wanted, got)| holds(wanted, got))
        }
        (Value::Object(wanted), Value::Object(got)) => {
            let kind = |name: &str| name == "kind" && wanted.contains_key("name");
            wanted.iter().all(|(name, value)| got.get(name).is_some_and(|got| holds(value, got)))
                && got.keys().all(|name| wanted.contains_key(name) || kind(name))
        }
        _ => wanted == got,
    }
}

fn number(value: &Value) -> Option<(String, String)> {
    let text = value.as_str()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches('0');
    Some((whole.to_owned(), part.trim_end_matches('0').to_owned()))
}

/// What is published of a key later has a later version, in byte order.
fn older(lines: &[Value], versions: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| line["outcome"] == "record") {
        let place = format!("{}/{}", line["resource"], line["key"]);
        let version = line["version"].as_str().unwrap_or_default().to_owned();
        if let Some(before) = versions.insert(place.clone(), version.clone()).filter(|before| *before >= version) {
            found.push(format!("{place}: version {version} follows {before}"));
        }
    }
    found
}

fn brief(lines: &[Value]) -> String {
    let one = |line: &Value| {
        format!("{}:{}:{}:{}:{}", line["outcome"], line["rule"], line["field"], line["resource"], line["key"])
    };
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}
