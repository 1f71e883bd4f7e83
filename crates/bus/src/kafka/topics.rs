//! Topics: which are there, and making those that are not.

use super::{
    config::KafkaConfig,
    errors::{from_code, from_kafka},
    native::{Logging, Retired},
};
use crate::{message::Topic, seam::BusError};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer as _},
    error::RDKafkaErrorCode as Code,
};
use std::{
    collections::HashSet,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// Between two looks at a topic that is being made.
const PAUSE: Duration = Duration::from_millis(50);

/// How many partitions a topic has.
pub(crate) fn partitions(probe: &BaseConsumer<Logging>, topic: &str, timeout: Duration) -> Result<i32, BusError> {
    let metadata = probe.fetch_metadata(Some(topic), timeout).map_err(|error| from_kafka(topic, &error))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let missing = || BusError::Unavailable(format!("there is no topic {topic}"));
    let found = found.ok_or_else(missing)?;
    match found.error().map(Code::from) {
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => Err(missing()),
        Some(code) => Err(from_code(topic, code)),
        None if found.partitions().is_empty() => Err(missing()),
        None => i32::try_from(found.partitions().len()).map_err(|_| missing()),
    }
}

/// Those of `topics` that the brokers do not have.
pub(crate) fn missing(
    probe: &BaseConsumer<Logging>,
    topics: &[Topic],
    timeout: Duration,
) -> Result<Vec<Topic>, BusError> {
    let metadata = probe.fetch_metadata(None, timeout).map_err(|error| from_kafka("topics", &error))?;
    let there: HashSet<&str> = metadata.topics().iter().map(rdkafka::metadata::MetadataTopic::name).collect();
    Ok(topics.iter().filter(|topic| !there.contains(topic.name.as_str())).cloned().collect())
}

/// Makes topics. Another node may be making them too.
pub(crate) fn create(config: &KafkaConfig, topics: &[Topic]) -> Result<(), BusError> {
    let client: AdminClient<Logging> =
        config.admin()?.create_with_context(Logging).map_err(|error| from_kafka("client", &error))?;
    let client = Retired::new("administration", client, config.drop_timeout);
    let options = AdminOptions::new()
        .request_timeout(Some(config.request_timeout))
        .operation_timeout(Some(config.request_timeout));
    let settings: Vec<_> = topics.iter().map(|topic| settings(config, topic)).collect();
    let wanted: Vec<_> = topics.iter().zip(&settings).map(|(topic, set)| new_topic(config, topic, set)).collect();
    let results = block_on(client.create_topics(&wanted, &options)).map_err(|error| from_kafka("topics", &error))?;
    for (name, code) in results.into_iter().filter_map(Result::err) {
        if code == Code::TopicAlreadyExists {
            continue;
        }
        return Err(match from_code(&name, code) {
            BusError::NotAllowed(text) => BusError::NotAllowed(format!("{text}; run\n{}", commands(config, topics))),
            other => other,
        });
    }
    Ok(())
}

/// A new topic is known a moment before it can be used. All of it takes no longer than `timeout`.
pub(crate) fn wait_until_led(
    probe: &BaseConsumer<Logging>,
    topics: &[Topic],
    timeout: Duration,
) -> Result<(), BusError> {
    let started = Instant::now();
    for topic in topics {
        while !is_led(probe, topic, || timeout.saturating_sub(started.elapsed())) {
            if started.elapsed() >= timeout {
                return Err(BusError::Unavailable(format!("{} has no leader yet", topic.name)));
            }
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}

/// Asks the leaders themselves: the metadata names one before it knows of its new duty.
fn is_led(probe: &BaseConsumer<Logging>, topic: &Topic, left: impl Fn() -> Duration) -> bool {
    let led = |partition| probe.fetch_watermarks(&topic.name, partition, left()).is_ok();
    partitions(probe, &topic.name, left()).is_ok_and(|count| (0..count).all(led))
}

/// Records are kept for ever, because a view is rebuilt from them.
fn settings(config: &KafkaConfig, topic: &Topic) -> Vec<(&'static str, String)> {
    let kept = if topic.compacted {
        vec![("cleanup.policy", "compact".to_owned())]
    } else {
        vec![
            ("cleanup.policy", "delete".to_owned()),
            ("retention.ms", "-1".to_owned()),
            ("retention.bytes", "-1".to_owned()),
        ]
    };
    kept.into_iter().chain([("max.message.bytes", config.largest_request().to_string())]).collect()
}

fn new_topic<'a>(config: &KafkaConfig, topic: &'a Topic, settings: &'a [(&'static str, String)]) -> NewTopic<'a> {
    let partitions = i32::try_from(topic.partitions.max(1)).unwrap_or(i32::MAX);
    let copies = TopicReplication::Fixed(config.replication.map_or(-1, i32::from));
    settings.iter().fold(NewTopic::new(&topic.name, partitions, copies), |topic, (key, value)| topic.set(key, value))
}

/// What an administrator types instead.
fn commands(config: &KafkaConfig, topics: &[Topic]) -> String {
    let command = |topic: &Topic| {
        let copies = config.replication.map_or_else(String::new, |copies| format!(" --replication-factor {copies}"));
        let (brokers, name, partitions) = (&config.brokers, &topic.name, topic.partitions.max(1));
        let command = format!(
            "kafka-topics.sh --bootstrap-server {brokers} --create --if-not-exists --topic {name} --partitions {partitions}{copies}"
        );
        settings(config, topic)
            .iter()
            .fold(command, |command, (key, value)| format!("{command} --config {key}={value}"))
    };
    topics.iter().map(command).collect::<Vec<_>>().join("\n")
}

/// Waits for a future on this thread; the administration client has threads of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_an_administrator_makes_the_topic_as_we_would() {
        let config = KafkaConfig { replication: Some(3), ..KafkaConfig::new("kafka:9092", "test") };
        let topic = Topic { name: "exchange.control".to_owned(), partitions: 1, compacted: true };
        let records = Topic { name: "exchange.records.x".to_owned(), partitions: 6, compacted: false };
        let text = commands(&config, &[topic, records]);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("--topic exchange.control --partitions 1 --replication-factor 3"));
        assert!(lines[0].contains("--config cleanup.policy=compact"));
        assert!(lines[1].contains("--config cleanup.policy=delete --config retention.ms=-1"));
    }
}
