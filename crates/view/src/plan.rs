//! Planning and applying catalogue changes, like infrastructure: files in, differences out.

use crate::{Directory, Outbox, ViewError};
use contract::v1::ControlEntry;
use domain::{
    Timestamp,
    catalogue::{Catalogue, Entry, EntryKind},
};
use prost::{Message, Name};
use std::collections::BTreeMap;

/// By how much an entry is newer than those before it, at least.
const TICK: chrono::Duration = chrono::Duration::milliseconds(1);

/// What would change.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Entry by entry, departments first.
    pub differences: Vec<Difference>,
    /// The revision that it starts from.
    pub base: String,
}

/// A difference in one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Kind of entry.
    pub kind: EntryKind,
    /// Its id.
    pub id: String,
    /// What happens to it.
    pub change: Change,
    /// What is different, a line each: `quota.per_day: 100 -> 200`.
    pub detail: Vec<String>,
}

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It comes.
    Create(Entry),
    /// It becomes this.
    Update(Entry),
    /// It goes.
    Remove,
}

/// The revision of a catalogue: a digest of its entries in one canonical text.
#[must_use]
pub fn revision(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for entry in catalogue.entries() {
        text.push_str(&entry.path());
        text.push('\n');
        text.push_str(&entry.to_toml());
    }
    hex::encode(&security::digest::sha256(text.as_bytes())[..16])
}

/// What must change for `current` to become `wanted`. Entries missing from `wanted` go only when
/// `allow_remove`; otherwise they stay as they are.
#[must_use]
pub fn plan(current: &Catalogue, wanted: &Catalogue, allow_remove: bool) -> Plan {
    let before = by_name(current);
    let after = by_name(wanted);
    let mut differences: Vec<_> =
        after.iter().filter_map(|(name, entry)| difference(name, before.get(name), entry)).collect();
    if allow_remove {
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        differences.extend(gone.map(|(kind, id)| Difference {
            kind: *kind,
            id: id.clone(),
            change: Change::Remove,
            detail: Vec::new(),
        }));
    }
    Plan { differences, base: revision(current) }
}

/// Publishes a plan's differences on the control topic; they are in force once the view has read them back.
///
/// # Errors
/// [`ViewError::StaleRevision`] when the catalogue in force is no longer the plan's base. After
/// [`ViewError::NotConfirmed`] some differences may be in force: plan again.
pub async fn publish_plan(
    plan: &Plan,
    directory: &Directory,
    outbox: &Outbox,
    node: &str,
    now: Timestamp,
) -> Result<(), ViewError> {
    let in_force = directory.now();
    if in_force.revision != plan.base {
        return Err(ViewError::StaleRevision { base: plan.base.clone(), current: in_force.revision.clone() });
    }
    // Nodes leave out what is older than what stands; another node's clock may be ahead of this one's.
    let after = in_force.newest_entry.and_then(|newest| newest.checked_add_signed(TICK));
    let written = after.map_or(now, |after| now.max(after));
    for difference in &plan.differences {
        let entry = control_entry(difference, &plan.base, node, written);
        let key = format!("{}/{}", difference.kind.as_str(), difference.id);
        let headers = headers(&entry, &key);
        // A removal is no tombstone: that would not say when it was written, and what was removed could be put back by
        // writing it again.
        outbox.publish(contract::topics::CONTROL, key, headers, Some(entry.encode_to_vec())).await?;
    }
    Ok(())
}

fn control_entry(difference: &Difference, base: &str, node: &str, written: Timestamp) -> ControlEntry {
    let content = match &difference.change {
        Change::Create(entry) | Change::Update(entry) => entry.to_toml(),
        Change::Remove => String::new(),
    };
    ControlEntry {
        kind: difference.kind.as_str().to_owned(),
        id: difference.id.clone(),
        removed: difference.change == Change::Remove,
        content,
        revision: base.to_owned(),
        node: node.to_owned(),
        written_at: Some(contract::convert::to_wire(written)),
    }
}

/// `CloudEvents` headers, as on every message of the bus.
fn headers(entry: &ControlEntry, key: &str) -> Vec<(String, String)> {
    use contract::topics;
    let id = format!("{key}@{}", entry.revision);
    let source = format!("/nodes/{}", entry.node);
    let headers = [
        (topics::CONTENT_TYPE, "application/protobuf".to_owned()),
        (topics::CE_SPECVERSION, "1.0".to_owned()),
        (topics::CE_TYPE, ControlEntry::full_name()),
        (topics::CE_SOURCE, source),
        (topics::CE_ID, id),
    ];
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

type EntryName = (EntryKind, String);

fn by_name(catalogue: &Catalogue) -> BTreeMap<EntryName, Entry> {
    catalogue.entries().map(|entry| ((entry.kind(), entry.id().to_owned()), entry)).collect()
}

fn difference(name: &EntryName, before: Option<&Entry>, after: &Entry) -> Option<Difference> {
    if before == Some(after) {
        return None;
    }
    let old = before.map(lines).unwrap_or_default();
    let change = if before.is_some() { Change::Update(after.clone()) } else { Change::Create(after.clone()) };
    let detail = if before.is_some() { changed_lines(&old, &lines(after)) } else { Vec::new() };
    Some(Difference { kind: name.0, id: name.1.clone(), change, detail })
}

fn changed_lines(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let absent = "(absent)".to_owned();
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let sides = keys.into_iter().map(|key| (key, old.get(key).unwrap_or(&absent), new.get(key).unwrap_or(&absent)));
    sides.filter(|(_, from, to)| from != to).map(|(key, from, to)| format!("{key}: {from} -> {to}")).collect()
}

/// The leaves of an entry, by key path.
fn lines(entry: &Entry) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Ok(table) = entry.to_toml().parse::<toml::Table>() {
        flatten("", &toml::Value::Table(table), &mut leaves);
    }
    leaves
}

fn flatten(path: &str, value: &toml::Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, inner, leaves);
            }
        }
        toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
            for (place, inner) in list.iter().enumerate() {
                let name = ["name", "resource"].iter().find_map(|key| inner.get(key)?.as_str());
                let place = name.map_or_else(|| place.to_string(), ToOwned::to_owned);
                flatten(&format!("{path}[{place}]"), inner, leaves);
            }
        }
        leaf => drop(leaves.insert(path.to_owned(), leaf.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalogue::Consumer;

    fn consumer(id: &str, name: &str) -> Entry {
        Entry::Consumer(Consumer { id: id.into(), name: name.into(), certificates: vec![] })
    }

    fn catalogue(entries: &[Entry]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        entries.iter().cloned().for_each(|entry| catalogue.insert(entry));
        catalogue
    }

    #[test]
    fn a_changed_key_is_shown_with_both_values() {
        let plan = plan(&catalogue(&[consumer("a", "x")]), &catalogue(&[consumer("a", "y")]), false);
        assert_eq!(plan.differences[0].detail, ["name: \"x\" -> \"y\""]);
    }

    #[test]
    fn missing_entries_stay_unless_removal_is_allowed() {
        let (now, empty) = (catalogue(&[consumer("a", "x")]), catalogue(&[]));
        assert!(plan(&now, &empty, false).differences.is_empty());
        assert_eq!(plan(&now, &empty, true).differences[0].change, Change::Remove);
    }

    #[test]
    fn equal_catalogues_have_equal_revisions() {
        let (one, other) = (catalogue(&[consumer("a", "x")]), catalogue(&[consumer("a", "x")]));
        assert_eq!(revision(&one), revision(&other));
        assert_ne!(revision(&one), revision(&catalogue(&[consumer("a", "y")])));
    }
}
