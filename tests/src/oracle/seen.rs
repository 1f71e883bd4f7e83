use crate::{Class, Draft};
use std::collections::BTreeMap;

/// Per resource and key: the newest that was seen, and what stands on the bus.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    newest: BTreeMap<(&'static str, String), Newest>,
}

#[derive(Debug, Clone)]
struct Newest {
    stamp: String,
    /// What stands on the bus; unchanged rows move on without a new version.
    content: Draft,
}

impl Seen {
    /// Judges a record against what was seen (canonical.md, "Versions").
    pub fn judge(&mut self, draft: &Draft) -> Class {
        let place = (draft.resource, draft.key.clone());
        let Some(known) = self.newest.get_mut(&place) else {
            self.newest.insert(place, Newest { stamp: draft.stamp.clone(), content: draft.clone() });
            return Class::Published;
        };
        if draft.stamp < known.stamp {
            return Class::Superseded;
        }
        known.stamp.clone_from(&draft.stamp);
        let old = &known.content;
        let same = old.withdrawn.is_some() == draft.withdrawn.is_some()
            && (&old.subjects, &old.flags, &old.body) == (&draft.subjects, &draft.flags, &draft.body);
        if same {
            return Class::Unchanged;
        }
        known.content = draft.clone();
        Class::Published
    }

    /// What stands on the bus at the end for every key: its newest published record.
    pub fn newest(&self) -> impl Iterator<Item = &Draft> {
        self.newest.values().map(|newest| &newest.content)
    }

    /// What is current of a resource.
    pub fn current(&self, resource: &str) -> impl Iterator<Item = &Draft> {
        self.newest().filter(move |draft| draft.resource == resource && draft.withdrawn.is_none())
    }
}
