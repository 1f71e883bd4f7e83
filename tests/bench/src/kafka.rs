//! A real broker, and plain librdkafka beside it: what the product's own client of Kafka is held against.

use anyhow::{Result, bail};
use bus::{KafkaConfig, test_kit::RealKafka};
use rdkafka::{
    ClientConfig, ClientContext, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// How long a question to the broker may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a broker; says why where there is none.
pub(crate) fn start() -> Option<RealKafka> {
    eprintln!("starting Apache Kafka");
    RealKafka::start().inspect_err(|skip| eprintln!("{skip}")).ok()
}

/// Removes all topics, and waits until they are gone.
pub(crate) fn clear(brokers: &str) -> Result<()> {
    let client: AdminClient<DefaultClientContext> = client(brokers).create()?;
    let names = topics(&client)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    pollster::block_on(client.delete_topics(&names, &AdminOptions::new().operation_timeout(Some(PATIENCE))))?;
    for _ in 0..600 {
        if topics(&client)?.is_empty() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("the broker does not remove its topics")
}

fn topics(client: &AdminClient<DefaultClientContext>) -> Result<Vec<String>> {
    let metadata = client.inner().fetch_metadata(None, PATIENCE)?;
    let names = metadata.topics().iter().map(|topic| topic.name().to_owned());
    Ok(names.filter(|name| !name.starts_with("__")).collect())
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set_log_level(RDKafkaLogLevel::Emerg);
    config
}

/// Counts what the broker has confirmed.
struct Confirmed(Arc<AtomicU64>);

impl ClientContext for Confirmed {}

impl ProducerContext for Confirmed {
    type DeliveryOpaque = ();

    fn delivery(&self, report: &DeliveryResult<'_>, (): ()) {
        if report.is_ok() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A plain producer with the settings of the product's.
pub(crate) struct BareProducer {
    client: BaseProducer<Confirmed>,
    confirmed: Arc<AtomicU64>,
    sent: u64,
}

impl BareProducer {
    /// Connects.
    pub(crate) fn new(brokers: &str) -> Result<Self> {
        let confirmed = Arc::new(AtomicU64::new(0));
        let mut settings = client(brokers);
        for (name, value) in KafkaConfig::new(brokers, "bare").producer_properties()? {
            settings.set(name, value);
        }
        let client = settings.create_with_context(Confirmed(Arc::clone(&confirmed)))?;
        Ok(Self { client, confirmed, sent: 0 })
    }

    /// Sends a message, and waits as long as the queue is full.
    pub(crate) fn send<'a>(
        &mut self,
        topic: &str,
        (key, payload): (&[u8], &[u8]),
        headers: impl ExactSizeIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<()> {
        let mut record = BaseRecord::to(topic).key(key).payload(payload);
        if headers.len() > 0 {
            let all = OwnedHeaders::new_with_capacity(headers.len());
            record.headers =
                Some(headers.fold(all, |all, (key, value)| all.insert(Header { key, value: Some(value) })));
        }
        loop {
            match self.client.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(Code::QueueFull), given_back)) => {
                    record = given_back;
                    self.client.poll(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        self.sent += 1;
        if self.sent.is_multiple_of(512) {
            self.client.poll(Duration::ZERO);
        }
        Ok(())
    }

    /// Waits until all is confirmed.
    pub(crate) fn finish(self) -> Result<u64> {
        self.client.flush(PATIENCE)?;
        let confirmed = self.confirmed.load(Ordering::Relaxed);
        if confirmed != self.sent {
            bail!("{confirmed} of {} messages are confirmed", self.sent);
        }
        Ok(confirmed)
    }
}

/// Reads a topic from its beginning to its end with a plain consumer that has the settings of the product's.
pub(crate) fn read(brokers: &str, topic: &str) -> Result<u64> {
    let consumer: BaseConsumer = client(brokers)
        .set("group.id", "bench.unused")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true")
        .set("isolation.level", "read_committed")
        .set("queued.max.messages.kbytes", "65536")
        .set("fetch.message.max.bytes", "1048576")
        .set("fetch.wait.max.ms", "100")
        .set("fetch.queue.backoff.ms", "20")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let found = metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions);
    let mut open: BTreeSet<i32> = found.map(rdkafka::metadata::MetadataPartition::id).collect();
    let mut places = TopicPartitionList::new();
    for partition in &open {
        places.add_partition_offset(topic, *partition, Offset::Beginning)?;
    }
    consumer.assign(&places)?;
    let mut count = 0;
    while !open.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(_)) => count += 1,
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(error)) => return Err(error.into()),
            None => {}
        }
    }
    Ok(count)
}
