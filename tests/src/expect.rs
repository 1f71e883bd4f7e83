use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How a row or a record ends; in the order in which a row's records decide for the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A rule refused the row.
    Rejected,
    /// It says something new.
    Published,
    /// It says what is known.
    Unchanged,
    /// It is older than what is known.
    Superseded,
}

/// A record that a row makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Catalogue resource.
    pub resource: &'static str,
    /// Its key.
    pub key: String,
    /// The source's own time, `yyyyMMddHHmmss`.
    pub stamp: String,
    /// Why it takes the key back; `None` for content.
    pub withdrawn: Option<&'static str>,
    /// Identifiers it is found by; empty where no page says which (a moved key).
    pub subjects: BTreeSet<(&'static str, String)>,
    /// Quality flags.
    pub flags: BTreeSet<&'static str>,
    /// What the pages say of its body.
    pub body: Value,
    /// Whether the pages say everything of its body.
    pub whole: bool,
}

/// What must become of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Name of its file.
    pub file: String,
    /// Row in the file, from 1.
    pub row: u64,
    /// First byte, from 0.
    pub byte_from: u64,
    /// End, exclusive.
    pub byte_to: u64,
    /// How the row ends.
    pub class: Class,
    /// The rule that refuses it.
    pub rule: Option<String>,
    /// Its records, each with its own end; none for a history row or a reject.
    pub records: Vec<(Class, Draft)>,
}

/// The count of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub read: u64,
    /// New content.
    pub published: u64,
    /// Known content.
    pub unchanged: u64,
    /// Older than known.
    pub superseded: u64,
    /// Refused.
    pub rejected: u64,
}

impl Counts {
    /// Counts rows.
    #[must_use]
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Expected>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.read += 1;
            match row.class {
                Class::Rejected => counts.rejected += 1,
                Class::Published => counts.published += 1,
                Class::Unchanged => counts.unchanged += 1,
                Class::Superseded => counts.superseded += 1,
            }
        }
        counts
    }

    /// The counts of a JSON object, as `status` and `adapter try` show them; what is left out is 0.
    #[must_use]
    pub fn from_json(rows: &Value, read: &str) -> Self {
        let number = |key: &str| match &rows[key] {
            Value::String(text) => text.parse().unwrap_or(0),
            other => other.as_u64().unwrap_or(0),
        };
        Self {
            read: number(read),
            published: number("published"),
            unchanged: number("unchanged"),
            superseded: number("superseded"),
            rejected: number("rejected"),
        }
    }
}

/// Items whose text may be written in several ways for one number.
const DECIMALS: &[&str] = &["registered_capital", "subscribed_amount", "share_percent"];

/// Why a body is not what the pages say; `None` when it is.
#[must_use]
pub fn same_body(expected: &Draft, body: &Value) -> Option<String> {
    let none = serde_json::Map::new();
    let (wanted, found) = (expected.body.as_object().unwrap_or(&none), body.as_object().unwrap_or(&none));
    let found: BTreeMap<&String, &Value> = found.iter().filter(|(name, _)| *name != "@type").collect();
    for (name, value) in wanted {
        let same = match found.get(name) {
            Some(got) if DECIMALS.contains(&name.as_str()) => number(value) == number(got),
            Some(got) => *got == value,
            None => false,
        };
        if !same {
            return Some(format!("{name}: expected {value}, got {:?}", found.get(name)));
        }
    }
    let open = |name: &str| name == "currency" && !wanted.contains_key("registered_capital");
    let more = found.keys().find(|name| expected.whole && !wanted.contains_key(**name) && !open(name));
    more.map(|name| format!("{name}: expected nothing, got {}", found[*name]))
}

/// A decimal in hundred-thousandths.
fn number(value: &Value) -> Option<i128> {
    let text = value.as_str()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<5}").parse().ok()
}
