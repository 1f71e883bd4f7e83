//! The department's topic, and how its messages are saved for a trial.

use adapter_sdk::{
    FileKind, Row, Way,
    formats::messages::{self, Messages},
    reading::{Fault, Fields},
    transport::{TopicFeed, Transport},
};
use domain::{Rule, Severity};

/// Encoding of messages.
pub(crate) const ENCODING: &str = "UTF-8";
/// FILL IN the name of the topic.
const TOPIC: &str = "sample-department.records";

/// A tombstone: a message without a value, for the sake of the topic's compaction.
pub(crate) const TOMBSTONE: Rule = Rule {
    id: "message.tombstone",
    severity: Severity::Reject,
    en: "the message is a tombstone, which has no value and says nothing of its own",
    zh: "该消息为墓碑消息，本身不含内容，按约定跳过",
};

/// The topic, or its messages saved as lines.
pub(crate) fn way() -> Way {
    let files = FileKind {
        pattern: "one message value a line, `null` for a tombstone (NDJSON)",
        parse_name: |_| None,
        recognises: |_| true,
        framing: Box::new(Messages { topic: TOPIC }),
    };
    Way { transport: Transport::Topic(&TopicFeed { topic: TOPIC }), files }
}

/// FILL IN whether a tombstone is a deletion: here it is passed over.
pub(crate) fn is_tombstone(row: &Row<'_>) -> bool {
    row.kind == messages::TOMBSTONE
}

/// The row's values by member; FILL IN how they are got out, where the message has an envelope (Debezium's `after`).
pub(crate) fn fields(row: &Row<'_>) -> Result<Fields, Fault> {
    Fields::from_json(row.bytes)
}
