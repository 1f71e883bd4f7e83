//! A grant (授权): who may ask what, about whom, for which matters, when and how often.

use super::{Day, LookupRule, TimeOfDay};
use chrono::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A grant entry, `grants/<id>.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The consumer it is given to.
    pub consumer: String,
    /// What it lets the consumer do.
    pub mode: GrantMode,
    /// The resources and items.
    pub resources: Vec<GrantedResource>,
    /// Lookups by name; absent means all that are not wide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookups: Option<Vec<String>>,
    /// Basic codes (基本编码, 12 characters) of the matters it is for, or `["*"]`.
    pub matters: Vec<String>,
    /// Why it is for every matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matters_reason: Option<String>,
    /// At most so many records in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_records: Option<u32>,
    /// Law and article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// First day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Day>,
    /// Last day of validity, through its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Day>,
    /// How often.
    #[serde(default, skip_serializing_if = "Quota::is_unlimited")]
    pub quota: Quota,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// About whom.
    #[serde(default, skip_serializing_if = "Subjects::is_anyone")]
    pub subjects: Subjects,
}

impl Grant {
    /// The items granted of `resource`, or `None` when the grant does not name it.
    #[must_use]
    pub fn items_of(&self, resource: &str) -> Option<&[String]> {
        self.resources.iter().find(|granted| granted.resource == resource).map(|granted| granted.items.as_slice())
    }

    /// Whether it lets a question be asked by `lookup`: a wide one only when named, the others unless it names some.
    #[must_use]
    pub fn allows(&self, lookup: &LookupRule) -> bool {
        self.lookups.as_ref().map_or(!lookup.wide, |names| names.contains(&lookup.name))
    }

    /// Whether the grant is for every matter.
    #[must_use]
    pub fn is_for_every_matter(&self) -> bool {
        self.matters.iter().any(|matter| matter == "*")
    }
}

/// What a grant lets a consumer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantMode {
    /// See records; comparing values is part of it.
    Read,
    /// Compare values without seeing any.
    Match,
    /// Be told of changes.
    Subscribe,
    /// See who asked about a subject.
    Ledger,
}

/// A resource in a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedResource {
    /// Catalogue id.
    pub resource: String,
    /// Items by name (`<party>.name` for a party's name alone), or `["*"]` for all.
    pub items: Vec<String>,
}

/// How often a grant may be used; absent is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Questions a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Questions a day of the node's offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// Questions (in mode match: claims) about one subject a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_subject_per_day: Option<u32>,
}

impl Quota {
    fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

/// Office hours in the node's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Days of the week.
    pub days: WeekDays,
    /// From this time on.
    pub from: TimeOfDay,
    /// Until this time, exclusive.
    pub to: TimeOfDay,
}

/// Days of the week, written `"mon-fri"`, `"sat"` or `"mon-wed,fri"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekDays(u8);

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl WeekDays {
    /// Reads the written form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day = |word: &str| WEEK.iter().position(|(name, _)| *name == word.trim());
        let mut bits = 0u8;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            let length = (last + 7 - first) % 7;
            bits |= (first..=first + length).fold(0, |bits, at| bits | 1 << (at % 7));
        }
        Some(Self(bits))
    }

    /// Whether `day` is one of them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }
}

impl<'de> Deserialize<'de> for WeekDays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("days are written \"mon-fri\" or \"mon,wed,sat\""))
    }
}

impl Serialize for WeekDays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<_> = WEEK.iter().filter(|(_, day)| self.contains(*day)).map(|(name, _)| *name).collect();
        serializer.collect_str(&names.join(","))
    }
}

/// About whom a grant lets a consumer ask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subjects {
    /// Prefixes of division codes; empty for all. Outside them is answered like nothing there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divisions: Vec<String>,
    /// Whether the question must carry the subject's confirmation.
    #[serde(default)]
    pub confirmation: bool,
}

impl Subjects {
    fn is_anyone(&self) -> bool {
        *self == Self::default()
    }
}
