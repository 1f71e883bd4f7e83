//! What travels, and where it stands.

use bytes::Bytes;
use std::{collections::BTreeMap, sync::Arc};

/// A message to be sent; borrowed, because both implementations copy it once into their queue.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Messages of one key keep their order.
    pub key: &'a [u8],
    /// Header names and values.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The value; `None` is a tombstone, which compaction turns into absence.
    pub payload: Option<&'a [u8]>,
}

/// The place of a message in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Partition number, from 0; the embedded log has one.
    pub partition: u32,
    /// Offset inside the partition, from 0.
    pub offset: u64,
}

/// A message as it comes out of the bus.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The topic it was read from.
    pub topic: Arc<str>,
    /// Where it stands.
    pub position: Position,
    /// When the bus took it in, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Bytes,
    /// Its headers, in the order sent.
    pub headers: Vec<(String, Bytes)>,
    /// Its value; `None` is a tombstone.
    pub payload: Option<Bytes>,
}

/// A topic to be made when it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions a new topic gets (the embedded log always has one).
    pub partitions: u32,
    /// Whether only the newest message of a key need be kept.
    pub compacted: bool,
}

/// Where a consumer starts in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The topic.
    pub topic: String,
    /// The next offset per partition; a partition that is not named starts at its beginning.
    pub next: BTreeMap<u32, u64>,
}

impl Start {
    /// From the first message that is still there.
    #[must_use]
    pub fn beginning(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), next: BTreeMap::new() }
    }
}
