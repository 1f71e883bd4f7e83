//! Which topics a node follows.

use bus::{Start, Topic};
use std::collections::{BTreeMap, BTreeSet};
use store::Positions;

/// What a topic carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carries<'a> {
    /// Records of a department.
    Records(&'a str),
    /// Rejects of a department.
    Rejects(&'a str),
    /// Catalogue entries and commands.
    Control,
    /// Announcements of intake.
    Status,
}

impl<'a> Carries<'a> {
    pub(crate) fn of(topic: &'a str) -> Option<Self> {
        match topic {
            contract::topics::CONTROL => Some(Self::Control),
            contract::topics::STATUS => Some(Self::Status),
            _ => topic
                .strip_prefix("exchange.records.")
                .map(Self::Records)
                .or_else(|| topic.strip_prefix("exchange.rejects.").map(Self::Rejects)),
        }
    }
}

/// The topics of a node that follows these departments.
pub(crate) fn followed(departments: &BTreeSet<String>) -> Vec<Topic> {
    let shared = [contract::topics::CONTROL, contract::topics::STATUS].map(|name| Topic {
        name: name.to_owned(),
        partitions: 1,
        compacted: true,
    });
    let own = departments.iter().flat_map(|department| {
        [contract::topics::records(department), contract::topics::rejects(department)].map(|name| Topic {
            name,
            partitions: contract::topics::DEPARTMENT_PARTITIONS,
            compacted: false,
        })
    });
    shared.into_iter().chain(own).collect()
}

/// Where to start in each of `topics`, given the positions reached.
pub(crate) fn starts(topics: &[Topic], positions: &Positions) -> Vec<Start> {
    let next = |topic: &str| -> BTreeMap<u32, u64> {
        let own = positions.iter().filter(|((name, _), _)| name == topic);
        own.map(|((_, partition), offset)| (*partition, *offset)).collect()
    };
    topics.iter().map(|topic| Start { topic: topic.name.clone(), next: next(&topic.name) }).collect()
}
