//! What a department's rows mean: the only thing an adapter writes.

use contract::canonical::v1 as canonical;
use domain::{Identifier, Rule, Timestamp};
use prost::{Message, Name};

/// A catalogue resource that a department publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// Catalogue id (`natural-person`).
    pub id: &'static str,
    /// Full name of its message (`exchange.canonical.v1.NaturalPerson`).
    pub message: &'static str,
}

/// What a department's adapter says about itself.
#[derive(Debug)]
pub struct Department {
    /// Department id (`public-security`).
    pub id: &'static str,
    /// Name of the legacy system, for [`Source.system`](canonical::Source).
    pub system: &'static str,
    /// Version of the mapping; raise it when the same row would translate to something else.
    pub mapping_version: &'static str,
    /// Name of the encoding of the original bytes (`GB18030`), for rejects.
    pub encoding: &'static str,
    /// What it publishes.
    pub resources: &'static [Resource],
    /// Every rule and flag that its rows can meet.
    pub rules: &'static [&'static Rule],
}

/// A row as received.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What kind of row where the source has several (`ENT`, a table's name), or the layout that the file's head gives its
    /// rows; else empty.
    pub kind: &'a str,
    /// Name of what it came in: a file; empty where the source has none.
    pub origin: &'a str,
    /// The source's own stamp of what it came in: of a file the time of its last change when it was taken in first, in
    /// milliseconds since 1970 as fourteen digits; else empty.
    pub stamp: &'a str,
    /// Its key in its table; else empty.
    pub key: &'a str,
    /// The bytes, as received.
    pub bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// A row that is nothing but bytes.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { kind: "", origin: "", stamp: "", key: "", bytes }
    }

    /// A row of a table (`<table>/<key>`), as it is known while it waits.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind, self.key)
    }
}

impl Translated {
    /// Records, with nothing remembered and nobody released.
    #[must_use]
    pub fn records(drafts: Vec<Draft>) -> Self {
        Self::Records { drafts, memory: None, released: Vec::new() }
    }
}

/// A department's meaning: a pure function from a row (and what it remembered of the row's entity)
/// to records.
pub trait Mapping: Send + Sync {
    /// The department.
    fn department(&self) -> &'static Department;

    /// The source's own entity that the row speaks of, when rows of one entity must know of each other
    /// (a key that changes). Most departments have none.
    fn entity(&self, _row: &Row<'_>) -> Option<String> {
        None
    }

    /// Translates a row. `memory` is what an earlier row of the same entity left in
    /// [`Translated::Records`]. Warnings travel with the record as flags, a rejection names its rule.
    fn translate(&self, row: &Row<'_>, memory: Option<&[u8]>) -> Translated;

    /// The entity and memory that a published record implies, to rebuild lost state from the department's own topic.
    fn recall(&self, _record: &canonical::Record) -> Option<(String, Vec<u8>)> {
        None
    }

    /// What is remembered of the entity behind a record ([`Mapping::recall`] names it) that a run published and could not write
    /// down any more, after `memory`; `None` leaves it as it is. The rows come again, perhaps with others between them, and are
    /// to be translated as they were the first time: all that may be added is that the record is on the bus.
    fn note_on_bus(&self, _record: &canonical::Record, _memory: Option<&[u8]>) -> Option<Vec<u8>> {
        None
    }
}

/// What a row turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Translated {
    /// One or more records (published, unchanged or superseded: the runner judges).
    Records {
        /// In the order in which they are published.
        drafts: Vec<Draft>,
        /// What to remember of the row's entity; `None` leaves the memory as it is.
        memory: Option<Vec<u8>>,
        /// Earlier rows of the same entity that waited ([`Translated::Waiting`]) and are done with this one, by
        /// [`Row::id`].
        released: Vec<String>,
    },
    /// Waits for another row of its entity: a table's row stands as it is until then.
    Waiting {
        /// Which provision says so.
        rule: &'static Rule,
        /// The resource and key that will be published.
        about: Option<(&'static str, String)>,
        /// What to remember of the row's entity; `None` leaves the memory as it is.
        memory: Option<Vec<u8>>,
    },
    /// Known to be older than what is there (a history row).
    Superseded {
        /// The resource and key it speaks of, where they can be read.
        about: Option<(&'static str, String)>,
    },
    /// Passed over, as the department's page says.
    Skipped {
        /// Which provision says so.
        rule: &'static Rule,
    },
    /// Refused.
    Rejected(Rejection),
}

/// A row's refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// The rule that it breaks; the first in the page's order.
    pub rule: &'static Rule,
    /// The source's field it speaks of (`gmsfhm`); empty for the whole row.
    pub field: &'static str,
    /// The resource that would have been published.
    pub resource: &'static str,
    /// The key that it would have had, where it can be read: a full export then counts it as mentioned.
    pub key: Option<String>,
}

/// A record that is not yet judged, numbered and published.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Catalogue resource id.
    pub resource: &'static str,
    /// Key inside the resource.
    pub key: String,
    /// The source's version stamp: digits and lower-case letters, of one width within the resource (14 digits for local
    /// seconds), so that byte order is version order.
    pub stamp: String,
    /// The source's own time of the version; [`Timestamp::UNIX_EPOCH`] where it does not tell, which no record states.
    pub source_time: Timestamp,
    /// Every identifier that the record is found by.
    pub subjects: Vec<Identifier>,
    /// Ids of the flags, sorted and without repeats ([`Draft::flag`] keeps them so).
    pub flags: Vec<&'static str>,
    /// What happens to the record.
    pub effect: Effect,
}

/// What a draft does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The record says this now.
    Upsert {
        /// Full name of the message.
        message: String,
        /// The message's bytes.
        body: Vec<u8>,
    },
    /// The record is taken back.
    Withdraw {
        /// Why, a stable word (`key.changed`, `source.cancelled`).
        reason: &'static str,
    },
}

impl Effect {
    /// An upsert of `body`.
    #[must_use]
    pub fn upsert<M: Message + Name>(body: &M) -> Self {
        Self::Upsert { message: M::full_name(), body: body.encode_to_vec() }
    }
}

impl Draft {
    /// Adds a flag by its rule.
    pub fn flag(&mut self, rule: &'static Rule) {
        if let Err(place) = self.flags.binary_search(&rule.id) {
            self.flags.insert(place, rule.id);
        }
    }
}
