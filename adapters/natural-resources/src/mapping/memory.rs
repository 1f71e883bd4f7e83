//! What is remembered of a title, under its `dfsjzj`: its newest valid row, its holders, which of its rows wait.

use super::REAL_ESTATE_TITLE;
use contract::canonical::v1::{self as canonical, Party, RealEstateTitle};
use domain::{Identifier, IdentifierKind, Timestamp};
use prost::Message;

/// What earlier rows of a title left behind.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Memory {
    /// The newest row that says what the title is; none when it is invalidated, or was never there.
    #[prost(message, optional, tag = "1")]
    pub(super) title: Option<Title>,
    /// Rows of the title up to this number count no more.
    #[prost(uint64, tag = "2")]
    pub(super) floor: u64,
    /// Everybody who is or was a holder, by `xh`.
    #[prost(message, repeated, tag = "3")]
    pub(super) holders: Vec<Holder>,
    /// Rows that wait.
    #[prost(string, repeated, tag = "4")]
    pub(super) waiting: Vec<String>,
    /// Whether the title is published now.
    #[prost(bool, tag = "5")]
    pub(super) is_published: bool,
    /// How it was taken back, where it was published last that way.
    #[prost(message, optional, tag = "6")]
    pub(super) withdrawn: Option<Withdrawn>,
    /// What a run published that ended before it could remember it: its rows come again.
    #[prost(message, optional, tag = "7")]
    pub(super) stranded: Option<Stranded>,
}

/// A title's row.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Title {
    #[prost(uint64, tag = "1")]
    pub(super) serial: u64,
    /// Without holders.
    #[prost(message, required, tag = "2")]
    pub(super) body: RealEstateTitle,
    #[prost(string, repeated, tag = "3")]
    pub(super) flags: Vec<String>,
    /// Its time, in milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub(super) at: i64,
}

/// A holder's row.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Holder {
    /// `xh`; none of a holder who is known from the published record alone.
    #[prost(int64, optional, tag = "1")]
    pub(super) place: Option<i64>,
    #[prost(uint64, tag = "2")]
    pub(super) serial: u64,
    /// None when the holder has ended.
    #[prost(message, optional, tag = "3")]
    pub(super) party: Option<Party>,
}

/// A record of a title on the bus that nothing is remembered of.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Stranded {
    #[prost(uint64, tag = "1")]
    pub(super) serial: u64,
    #[prost(message, repeated, tag = "2")]
    pub(super) subjects: Vec<canonical::Identifier>,
    /// How many hold the title there.
    #[prost(uint64, tag = "3")]
    pub(super) holders: u64,
}

/// A withdrawal that was published.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Withdrawn {
    #[prost(uint64, tag = "1")]
    pub(super) serial: u64,
    /// Whether the title was invalidated, and not left by its last holder.
    #[prost(bool, tag = "2")]
    pub(super) is_invalidated: bool,
    #[prost(message, repeated, tag = "3")]
    pub(super) subjects: Vec<canonical::Identifier>,
    #[prost(int64, tag = "4")]
    pub(super) at: i64,
}

impl Memory {
    /// What was left behind; nothing when that cannot be read.
    pub(super) fn read(bytes: Option<&[u8]>) -> Self {
        bytes.and_then(|bytes| Self::decode(bytes).ok()).unwrap_or_default()
    }

    /// Who holds the title now.
    pub(super) fn parties(&self) -> Vec<Party> {
        self.holders.iter().filter_map(|holder| holder.party.clone()).collect()
    }

    /// What the title is found by, while it is there: its numbers and its holders'.
    pub(super) fn subjects(&self) -> Vec<Identifier> {
        let mut subjects = self.title.as_ref().map(|title| lookups(&title.body)).unwrap_or_default();
        for identifier in self.parties().into_iter().filter_map(|party| party.identifier) {
            let identifier = trusted(&identifier).filter(|identifier| !subjects.contains(identifier));
            subjects.extend(identifier);
        }
        subjects
    }

    /// What takes a stranded record back, once the title's row is as new and as many holders have ended as it names: before
    /// that their rows may only not have come yet.
    pub(super) fn left_behind(&self) -> Option<Withdrawn> {
        let title = self.title.as_ref()?;
        let stranded = self.stranded.as_ref().filter(|stranded| stranded.serial <= title.serial)?;
        let all_ended = self.parties().is_empty() && self.holders.len() as u64 >= stranded.holders;
        let subjects = self.found_by();
        all_ended.then_some(Withdrawn { serial: title.serial, is_invalidated: false, subjects, at: title.at })
    }

    /// What the title is found by, and what a stranded record of it is found by, as it is kept.
    pub(super) fn found_by(&self) -> Vec<canonical::Identifier> {
        let stranded = self.stranded.iter().flat_map(|stranded| stranded.subjects.clone());
        each_once(self.subjects().iter().map(kept).chain(stranded))
    }

    /// A record under this number stands over a stranded one that is not newer.
    pub(super) fn overtake(&mut self, serial: u64) {
        self.stranded = self.stranded.take().filter(|stranded| stranded.serial > serial);
    }

    /// Notes that a row waits.
    pub(super) fn wait(&mut self, row: String) {
        if !self.waiting.contains(&row) {
            self.waiting.push(row);
        }
    }
}

/// The name under which a title is remembered.
pub(super) fn entity_of(key: &str) -> String {
    format!("title/{key}")
}

/// The numbers that a title is found by, without its holders'.
pub(super) fn lookups(title: &RealEstateTitle) -> Vec<Identifier> {
    let mut subjects = adapter_sdk::reading::number_lookups(&title.number, &title.certificate_id);
    subjects.extend(Identifier::parse(IdentifierKind::UnitNumber, &title.unit_number).ok());
    subjects
}

/// The identifiers without repeats, in their order.
pub(super) fn each_once(subjects: impl IntoIterator<Item = canonical::Identifier>) -> Vec<canonical::Identifier> {
    let mut once = Vec::new();
    for subject in subjects {
        if !once.contains(&subject) {
            once.push(subject);
        }
    }
    once
}

/// An identifier as it was kept.
pub(super) fn trusted(identifier: &canonical::Identifier) -> Option<Identifier> {
    let kind = identifier.kind.parse().ok()?;
    Some(Identifier::from_trusted(kind, identifier.value.clone()))
}

/// An identifier to be kept.
pub(super) fn kept(identifier: &Identifier) -> canonical::Identifier {
    canonical::Identifier { kind: identifier.kind().as_str().to_owned(), value: identifier.value().to_owned() }
}

/// Milliseconds as an instant.
pub(super) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(millis).unwrap_or_default()
}

/// The resource and key that will be published.
pub(super) fn about(key: &str) -> (&'static str, String) {
    (REAL_ESTATE_TITLE, key.to_owned())
}
