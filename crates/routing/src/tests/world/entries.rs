//! Catalogue entries of resources whose shipped entries these tests do not need.

use super::Node;
use contract::message_of;
use domain::catalogue::{Entry, EntryKind};

/// An entry with all fields of its message as items; `lookups` are name and kind, `wide` after a wide one's name.
pub(in crate::tests) fn entry(id: &str, kind: &str, message: &str, lookups: &[(&str, &str)], more: &str) -> String {
    let message = message_of(message).unwrap();
    let mut text = format!(
        "id = \"{id}\"\ncode = \"1/1\"\nname = \"n\"\ndepartment = \"market-supervision\"\nkind = \"{kind}\"\nmessage = \
         \"{}\"\nsharing = \"unconditional\"\nupdate_cycle = \"daily\"\n{more}\n",
        message.full_name()
    );
    text.extend(lookups.iter().map(|(name, kind)| {
        let (name, wide) = name.strip_suffix(" wide").map_or((*name, false), |name| (name, true));
        format!("[[lookup]]\nname = \"{name}\"\nkind = \"{kind}\"\nwide = {wide}\n")
    }));
    for field in message.fields() {
        let is_party = field.kind().as_message().is_some_and(|inner| inner.name() == "Party");
        text += &item(field.name(), if is_party { "party" } else { "text" });
    }
    text
}

pub(in crate::tests) fn item(name: &str, data_type: &str) -> String {
    format!("[[item]]\nname = \"{name}\"\ntitle = \"t\"\ntype = \"{data_type}\"\nsensitivity = \"personal\"\n")
}

/// A certificate found by its numbers and its holders' identifiers of these kinds.
pub(in crate::tests) fn certificate(id: &str, message: &str, holders: &[&str]) -> String {
    let mut lookups = vec![("certificate-number", "certificate-number"), ("certificate-id", "certificate-id")];
    lookups.extend(holders.iter().map(|kind| ("holder", *kind)));
    entry(id, "certificate", message, &lookups, "key_items = [\"number\"]")
}

/// A grant of all items of these resources.
pub(in crate::tests) fn grant_of(resources: &[&str], lines: &str) -> String {
    let resources: Vec<_> = resources.iter().map(|id| format!("{{ resource = \"{id}\", items = [\"*\"] }}")).collect();
    format!(
        "id = \"more\"\nconsumer = \"one-window\"\nmode = \"read\"\nmatters = [\"000172149001\"]\nlegal_basis = \
         \"b\"\n{lines}\nresources = [{}]",
        resources.join(", ")
    )
}

impl Node {
    /// A node whose catalogue has these entries too.
    pub(in crate::tests) fn holding(entries: &[String], grants: &[&str]) -> Self {
        let node = Self::with(grants);
        let mut catalogue = node.directory.now().catalogue.as_ref().clone();
        for text in entries {
            catalogue.insert(Entry::parse(EntryKind::Resource, "r", text).unwrap());
        }
        node.directory.set_catalogue(catalogue);
        node
    }
}
