//! A department's topic on any bus.

use crate::topic::TopicSource;
use adapter_sdk::source::Source;
use bus::Bus;
use domain::{Clock, Language};
use std::sync::Arc;

/// A source that follows `topic` on `bus`, as it would follow one of a department's Kafka.
#[must_use]
pub fn topic_on(bus: Arc<dyn Bus>, topic: &str, clock: Arc<dyn Clock>) -> Box<dyn Source> {
    Box::new(TopicSource::over(bus, topic.to_owned(), clock, Language::English))
}
