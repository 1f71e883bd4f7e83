//! What makes a composed base consistent with the resources it is composed of.

use super::Found;
use crate::catalogue::{Resource, ResourceKind, SourceRule};
use std::collections::BTreeSet;

impl Found<'_> {
    pub(super) fn sources(&mut self, file: &str, resource: &Resource) {
        if resource.kind != ResourceKind::Base {
            if !resource.sources.is_empty() {
                self.add(file, "source", "only a resource of kind base is composed of others");
            }
            return;
        }
        for item in &resource.items {
            let count = resource.sources.iter().filter(|source| source.item == item.name).count();
            if count != 1 {
                self.add(file, "source", format!("`{}` needs one [[source]], and has {count}", item.name));
            }
        }
        for source in &resource.sources {
            self.source(file, resource, source);
        }
        self.sharing_of_base(file, resource);
    }

    fn source(&mut self, file: &str, base: &Resource, source: &SourceRule) {
        if base.item(&source.item).is_none() {
            self.add(file, "source.item", format!("`{}` is not an item of the resource", source.item));
        }
        if !source.resources.contains(&source.authority) {
            self.add(file, "source.authority", format!("`{}` is not among the resources", source.authority));
        }
        for name in source.fields.keys().filter(|name| !source.resources.contains(*name)) {
            self.add(file, "source.fields", format!("`{name}` is not among the resources"));
        }
        let mut seen = BTreeSet::new();
        for id in &source.resources {
            if !seen.insert(id) {
                self.add(file, "source.resources", format!("`{id}` is named twice"));
            }
            if let Some(fault) = self.fault_of_source(base, source, id) {
                self.add(file, "source.resources", fault);
            }
        }
    }

    /// Why a resource cannot be a source of an item of the base.
    fn fault_of_source(&self, base: &Resource, source: &SourceRule, id: &str) -> Option<String> {
        let Some(resource) = self.catalogue.resources.get(id) else {
            return Some(format!("`{id}` has no entry in resources/"));
        };
        let is_composed_of =
            matches!(resource.kind, ResourceKind::Record | ResourceKind::Certificate | ResourceKind::Derived);
        if !is_composed_of || !resource.route.held {
            return Some(format!("`{id}` is not held here, so nothing can be composed of it"));
        }
        let field = source.field_in(id);
        if field != "*" && !resource.has_item(field) {
            return Some(format!("`{field}` is not an item of `{id}`"));
        }
        let is_asked = |kind| resource.lookups_by(kind).any(|lookup| !lookup.wide);
        let unasked = base.lookups.iter().find(|lookup| !is_asked(lookup.kind))?;
        Some(format!("`{id}` cannot be asked by {}, as the base can", unasked.kind))
    }

    fn sharing_of_base(&mut self, file: &str, base: &Resource) {
        let named = base.sources.iter().flat_map(|source| &source.resources);
        let strictest = named.filter_map(|id| self.catalogue.resources.get(id)).map(|source| source.sharing).max();
        if strictest.is_some_and(|strictest| strictest != base.sharing) {
            self.add(file, "sharing", "must be the strictest class of the resources that the base is composed of");
        }
    }
}
