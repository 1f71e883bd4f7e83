//! What makes a catalogue consistent.

mod base;

use super::{Catalogue, Grant, GrantMode, Item, LookupRule, Problem, Resource, Sharing};
use crate::caller::is_id;
use std::collections::BTreeSet;

impl Catalogue {
    /// Everything that is wrong with the catalogue; empty when it is consistent.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Found { catalogue: self, problems: Vec::new() };
        for resource in self.resources.values() {
            found.resource(resource);
        }
        for grant in self.grants.values() {
            found.grant(grant);
        }
        for entry in self.entries() {
            if !is_id(entry.id()) {
                found.problems.push(Problem::new(&entry.path(), "id", "must be 1 to 63 of a-z, 0-9 and -"));
            }
        }
        found.certificates();
        found.problems
    }
}

struct Found<'a> {
    catalogue: &'a Catalogue,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn add(&mut self, file: &str, key: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(file, key, message));
    }

    fn resource(&mut self, resource: &Resource) {
        let file = &format!("resources/{}.toml", resource.id);
        if !self.catalogue.departments.contains_key(&resource.department) {
            self.add(file, "department", format!("`{}` has no entry in departments/", resource.department));
        }
        if resource.sharing == Sharing::Conditional && resource.conditions.is_none() {
            self.add(file, "conditions", "must be stated for a conditional resource (共享条件)");
        }
        if resource.sharing == Sharing::NotShared && resource.legal_basis.is_none() {
            self.add(file, "legal_basis", "must cite the law or regulation that keeps the resource from being shared");
        }
        if resource.lookups.is_empty() {
            self.add(file, "lookup", "a resource needs at least one [[lookup]]");
        }
        self.resource_items(file, resource);
        self.parties(file, resource);
        self.sources(file, resource);
    }

    fn resource_items(&mut self, file: &str, resource: &Resource) {
        let mut names = BTreeSet::new();
        for item in &resource.items {
            if !names.insert(item.name.as_str()) {
                self.add(file, "item", format!("`{}` is declared twice", item.name));
            }
        }
        let keys = resource.key_items.iter().map(|name| ("key_items", name));
        let division = resource.division_item.iter().map(|name| ("division_item", name));
        for (key, name) in keys.chain(division) {
            if !resource.has_item(name) {
                self.add(file, key, format!("`{name}` is not an item of the resource"));
            }
        }
        for flag in &resource.flags {
            if !resource.has_item(&flag.item) {
                self.add(file, "flag", format!("`{}` speaks of `{}`, which is not an item", flag.name, flag.item));
            }
        }
        for division in &resource.coverage.divisions {
            self.division(file, "coverage.divisions", division);
        }
    }

    fn parties(&mut self, file: &str, resource: &Resource) {
        for (name, item) in &resource.parties {
            if !resource.item(item).is_some_and(Item::is_party) {
                self.add(file, "parties", format!("`{item}` is not an item of type party"));
            }
            let mut named = resource.lookups.iter().filter(|lookup| lookup.name == *name).peekable();
            if named.peek().is_none() {
                self.add(file, "parties", format!("`{name}` is not a lookup of the resource"));
            }
            let takes_party = |lookup: &LookupRule| lookup.kind.is_person() || lookup.kind.is_organisation();
            if !named.all(takes_party) {
                self.add(file, "parties", format!("`{name}` takes identifiers that are none of a party"));
            }
        }
        self.narrow_beside_wide(file, resource);
    }

    /// Beside a wide lookup of its kind, a narrow one would find what only the wide one may.
    fn narrow_beside_wide(&mut self, file: &str, resource: &Resource) {
        let mut unclear = BTreeSet::new();
        for lookup in resource.lookups.iter().filter(|lookup| !lookup.wide) {
            let is_beside_wide = resource.lookups_by(lookup.kind).any(|other| other.wide);
            if is_beside_wide && !resource.parties.contains_key(&lookup.name) {
                unclear.insert(&lookup.name);
            }
        }
        for name in unclear {
            let what = format!("say which party `{name}` is for: a wide lookup takes identifiers of its kind too");
            self.add(file, "parties", what);
        }
    }

    fn division(&mut self, file: &str, key: &str, division: &str) {
        let digits = division.bytes().all(|b| b.is_ascii_digit());
        if !digits || !(2..=12).contains(&division.len()) {
            self.add(file, key, format!("`{division}` is not a division code or a prefix of one (2 to 12 digits)"));
        }
    }

    fn grant(&mut self, grant: &Grant) {
        let file = &format!("grants/{}.toml", grant.id);
        if !self.catalogue.consumers.contains_key(&grant.consumer) {
            self.add(file, "consumer", format!("`{}` has no entry in consumers/", grant.consumer));
        }
        if grant.resources.is_empty() {
            self.add(file, "resources", "a grant names at least one resource");
        }
        self.grant_matters(file, grant);
        self.grant_limits(file, grant);
        self.grant_resources(file, grant);
    }

    fn grant_matters(&mut self, file: &str, grant: &Grant) {
        if grant.matters.is_empty() {
            self.add(
                file,
                "matters",
                "name the matters by their 12-character basic codes, or [\"*\"] with matters_reason",
            );
        }
        if grant.is_for_every_matter() {
            if grant.matters_reason.as_deref().unwrap_or_default().trim().is_empty() {
                self.add(file, "matters_reason", "must say why the grant is for every matter");
            }
            return;
        }
        for matter in &grant.matters {
            let well_formed = matter.len() == 12 && matter.bytes().all(|b| b.is_ascii_alphanumeric());
            if !well_formed {
                self.add(file, "matters", format!("`{matter}` is not a basic code of 12 characters"));
            }
        }
    }

    fn grant_limits(&mut self, file: &str, grant: &Grant) {
        if let (Some(from), Some(to)) = (grant.valid_from, grant.valid_to)
            && to < from
        {
            self.add(file, "valid_to", "lies before valid_from");
        }
        if grant.mode == GrantMode::Match && grant.quota.per_subject_per_day.is_none() {
            self.add(
                file,
                "quota.per_subject_per_day",
                "must be set in mode match, or a value could be guessed by asking often",
            );
        }
        if grant.hours.is_some_and(|hours| hours.to <= hours.from) {
            self.add(file, "hours.to", "lies before hours.from; write two grants for hours that pass midnight");
        }
        for division in &grant.subjects.divisions {
            self.division(file, "subjects.divisions", division);
        }
    }

    fn grant_resources(&mut self, file: &str, grant: &Grant) {
        let catalogue = self.catalogue;
        let mut lookups = BTreeSet::new();
        for granted in &grant.resources {
            let Some(resource) = catalogue.resources.get(&granted.resource) else {
                self.add(file, "resources", format!("`{}` has no entry in resources/", granted.resource));
                continue;
            };
            lookups.extend(resource.lookups.iter().map(|lookup| lookup.name.as_str()));
            self.sharing(file, grant, resource);
            if !grant.subjects.divisions.is_empty() && resource.division_item.is_none() {
                let what =
                    format!("`{}` has no division_item, so under this limit nothing of it could be shown", resource.id);
                self.add(file, "subjects.divisions", what);
            }
            self.granted_items(file, resource, &granted.items);
        }
        for name in grant.lookups.iter().flatten() {
            if !lookups.contains(name.as_str()) {
                self.add(file, "lookups", format!("`{name}` is not a lookup of the granted resources"));
            }
        }
    }

    fn granted_items(&mut self, file: &str, resource: &Resource, items: &[String]) {
        if items.is_empty() {
            self.add(
                file,
                "resources",
                format!("`{}` is granted without items; name them, or [\"*\"] for all", resource.id),
            );
        }
        for item in items.iter().filter(|item| *item != "*") {
            if !resource.has_item(item) {
                self.add(file, "resources", format!("`{item}` is not an item of `{}`", resource.id));
            }
        }
    }

    /// A grant must not be wider than the resource's sharing class.
    fn sharing(&mut self, file: &str, grant: &Grant, resource: &Resource) {
        match resource.sharing {
            Sharing::Unconditional => {}
            Sharing::Conditional if grant.legal_basis.is_some() => {}
            Sharing::Conditional => {
                self.add(
                    file,
                    "legal_basis",
                    format!("`{}` is shared on conditions; the grant must cite its basis", resource.id),
                );
            }
            Sharing::NotShared => {
                self.add(file, "resources", format!("`{}` is not shared; no grant can name it", resource.id));
            }
        }
    }

    fn certificates(&mut self) {
        let catalogue = self.catalogue;
        let consumers =
            catalogue.consumers.values().map(|entry| (format!("consumers/{}.toml", entry.id), &entry.certificates));
        let departments =
            catalogue.departments.values().map(|entry| (format!("departments/{}.toml", entry.id), &entry.certificates));
        let mut seen = BTreeSet::new();
        let each = consumers.chain(departments).flat_map(|(file, all)| all.iter().map(move |one| (file.clone(), one)));
        for (file, certificate) in each {
            let hex = certificate.strip_prefix("sha256:").unwrap_or_default();
            if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                self.add(&file, "certificates", "a certificate is bound as \"sha256:\" and 64 hexadecimal digits");
            } else if !seen.insert(hex.to_ascii_lowercase()) {
                self.add(&file, "certificates", "the same certificate is bound twice; it must name one party");
            }
        }
    }
}
