//! Where in a TOML file a mistake stands, and what was probably meant.

use super::ConfigError;
use std::{ops::Range, path::Path};
use toml::de::{DeTable, DeValue};
use toml_writer::ToTomlKey as _;

/// Turns the parser's error into one that names line, key and the nearest known word.
pub(super) fn explain(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let (line, column) = line_and_column(text, span.start);
    let key = key_at(text, &span);
    let (key, problem) = describe(key, error.message());
    ConfigError::Invalid { path: path.to_owned(), line, column, key, problem }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// The path of the key that stands at `span`; empty for the top, and when the text is no TOML.
fn key_at(text: &str, span: &Range<usize>) -> String {
    let Ok(document) = DeTable::parse(text) else { return String::new() };
    let mut nearest = Nearest { at: span, found: None };
    nearest.table("", document.get_ref());
    nearest.found.map(|(_, key)| key).unwrap_or_default()
}

/// Looks for the smallest piece of the document around a place.
struct Nearest<'a> {
    at: &'a Range<usize>,
    found: Option<(usize, String)>,
}

impl Nearest<'_> {
    fn table(&mut self, parent: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let dot = if parent.is_empty() { "" } else { "." };
            let key = format!("{parent}{dot}{}", name.get_ref().to_toml_key());
            self.consider(&name.span(), &key);
            self.consider(&value.span(), &key);
            self.value(&key, value.get_ref());
        }
    }

    fn value(&mut self, key: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(key, table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let key = format!("{key}[{index}]");
                    self.consider(&item.span(), &key);
                    self.value(&key, item.get_ref());
                }
            }
            _ => {}
        }
    }

    fn consider(&mut self, span: &Range<usize>, key: &str) {
        let covers = span.start <= self.at.start && self.at.end <= span.end && !span.is_empty();
        if covers && self.found.as_ref().is_none_or(|(length, _)| span.len() < *length) {
            self.found = Some((span.len(), key.to_owned()));
        }
    }
}

/// The key and a sentence for the person who wrote it.
fn describe(key: String, message: &str) -> (String, String) {
    if let Some(unknown) = quoted(message, "unknown field ") {
        let (parent, key) = full_key(key, &unknown.to_toml_key());
        let known = expected(message);
        let hint = nearest(unknown, &known)
            .map_or_else(|| "no key is known here".to_owned(), |word| format!("did you mean `{parent}{word}`?"));
        let problem = format!("unknown key `{key}`, {hint}");
        return (key, problem);
    }
    let mut problem = message.trim_end().to_owned();
    if let Some(unknown) = quoted(message, "unknown variant ") {
        let known = expected(message);
        let hint = nearest(unknown, &known).map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
        problem = format!("unknown value `{unknown}`{hint}");
    }
    if !key.is_empty() {
        problem = format!("`{key}`: {problem}");
    }
    (key, problem)
}

/// The parent with its dot, and the whole key. An error inside an enum stands at the value around
/// it, so that the name is not always the last word of the key yet.
fn full_key(key: String, name: &str) -> (String, String) {
    match key.strip_suffix(name) {
        Some(parent) if parent.is_empty() || parent.ends_with('.') => (parent.to_owned(), key),
        _ if key.is_empty() => (String::new(), name.to_owned()),
        _ => (format!("{key}."), format!("{key}.{name}")),
    }
}

/// The word in backticks behind `lead` at the start of `message`.
fn quoted<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    message.strip_prefix(lead)?.strip_prefix('`')?.split('`').next()
}

/// The words that serde says it would have taken.
fn expected(message: &str) -> Vec<&str> {
    let words = message.rsplit_once("expected ").map_or("", |(_, words)| words);
    words.split('`').skip(1).step_by(2).collect()
}

fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().copied().min_by_key(|word| strsim::damerau_levenshtein(unknown, word))
}
