//! A set of items.

use domain::catalogue::Resource;
use std::collections::BTreeSet;

/// Items of a resource that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    /// All of them.
    All,
    /// These, by name; `<party>.name` stands for a party's name alone.
    Named(BTreeSet<String>),
}

impl Items {
    /// Reads a grant's or a question's list; `*` stands for all.
    #[must_use]
    pub fn from_names(names: &[String]) -> Self {
        if names.iter().any(|name| name == "*") { Self::All } else { Self::Named(names.iter().cloned().collect()) }
    }

    /// Whether `item` (or `<party>.name`) may be shown whole.
    #[must_use]
    pub fn contains(&self, item: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => {
                names.contains(item) || item.strip_suffix(".name").is_some_and(|party| names.contains(party))
            }
        }
    }

    /// The items of `resource` that are not in the set, in the entry's order.
    #[must_use]
    pub fn withheld(&self, resource: &Resource) -> Vec<String> {
        let missing = resource.items.iter().filter(|item| !self.contains(&item.name));
        missing.map(|item| item.name.clone()).collect()
    }
}
