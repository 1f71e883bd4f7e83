//! A resource's entry, with its official metadata.

use super::Day;
use crate::IdentifierKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource entry (信息资源目录条目), `resources/<id>.toml`; official metadata after
/// 政务信息资源目录编制指南（试行） (发改高技〔2017〕1272号).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Catalogue id (`natural-person`).
    pub id: String,
    /// Resource code (信息资源代码): classification, `/`, sequence.
    pub code: String,
    /// Name (信息资源名称).
    pub name: String,
    /// Who provides it (信息资源提供方), a department's id.
    pub department: String,
    /// What kind of resource it is.
    pub kind: ResourceKind,
    /// Full name of its message.
    pub message: String,
    /// Abstract (信息资源摘要).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Format (信息资源格式).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// Sharing class (共享类型).
    pub sharing: Sharing,
    /// Sharing conditions (共享条件), required of conditional resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// Legal basis for not sharing, or of sharing (law and article).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Whether it is open to the public (开放属性).
    #[serde(default)]
    pub open: bool,
    /// How often it is updated (更新周期).
    pub update_cycle: UpdateCycle,
    /// When the entry was published (发布日期).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_on: Option<Day>,
    /// Codes of related resources (关联资源代码).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// Items that make up the key; the key is shown only with all of them.
    #[serde(default)]
    pub key_items: Vec<String>,
    /// The item that says which division a record belongs to, for grants limited to divisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_item: Option<String>,
    /// What of the world it covers.
    #[serde(default)]
    pub coverage: CoverageRule,
    /// Where an answer comes from.
    #[serde(default)]
    pub route: Route,
    /// Identifiers that it can be asked by.
    #[serde(default, rename = "lookup", skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<LookupRule>,
    /// Which item holds the party that a lookup is for, by the lookup's name (`seller = "sellers"`). Such a lookup
    /// finds a record only by an identifier of that party, though others of the record are of the same kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parties: BTreeMap<String, String>,
    /// Where each item comes from; of a composed base alone.
    #[serde(default, rename = "source", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceRule>,
    /// Its items (信息项).
    #[serde(default, rename = "item", skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Quality flags its records can carry.
    #[serde(default, rename = "flag", skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

impl Resource {
    /// The item of a name.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }

    /// Whether `name` is an item, or `<item>.name` of a party item.
    #[must_use]
    pub fn has_item(&self, name: &str) -> bool {
        self.item(name).is_some()
            || name.strip_suffix(".name").and_then(|party| self.item(party)).is_some_and(Item::is_party)
    }

    /// The lookups that take an identifier of `kind`.
    pub fn lookups_by(&self, kind: IdentifierKind) -> impl Iterator<Item = &LookupRule> {
        self.lookups.iter().filter(move |lookup| lookup.kind == kind)
    }

    /// Where an item of a composed base comes from.
    #[must_use]
    pub fn source_of(&self, item: &str) -> Option<&SourceRule> {
        self.sources.iter().find(|source| source.item == item)
    }
}

/// What kind of resource an entry describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// Published records.
    Record,
    /// Published electronic certificates (电子证照).
    Certificate,
    /// Derived from other records when read.
    Derived,
    /// Asked of the department at query time.
    Live,
    /// A composed base (基础库).
    Base,
}

/// Sharing class (共享类型), the wider first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// 无条件共享.
    Unconditional,
    /// 有条件共享.
    Conditional,
    /// 不予共享.
    NotShared,
}

/// Update cycle (更新周期).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateCycle {
    /// 实时.
    RealTime,
    /// 每日.
    Daily,
    /// 每周.
    Weekly,
    /// 每月.
    Monthly,
    /// 每季度.
    Quarterly,
    /// 每半年.
    HalfYearly,
    /// 每年.
    Yearly,
    /// 不定期.
    Irregular,
}

/// What of the world a resource covers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageRule {
    /// The first day from which it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Divisions covered, as prefixes of division codes; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divisions: Vec<String>,
    /// What must have been taken in before "not found" can be said.
    #[serde(default)]
    pub complete: Completeness,
}

/// When a resource's stock counts as taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// After the first finished unit of intake.
    #[default]
    Any,
    /// After the first finished full export.
    Full,
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// From the node's own view.
    #[serde(default = "yes")]
    pub held: bool,
    /// From the department at query time, by this provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// From another platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

fn yes() -> bool {
    true
}

impl Default for Route {
    fn default() -> Self {
        Self { held: true, live: None, upstream: None }
    }
}

/// An identifier that a resource can be asked by. Entries of one name and several kinds are one lookup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupRule {
    /// Its name in grants.
    pub name: String,
    /// The kind of identifier it takes.
    pub kind: IdentifierKind,
    /// Whether more than one current record is an ambiguity.
    #[serde(default)]
    pub unique: bool,
    /// Whether it opens more than the subject's own records; granted only by name.
    #[serde(default)]
    pub wide: bool,
}

/// Where an item of a composed base (基础库) comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRule {
    /// The item of the base. An item of type `list` holds what every record of its resource says.
    pub item: String,
    /// Resources that it may come from; after the authority, the earlier listed goes first.
    pub resources: Vec<String>,
    /// The resource whose word counts (数源).
    pub authority: String,
    /// What resources call the item, where they do not call it as the base does: an item, a party's `<party>.name`, or
    /// `*` for the whole record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

impl SourceRule {
    /// The item's name in `resource`.
    #[must_use]
    pub fn field_in(&self, resource: &str) -> &str {
        self.fields.get(resource).unwrap_or(&self.item)
    }

    /// Its resources, the authority first.
    pub fn in_order(&self) -> impl Iterator<Item = &str> {
        let others = self.resources.iter().filter(|resource| **resource != self.authority);
        std::iter::once(&self.authority).chain(others).map(String::as_str)
    }
}

/// An item (信息项) of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Field name in the message.
    pub name: String,
    /// Title for people (信息项名称).
    pub title: String,
    /// Data type (数据类型): `text`, `date`, `code`, `number`, `party`, …
    #[serde(rename = "type")]
    pub data_type: String,
    /// How sensitive it is.
    pub sensitivity: Sensitivity,
}

impl Item {
    /// Whether the item is a party, whose name can be granted alone.
    #[must_use]
    pub fn is_party(&self) -> bool {
        self.data_type == "party"
    }
}

/// How sensitive an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Known to all.
    Public,
    /// For government use.
    Internal,
    /// Personal information (个人信息).
    Personal,
    /// Sensitive personal information (敏感个人信息), PIPL art. 28.
    Sensitive,
}

/// A quality flag of a resource's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The rule's id.
    pub name: String,
    /// The item it speaks of; the flag is shown only with it.
    pub item: String,
    /// When it is found.
    pub at: FlagMoment,
}

/// When a flag is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagMoment {
    /// By the adapter.
    Intake,
    /// When the record is read.
    Read,
}
