//! The embedded log keeps the contract.
#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use bus::{Bus, EmbeddedBus, EmbeddedConfig, conformance::Suite};
use domain::ManualClock;
use std::sync::Arc;
use tempfile::TempDir;

fn config() -> EmbeddedConfig {
    let now = chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
    EmbeddedConfig::new(Arc::new(ManualClock::at(now)))
}

fn run(config: EmbeddedConfig) {
    let folder = TempDir::new().unwrap();
    let bus = EmbeddedBus::open(folder.path(), config).unwrap();
    let suite = Suite::new(&bus, |topic| bus.create_topics(std::slice::from_ref(topic)).unwrap());
    suite.run();
}

#[test]
fn embedded_bus_conforms() {
    run(config());
}

#[test]
fn embedded_bus_with_tiny_segments_conforms() {
    run(EmbeddedConfig { segment_bytes: 200, ..config() });
}

#[test]
fn a_full_queue_is_told_and_recovers() {
    let folder = TempDir::new().unwrap();
    let tight = EmbeddedConfig { pending_bytes: 100 << 10, max_message_bytes: 64 << 10, ..config() };
    let bus = EmbeddedBus::open(folder.path(), tight).unwrap();
    Suite::new(&bus, |topic| bus.create_topics(std::slice::from_ref(topic)).unwrap()).full_queue(&bus);
}
