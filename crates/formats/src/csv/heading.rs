//! The header line.

use super::{
    Kind,
    cutter::Separator,
    layout::{self, Layout},
};
use crate::gb18030;
use domain::text;
use std::collections::BTreeSet;

/// A header that fits a kind.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) layout: Layout,
    pub(super) kind: &'static Kind,
    /// Columns that the kind does not know.
    pub(super) unknown: u64,
}

/// Reads a header line.
///
/// # Errors
/// Why no kind fits, with the names of columns that the interface defines and nothing from the file.
pub(super) fn read(line: &[u8], kinds: &'static [Kind]) -> Result<Heading, String> {
    let mut best: Option<(usize, String)> = None;
    for separator in [Separator::Narrow, Separator::Wide] {
        let Some(columns) = columns(line, separator, kinds) else { continue };
        for kind in kinds {
            let Some(detail) = misfit(&columns, kind) else { return Ok(heading(kind, separator, columns)) };
            let known = kind.columns().filter(|name| columns.iter().any(|column| column == name)).count();
            if best.as_ref().is_none_or(|(most, _)| known > *most) {
                best = Some((known, detail));
            }
        }
    }
    Err(match best {
        Some((known, detail)) if known > 0 => detail,
        _ => "line 1 names none of the columns".to_owned(),
    })
}

fn heading(kind: &'static Kind, separator: Separator, columns: Vec<String>) -> Heading {
    let unknown = columns.iter().filter(|column| !kind.columns().any(|name| name == column.as_str())).count() as u64;
    Heading { layout: Layout::new(kind.name, separator, columns), kind, unknown }
}

/// Why the columns are not those of the kind.
fn misfit(columns: &[String], kind: &Kind) -> Option<String> {
    let missing: Vec<&str> =
        kind.required.iter().filter(|name| !columns.iter().any(|column| column == *name)).copied().collect();
    if !missing.is_empty() {
        return Some(format!("columns missing: {}", missing.join(" ")));
    }
    let mut seen = BTreeSet::new();
    let known = columns.iter().filter_map(|column| kind.columns().find(|name| name == column));
    known.filter(|name| !seen.insert(*name)).map(|name| format!("column given twice: {name}")).next()
}

/// The names in a header line: trimmed, known ones as the interface writes them, of the others control characters as blanks.
fn columns(line: &[u8], separator: Separator, kinds: &[Kind]) -> Option<Vec<String>> {
    let fields = layout::split(line, separator)?;
    let names: Result<Vec<_>, _> = fields.iter().map(|field| gb18030::decode(field)).collect();
    let mut names = names.ok()?;
    if let Some(first) = names.first_mut() {
        *first = first.trim_start_matches('\u{FEFF}').to_owned().into();
    }
    Some(names.iter().map(|name| named(name, kinds)).collect())
}

/// Brackets come in both widths: `成交价款（元）` is `成交价款(元)`.
fn named(name: &str, kinds: &[Kind]) -> String {
    let folded = text::half_width(name);
    let known = kinds.iter().flat_map(Kind::columns).find(|known| *known == text::trim(&folded));
    known
        .map_or_else(|| text::trim(name).chars().map(|c| if c.is_control() { ' ' } else { c }).collect(), str::to_owned)
}
