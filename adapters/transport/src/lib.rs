//! Transport (交通): the passenger-car quota (小客车指标) as resource `vehicle-quota`.
//!
//! The department captures changes of its table with Debezium and publishes them to a topic of its own Kafka. See `README.md`
//! for what the interface document leaves open. Hides what a change event means; following the topic, versions, counts
//! and rejects are the adapter SDK's.
//!
//! ```
//! let adapter = transport::adapter();
//! assert_eq!(adapter.id(), "transport");
//! assert!(adapter.way("kafka").is_some());
//! ```
mod event;
mod mapping;
mod rules;

use adapter_sdk::{
    Adapter, FileKind, Way,
    formats::messages::Messages,
    transport::{TopicFeed, Transport},
};

/// The department's topic.
const TOPIC: &str = "transport.quota.public.zb_info";

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    let files = FileKind {
        pattern: "one message value a line, `null` for a tombstone",
        parse_name: |_| None,
        recognises: |_| true,
        framing: Box::new(Messages { topic: TOPIC }),
    };
    let transport = Transport::Topic(&TopicFeed { topic: TOPIC });
    Adapter { mapping: Box::new(mapping::QuotaTable), ways: vec![Way { transport, files }] }
}
