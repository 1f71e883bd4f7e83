//! Entries of all kinds, and the catalogue they make up.

use super::{Grant, Problem, Resource};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};

/// A department's entry, `departments/<id>.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its id.
    pub id: String,
    /// Its name (部门名称).
    pub name: String,
    /// Its unified social credit code (提供方代码), where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Certificates bound to it when its CA writes no name of ours: `sha256:<hex>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
}

/// A consumer's entry, `consumers/<id>.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Certificates bound to it when its CA writes no name of ours: `sha256:<hex>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
}

/// The kinds of entry, in the order in which they build on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// `departments/`.
    Department,
    /// `resources/`.
    Resource,
    /// `consumers/`.
    Consumer,
    /// `grants/`.
    Grant,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Department, Self::Resource, Self::Consumer, Self::Grant];

    /// The word in control keys and differences.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::Resource => "resource",
            Self::Consumer => "consumer",
            Self::Grant => "grant",
        }
    }

    /// The folder its files are in.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Department => "departments",
            Self::Resource => "resources",
            Self::Consumer => "consumers",
            Self::Grant => "grants",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind and id of a file's path (`grants/one-window.toml`).
    #[must_use]
    pub fn of_path(path: &str) -> Option<(Self, &str)> {
        let (folder, file) = path.split_once('/')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.folder() == folder)?;
        Some((kind, file.strip_suffix(".toml")?))
    }
}

/// An entry of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A department.
    Department(Department),
    /// A resource.
    Resource(Box<Resource>),
    /// A consumer.
    Consumer(Consumer),
    /// A grant.
    Grant(Box<Grant>),
}

impl Entry {
    /// Reads an entry of `kind` from its TOML text.
    ///
    /// # Errors
    /// A [`Problem`] that names the key and line.
    pub fn parse(kind: EntryKind, file: &str, text: &str) -> Result<Self, Problem> {
        match kind {
            EntryKind::Department => read(file, text).map(Self::Department),
            EntryKind::Resource => read(file, text).map(|entry| Self::Resource(Box::new(entry))),
            EntryKind::Consumer => read(file, text).map(Self::Consumer),
            EntryKind::Grant => read(file, text).map(|entry| Self::Grant(Box::new(entry))),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        match self {
            Self::Department(_) => EntryKind::Department,
            Self::Resource(_) => EntryKind::Resource,
            Self::Consumer(_) => EntryKind::Consumer,
            Self::Grant(_) => EntryKind::Grant,
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Department(entry) => &entry.id,
            Self::Resource(entry) => &entry.id,
            Self::Consumer(entry) => &entry.id,
            Self::Grant(entry) => &entry.id,
        }
    }

    /// The file it belongs in.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}.toml", self.kind().folder(), self.id())
    }

    /// Its text in one canonical form: equal entries have equal texts.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let text = match self {
            Self::Department(entry) => toml::to_string(entry),
            Self::Resource(entry) => toml::to_string(entry),
            Self::Consumer(entry) => toml::to_string(entry),
            Self::Grant(entry) => toml::to_string(entry),
        };
        text.unwrap_or_default()
    }
}

fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
        Problem::new(file, format!("line {line}"), error.message().to_owned())
    })
}

/// All entries, by id; cheap to clone and share.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// Departments by id.
    pub departments: BTreeMap<String, Arc<Department>>,
    /// Resources by id.
    pub resources: BTreeMap<String, Arc<Resource>>,
    /// Consumers by id.
    pub consumers: BTreeMap<String, Arc<Consumer>>,
    /// Grants by id.
    pub grants: BTreeMap<String, Arc<Grant>>,
}

impl Catalogue {
    /// Puts an entry in, replacing one of the same kind and id.
    pub fn insert(&mut self, entry: Entry) {
        match entry {
            Entry::Department(entry) => drop(self.departments.insert(entry.id.clone(), Arc::new(entry))),
            Entry::Resource(entry) => drop(self.resources.insert(entry.id.clone(), Arc::new(*entry))),
            Entry::Consumer(entry) => drop(self.consumers.insert(entry.id.clone(), Arc::new(entry))),
            Entry::Grant(entry) => drop(self.grants.insert(entry.id.clone(), Arc::new(*entry))),
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, kind: EntryKind, id: &str) {
        match kind {
            EntryKind::Department => drop(self.departments.remove(id)),
            EntryKind::Resource => drop(self.resources.remove(id)),
            EntryKind::Consumer => drop(self.consumers.remove(id)),
            EntryKind::Grant => drop(self.grants.remove(id)),
        }
    }

    /// All entries, departments first.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let departments = self.departments.values().map(|entry| Entry::Department(entry.as_ref().clone()));
        let resources = self.resources.values().map(|entry| Entry::Resource(Box::new(entry.as_ref().clone())));
        let consumers = self.consumers.values().map(|entry| Entry::Consumer(entry.as_ref().clone()));
        let grants = self.grants.values().map(|entry| Entry::Grant(Box::new(entry.as_ref().clone())));
        departments.chain(resources).chain(consumers).chain(grants)
    }

    /// Reads a catalogue from its files (`path` relative to its folder, text) and checks it as a whole.
    ///
    /// # Errors
    /// Every problem found, not only the first.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<Problem>> {
        let mut catalogue = Self::default();
        let mut problems = Vec::new();
        for (path, text) in files {
            match parse_file(path, text) {
                Ok(entry) => catalogue.insert(entry),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            problems = catalogue.problems();
        }
        if problems.is_empty() { Ok(catalogue) } else { Err(problems) }
    }
}

fn parse_file(path: &str, text: &str) -> Result<Entry, Problem> {
    let (kind, id) = EntryKind::of_path(path).ok_or_else(|| {
        Problem::new(
            path,
            "",
            "is not a catalogue file; entries lie in departments/, resources/, consumers/ or grants/ as <id>.toml",
        )
    })?;
    let entry = Entry::parse(kind, path, text)?;
    if entry.id() == id {
        Ok(entry)
    } else {
        Err(Problem::new(
            path,
            "id",
            format!("is `{}`, but the file is named `{id}.toml`; make them the same", entry.id()),
        ))
    }
}
