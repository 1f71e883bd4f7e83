//! Rows of exchange tables, of a paged feed and of a topic: what must become of each, and where the product says something
//! else.
use crate::{
    Class, Draft,
    rows::{Refusal, other_body},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    vec,
};

/// A row of a table, as it is committed.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// What it is there for; empty for one of many.
    pub label: &'static str,
    /// Name of the table.
    pub table: &'static str,
    /// Name of the column that tells rows apart.
    pub key: &'static str,
    /// Its columns; `null` where nothing is given.
    pub columns: Map<String, Value>,
}

impl TableRow {
    /// A row with these columns.
    #[must_use]
    pub fn new(label: &'static str, (table, key): (&'static str, &'static str), columns: Value) -> Self {
        let Value::Object(columns) = columns else { panic!("columns are an object") };
        Self { label, table, key, columns }
    }

    /// The same row with another value in a column.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        self.columns.insert(column.to_owned(), value.into());
        self
    }

    /// The same row for another purpose.
    #[must_use]
    pub fn labelled(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// A column's text; empty where it is NULL or missing.
    #[must_use]
    pub fn text(&self, column: &str) -> String {
        match self.columns.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// Where the product must say that it stands.
    #[must_use]
    pub fn place(&self) -> Value {
        json!({ "table": self.table, "key": self.text(self.key) })
    }

    /// A line of a saved file.
    #[must_use]
    pub fn line(&self) -> String {
        json!({ "table": self.table, "row": self.columns }).to_string()
    }

    /// The statement that writes it.
    #[must_use]
    pub fn insert(&self) -> String {
        let names: Vec<&str> = self.columns.keys().map(String::as_str).collect();
        let values: Vec<String> = self.columns.values().map(literal).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.table, names.join(", "), values.join(", "))
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// How a row ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Ends {
    /// With records; the flags behind them may stand there or not.
    Records(Vec<(Class, Draft)>, &'static [&'static str]),
    /// Older than what is known, whatever it says.
    Superseded,
    /// Refused.
    Rejected(Refusal),
    /// Left out, because the interface document says so.
    Skipped,
    /// It waits for another row.
    Waiting,
}

/// What must become of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedRow {
    /// What it is there for.
    pub label: &'static str,
    /// Where it stands.
    pub place: Value,
    /// How it ends.
    pub ends: Ends,
    /// Whether a row that waited was published later.
    pub released: bool,
}

impl WantedRow {
    /// A row that ends so.
    #[must_use]
    pub fn new(label: &'static str, place: Value, ends: Ends) -> Self {
        Self { label, place, ends, released: false }
    }

    fn counted(&self) -> usize {
        match &self.ends {
            Ends::Records(records, _) => match records.iter().map(|(class, _)| *class).min() {
                Some(Class::Published) => 1,
                Some(Class::Unchanged) => 2,
                _ => 3,
            },
            Ends::Superseded => 3,
            Ends::Rejected(_) => 4,
            Ends::Skipped => 5,
            Ends::Waiting if self.released => 1,
            Ends::Waiting => 6,
        }
    }
}

/// The count of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCount {
    /// All of them.
    pub read: u64,
    /// Published, unchanged, superseded, rejected, skipped, waiting.
    pub ends: [u64; 6],
}

impl RowCount {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[WantedRow]) -> Self {
        let mut count = Self::default();
        for row in rows {
            count.read += 1;
            count.ends[row.counted() - 1] += 1;
        }
        count
    }

    /// The counts of a JSON object; what is left out is 0.
    #[must_use]
    pub fn from_json(rows: &Value, read: &str) -> Self {
        let number = |name: &str| match &rows[name] {
            Value::String(text) => text.parse().unwrap_or(0),
            other => other.as_u64().unwrap_or(0),
        };
        let ends = ["published", "unchanged", "superseded", "rejected", "skipped", "waiting"].map(number);
        Self { read: number(read), ends }
    }

    /// Whether every row that was read ended in exactly one way.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.read == self.ends.iter().sum::<u64>()
    }
}

/// Where the lines of rows differ from what must come out; both in the order of the rows.
#[must_use]
pub fn contradictions(wanted: &[WantedRow], lines: Vec<Value>) -> Vec<String> {
    let mut lines = lines.into_iter().peekable();
    let mut versions = BTreeMap::new();
    let mut all = Vec::new();
    for row in wanted {
        let mine = of_row(row, &mut lines);
        let found = if mine.is_empty() { vec!["no line".to_owned()] } else { compare(row, &mine) };
        let newer = older(&mine, &mut versions);
        let place = format!("{} {}", row.label, row.place);
        all.extend(found.into_iter().chain(newer).map(|difference| format!("{place}: {difference}")));
    }
    all.extend(lines.map(|line| format!("a line too many: {line}")));
    all
}

fn of_row(row: &WantedRow, lines: &mut Peekable<vec::IntoIter<Value>>) -> Vec<Value> {
    let most = if let Ends::Records(records, _) = &row.ends { records.len() } else { 1 };
    let is_mine = |line: &Value| {
        let place = row.place.as_object();
        place.is_some_and(|place| place.iter().all(|(name, value)| line["source"][name] == *value))
    };
    let mut mine = Vec::new();
    while let Some(line) = lines.next_if(|line| mine.len() < most && is_mine(line)) {
        mine.push(line);
    }
    mine
}

fn compare(row: &WantedRow, lines: &[Value]) -> Vec<String> {
    let only = |outcome: &str| lines.len() == 1 && lines[0]["outcome"] == outcome;
    let unless = |good: bool, wanted: &str| {
        if good { Vec::new() } else { vec![format!("expected {wanted}, got {}", brief(lines))] }
    };
    match &row.ends {
        Ends::Superseded => unless(only("superseded"), "superseded"),
        Ends::Skipped => unless(only("skipped"), "skipped"),
        Ends::Waiting => unless(only("waiting"), "waiting"),
        Ends::Rejected(refusal) => {
            let line = &lines[0];
            let by = refusal.rules.iter().any(|rule| line["rule"] == rule.as_str());
            let about = refusal.field.is_none_or(|field| line["field"] == field);
            let told = line["message"].as_str().is_some_and(|message| !message.is_empty());
            unless(only("reject") && by && about && told, &format!("{refusal:?}"))
        }
        Ends::Records(records, open) => {
            let found = records.iter().flat_map(|(class, draft)| record(*class, draft, open, lines)).collect();
            if lines.len() == records.len() { found } else { [unless(false, "other records"), found].concat() }
        }
    }
}

fn record(class: Class, draft: &Draft, open: &[&str], lines: &[Value]) -> Vec<String> {
    let operation = if draft.withdrawn.is_some() { "OPERATION_WITHDRAW" } else { "OPERATION_UPSERT" };
    let name = format!("{}/{}", draft.resource, draft.key);
    let is_it = |line: &&Value| {
        line["resource"] == draft.resource && line["key"] == draft.key.as_str() && line["operation"] == operation
    };
    let Some(line) = lines.iter().find(is_it) else {
        return vec![format!("expected {operation} of {name}, got {}", brief(lines))];
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
    check("version", line["version"].as_str().is_some_and(|version| !version.is_empty()), "a version".to_owned());
    let moved = draft.withdrawn == Some("key.changed");
    check("reason", !moved || line["reason"] == "key.changed", "key.changed".to_owned());
    check("subjects", moved || subjects(line) == draft.subjects, format!("{:?}", draft.subjects));
    if draft.withdrawn.is_some() {
        check("reason", line["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "a reason".to_owned());
        check("body", line["body"].is_null(), "no body".to_owned());
        return found;
    }
    let (got, leave) = (texts(&line["flags"]), open.iter().copied().collect::<BTreeSet<_>>());
    let same = got.difference(&leave).eq(draft.flags.difference(&leave));
    check("flags", same, format!("{:?}", draft.flags));
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
        let names = ["outcome", "rule", "field", "resource", "key", "operation"];
        names.map(|name| line[name].as_str().unwrap_or("-").to_owned()).join(":")
    };
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}
