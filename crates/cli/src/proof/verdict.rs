//! What came of a verification, for people and for programs.

use crate::{
    args::{Output, Printing},
    output::{FAILED, json, line},
    table,
};
use anyhow::Result;
use evidence::{Check, Witnessed};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Checks, and what they are about.
pub(super) struct Verdict {
    /// What was verified, for people: `entry 3 of exchange/city/1`.
    pub(super) about: String,
    /// What was read on the way; it holds only if the checks do.
    pub(super) facts: Map<String, Value>,
    /// The checks in their order.
    pub(super) checks: Vec<Judged>,
    /// Whether all that makes a proof was checked.
    pub(super) is_complete: bool,
    /// Witnesses that signed.
    pub(super) witnessed: Vec<Witnessed>,
}

/// A check, and what is wrong where it fails.
pub(super) struct Judged {
    /// Name of the check.
    pub(super) check: &'static str,
    /// Name of its failure.
    pub(super) failure: &'static str,
    /// What came of it.
    pub(super) came: Check,
}

impl Verdict {
    /// Whether the proof holds.
    pub(super) fn holds(&self) -> bool {
        self.is_complete && self.checks.iter().all(|judged| judged.came.failure().is_none())
    }

    /// Prints it; the exit code of the proof.
    pub(super) fn print(&self, printing: Printing) -> Result<ExitCode> {
        match printing.output {
            Output::Json => json(&self.to_json())?,
            Output::Table => self.tell()?,
        }
        Ok(ExitCode::from(if self.holds() { 0 } else { FAILED }))
    }

    fn to_json(&self) -> Value {
        let mut told = Map::from_iter([("holds".to_owned(), Value::Bool(self.holds()))]);
        told.extend(self.facts.clone());
        let checks = self.checks.iter().map(|judged| (judged.check.to_owned(), word(&judged.came).into()));
        told.insert("checks".to_owned(), Value::Object(checks.collect()));
        let failures = self.failures().map(|(name, why)| json!({ "failure": name, "why": why }));
        told.insert("failures".to_owned(), failures.collect());
        let witnessed = self.witnessed.iter().map(|word| json!({ "witness": word.witness, "at": time(word) }));
        told.insert("witnessed".to_owned(), witnessed.collect());
        Value::Object(told)
    }

    fn tell(&self) -> Result<()> {
        let rows: Vec<_> = self
            .checks
            .iter()
            .map(|judged| vec![judged.check.to_owned(), word(&judged.came).to_owned(), why(&judged.came).to_owned()])
            .collect();
        table::print(&["CHECK", "RESULT", "WHY"], &rows)?;
        line("")?;
        for word in &self.witnessed {
            line(&format!("{} saw it at {}", word.witness, time(word)))?;
        }
        if self.holds() {
            return line(&format!("the proof holds: {}", self.about));
        }
        line(&format!("THE PROOF DOES NOT HOLD: {}", self.about))?;
        self.failures().try_for_each(|(name, why)| line(&format!("  {name}: {why}")))
    }

    fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.checks.iter().filter_map(|judged| Some((judged.failure, judged.came.failure()?)))
    }
}

fn word(check: &Check) -> &'static str {
    match check {
        Check::Holds => "holds",
        Check::Fails(_) => "fails",
        Check::NotMade(_) => "not made",
    }
}

fn why(check: &Check) -> &str {
    match check {
        Check::Holds => "",
        Check::Fails(why) => why,
        Check::NotMade(why) => why,
    }
}

fn time(word: &Witnessed) -> String {
    word.at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
