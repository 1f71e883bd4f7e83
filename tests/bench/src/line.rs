//! Results: one line of JSON each.

use crate::measure::{Pass, median};
use anyhow::Result;
use serde_json::{Map, Value, json};
use std::io::Write as _;

/// What one piece of work gave, beside the limit measured in the same run; what is not known is null.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// Bench and case, as in `ingest/public-security/kafka`.
    pub(crate) work: String,
    /// Units of work in a second: rows, records, answers.
    pub(crate) ours_per_s: Option<f64>,
    /// What ours is held against, in words.
    pub(crate) limit: Option<String>,
    /// Units in a second at the limit.
    pub(crate) limit_per_s: Option<f64>,
    /// Median time of one unit in milliseconds.
    pub(crate) p50_ms: Option<f64>,
    /// 99th percentile of the time of one unit in milliseconds.
    pub(crate) p99_ms: Option<f64>,
    /// Peak resident memory of the measured process in bytes.
    pub(crate) peak_rss_bytes: Option<u64>,
    /// Processor time for one unit of ours in microseconds.
    pub(crate) cpu_us_per_unit: Option<f64>,
    /// Processor time for one unit at the limit in microseconds.
    pub(crate) limit_cpu_us_per_unit: Option<f64>,
    /// What is asked for, in words; the report shows it.
    pub(crate) goal: Option<&'static str>,
    /// Further fields of this bench alone.
    pub(crate) more: Map<String, Value>,
}

/// Where lines go: to stdout as they come, and kept for the report.
#[derive(Debug, Default)]
pub(crate) struct Output {
    lines: Vec<Line>,
}

impl Line {
    /// A line with nothing but its name.
    pub(crate) fn new(work: impl Into<String>) -> Self {
        Self { work: work.into(), ..Self::default() }
    }

    /// Rate and processor time of ours: medians over the rounds; memory: the largest.
    pub(crate) fn ours(mut self, rounds: &[Pass]) -> Self {
        self.ours_per_s = median(rounds.iter().map(Pass::per_s));
        self.cpu_us_per_unit = median(rounds.iter().map(Pass::cpu_us_per_unit));
        self.peak_rss_bytes = rounds.iter().map(|pass| pass.peak_rss_bytes).max();
        self
    }

    /// Rate and processor time at the limit: medians over the rounds.
    pub(crate) fn limit(mut self, name: impl Into<String>, rounds: &[Pass]) -> Self {
        self.limit = Some(name.into());
        self.limit_per_s = median(rounds.iter().map(Pass::per_s));
        self.limit_cpu_us_per_unit = median(rounds.iter().map(Pass::cpu_us_per_unit));
        self
    }

    /// What is asked for.
    pub(crate) fn goal(mut self, goal: &'static str) -> Self {
        self.goal = Some(goal);
        self
    }

    /// A further field.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Ours divided by the limit, where both are known.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.ours_per_s.zip(self.limit_per_s).filter(|(_, limit)| *limit > 0.0).map(|(ours, limit)| ours / limit)
    }

    /// The line as JSON.
    pub(crate) fn json(&self) -> Value {
        let mut object = self.more.clone();
        object.insert("work".into(), json!(self.work));
        object.insert("ours_per_s".into(), json!(self.ours_per_s.map(round(1.0))));
        object.insert("limit".into(), json!(self.limit));
        object.insert("limit_per_s".into(), json!(self.limit_per_s.map(round(1.0))));
        object.insert("ratio".into(), json!(self.ratio().map(round(1000.0))));
        object.insert("p50_ms".into(), json!(self.p50_ms.map(round(10_000.0))));
        object.insert("p99_ms".into(), json!(self.p99_ms.map(round(10_000.0))));
        object.insert("peak_rss_bytes".into(), json!(self.peak_rss_bytes));
        object.insert("cpu_us_per_unit".into(), json!(self.cpu_us_per_unit.map(round(100.0))));
        object.insert("limit_cpu_us_per_unit".into(), json!(self.limit_cpu_us_per_unit.map(round(100.0))));
        object.insert("goal".into(), json!(self.goal));
        Value::Object(object)
    }
}

impl Output {
    /// Prints a line and keeps it.
    pub(crate) fn print(&mut self, line: Line) -> Result<()> {
        writeln!(std::io::stdout(), "{}", line.json())?;
        self.lines.push(line);
        Ok(())
    }

    /// All that was printed.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// Rounds to the digits that `parts` leaves.
fn round(parts: f64) -> impl Fn(f64) -> f64 {
    move |value| (value * parts).round() / parts
}
