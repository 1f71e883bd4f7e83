//! The lines that `exchange adapter try` prints.

use crate::{
    envelope::{At, Place},
    judge::{Judged, Verdict, Weighed},
    mapping::{Effect, Rejection},
};
use domain::{Identifier, Language, Rule};
use formats::framing::Refusal;
use serde::Serialize;
use serde_json::Value;

/// One outcome; what does not apply is left out of its JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TryLine {
    /// `record`, `superseded`, `unchanged`, `skipped`, `reject`, `file-refused` or `note`.
    pub outcome: &'static str,
    /// Catalogue resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Key inside the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The version that the record would be published under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `OPERATION_UPSERT` or `OPERATION_WITHDRAW`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// What the record is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Vec<TrySubject>>,
    /// Quality flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<&'static str>>,
    /// Why it is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The resource's message in its JSON form, with `@type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The rule that refuses or skips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The source's field that the rule speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where in a refused file, without any value from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it came from.
    pub source: TrySource,
}

/// Where an outcome came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrySource {
    /// Name of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Row within the file (of a workbook: within the sheet), from 1, header not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// First byte, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_from: Option<u64>,
    /// End, exclusive, line end not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_to: Option<u64>,
    /// Sheet of the workbook, within which rows are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Name of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Key of the row in its table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Name of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Partition of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<i32>,
    /// Offset in the partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
}

/// An identifier that a record is found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrySubject {
    /// Its kind (`citizen-number`).
    pub kind: &'static str,
    /// Its value.
    pub value: String,
}

/// The last line: how the rows of all files ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrySummary {
    /// Always `summary`.
    pub outcome: &'static str,
    /// Rows read.
    pub rows: u64,
    /// Records that would be published.
    pub records: u64,
    /// Rows of which at least one record would be published.
    pub published: u64,
    /// Rows that say what is known already.
    pub unchanged: u64,
    /// Rows older than what is known.
    pub superseded: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Rows passed over.
    pub skipped: u64,
    /// Rows that wait.
    pub waiting: u64,
    /// Files refused whole.
    pub files_refused: u64,
    /// Columns of the files that the interface does not know; left out where there is none.
    #[serde(skip_serializing_if = "is_none")]
    pub unknown_columns: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Default for TrySummary {
    fn default() -> Self {
        Self {
            outcome: "summary",
            rows: 0,
            records: 0,
            published: 0,
            unchanged: 0,
            superseded: 0,
            rejected: 0,
            skipped: 0,
            waiting: 0,
            files_refused: 0,
            unknown_columns: 0,
        }
    }
}

impl TrySummary {
    pub(crate) fn count(&mut self, judged: &Judged) {
        self.rows += 1;
        self.records += judged.published().count() as u64;
        match judged.verdict {
            Verdict::Published => self.published += 1,
            Verdict::Unchanged => self.unchanged += 1,
            Verdict::Superseded => self.superseded += 1,
            Verdict::Rejected => self.rejected += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Waiting => self.waiting += 1,
        }
        for _ in &judged.released {
            self.waiting = self.waiting.saturating_sub(1);
            self.published += 1;
        }
    }
}

impl TryLine {
    pub(crate) fn record(record: &Weighed, place: &Place<'_>) -> Self {
        let draft = &record.draft;
        let mut line = Self {
            outcome: match record.verdict {
                Verdict::Unchanged => "unchanged",
                Verdict::Superseded => "superseded",
                _ => "record",
            },
            resource: Some(draft.resource.to_owned()),
            key: Some(draft.key.clone()),
            version: Some(record.version.as_str().to_owned()),
            subjects: Some(draft.subjects.iter().map(TrySubject::new).collect()),
            flags: Some(draft.flags.clone()),
            ..Self::at(place)
        };
        match &draft.effect {
            Effect::Upsert { message, body } => {
                line.operation = Some("OPERATION_UPSERT");
                line.body = Some(json(message, body));
            }
            Effect::Withdraw { reason } => {
                line.operation = Some("OPERATION_WITHDRAW");
                line.reason = Some(reason);
            }
        }
        line
    }

    pub(crate) fn history(about: Option<&(&'static str, String)>, place: &Place<'_>) -> Self {
        Self {
            outcome: "superseded",
            resource: about.map(|(resource, _)| (*resource).to_owned()),
            key: about.map(|(_, key)| key.clone()),
            ..Self::at(place)
        }
    }

    pub(crate) fn waiting(
        rule: &Rule,
        about: Option<&(&'static str, String)>,
        place: &Place<'_>,
        language: Language,
    ) -> Self {
        Self { outcome: "waiting", ..Self::by(rule, language, Self::history(about, place)) }
    }

    pub(crate) fn skipped(rule: &Rule, place: &Place<'_>, language: Language) -> Self {
        Self { outcome: "skipped", ..Self::by(rule, language, Self::at(place)) }
    }

    pub(crate) fn reject(rejection: &Rejection, place: &Place<'_>, language: Language) -> Self {
        Self {
            outcome: "reject",
            resource: Some(rejection.resource.to_owned()).filter(|resource| !resource.is_empty()),
            key: rejection.key.clone(),
            field: Some(rejection.field),
            ..Self::by(rejection.rule, language, Self::at(place))
        }
    }

    pub(crate) fn refused(file: &str, refusal: &Refusal, language: Language) -> Self {
        Self {
            outcome: "file-refused",
            detail: Some(refusal.detail.clone()).filter(|detail| !detail.is_empty()),
            ..Self::by(refusal.rule, language, Self::of(file))
        }
    }

    pub(crate) fn note(file: &str, message: &str) -> Self {
        Self { outcome: "note", message: Some(message.to_owned()), ..Self::of(file) }
    }

    fn by(rule: &Rule, language: Language, line: Self) -> Self {
        Self { rule: Some(rule.id), message: Some(rule.sentence(language).to_owned()), ..line }
    }

    fn at(place: &Place<'_>) -> Self {
        let source = TrySource { file: Some(place.unit.file.clone()), row: Some(place.number), ..TrySource::default() };
        let source = match place.at {
            At::Bytes { from, to } => TrySource { byte_from: Some(from), byte_to: Some(to), ..source },
            At::Sheet { sheet, row } => TrySource { sheet: Some(sheet.to_owned()), row: Some(row), ..source },
            At::Table(key) => {
                TrySource { table: Some(place.kind.to_owned()), key: Some(key.to_owned()), ..TrySource::default() }
            }
            At::Topic { topic, partition, offset } => TrySource {
                topic: Some(topic.to_owned()),
                partition: Some(partition),
                offset: Some(offset),
                ..TrySource::default()
            },
            At::Passing => source,
        };
        Self { source, ..Self::default() }
    }

    fn of(file: &str) -> Self {
        Self { source: TrySource { file: Some(file.to_owned()), ..TrySource::default() }, ..Self::default() }
    }
}

impl TrySubject {
    fn new(identifier: &Identifier) -> Self {
        Self { kind: identifier.kind().as_str(), value: identifier.value().to_owned() }
    }
}

/// The body as JSON; only its type where the message is none that the contract knows.
fn json(message: &str, body: &[u8]) -> Value {
    let mut value = contract::json::to_value(message, body).unwrap_or_default();
    let kind = Value::String(contract::type_url(message));
    match &mut value {
        Value::Object(members) => {
            members.insert("@type".to_owned(), kind);
            value
        }
        _ => serde_json::json!({ "@type": kind }),
    }
}
