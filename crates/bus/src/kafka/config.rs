//! What librdkafka is told, and what nobody may tell it otherwise.

use crate::seam::BusError;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// How to reach the brokers, and how much memory to use.
#[derive(Clone)]
pub struct KafkaConfig {
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// Names us in the broker's logs and metrics.
    pub client_id: String,
    /// More librdkafka properties, such as `security.protocol` and `sasl.*`; those on which the
    /// promises of this crate rest are refused. May hold secrets: never printed.
    pub properties: BTreeMap<String, String>,
    /// How long a producer gathers messages into a batch.
    pub linger: Duration,
    /// After this a message that no broker took is given back as failed. Long, because a message
    /// that timed out may still have been written.
    pub message_timeout: Duration,
    /// Memory for the messages of a producer that are not acknowledged, in bytes.
    pub send_bytes: usize,
    /// Memory for the messages that a consumer has fetched ahead, in bytes.
    pub fetch_bytes: usize,
    /// The largest message, with key and headers, in bytes; topics are created accordingly.
    pub max_message_bytes: usize,
    /// Copies of a new topic; `None` leaves it to the brokers.
    pub replication: Option<u16>,
    /// How long a question to the brokers may take. Short: whoever asks cannot be told to stop meanwhile, and asks again.
    pub request_timeout: Duration,
    /// How long dropping a client may hold up its owner; it goes on in the background after that.
    pub drop_timeout: Duration,
}

/// Properties that are ours, by prefix; the others may be set.
const OURS: &[&str] = &[
    "acks",
    "allow.auto.create.topics",
    "auto.",
    "bootstrap.servers",
    "check.crcs",
    "client.id",
    "compression.",
    "default.topic.config",
    "delivery.",
    "enable.auto.",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.metrics.push",
    "enable.partition.eof",
    "enable.random.seed",
    "enable.ssl.certificate.verification",
    "fetch.",
    "group.",
    "isolation.level",
    "linger.ms",
    "log",
    "max.in.flight",
    "max.partition.fetch.bytes",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.broker.list",
    "metadata.recovery.",
    "msg_order_cmp",
    "opaque",
    "partitioner",
    "plugin.library.paths",
    "produce.offset.report",
    "queue.buffering.",
    "queued.",
    "queuing.strategy",
    "request.required.acks",
    "retries",
    "statistics.interval.ms",
    "test.",
    "transaction",
];

impl KafkaConfig {
    /// 20 ms linger, 5 min message time-out, 64 MiB each way, messages up to 4 MiB, 5 s for a question.
    #[must_use]
    pub fn new(brokers: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            client_id: client_id.into(),
            properties: BTreeMap::new(),
            linger: Duration::from_millis(20),
            message_timeout: Duration::from_mins(5),
            send_bytes: 64 << 20,
            fetch_bytes: 64 << 20,
            max_message_bytes: 4 << 20,
            replication: None,
            request_timeout: Duration::from_secs(5),
            drop_timeout: Duration::from_secs(2),
        }
    }

    /// Reads `key=value` lines, `#` starting a comment: the form in which Kafka's own tools take
    /// their `--command-config`.
    ///
    /// # Errors
    /// [`BusError::Config`] names file and line, never the value.
    pub fn read_properties(path: &Path) -> Result<BTreeMap<String, String>, BusError> {
        let refused = |what: String| BusError::Config(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let mut properties = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) =
                line.split_once('=').ok_or_else(|| refused(format!("line {number} is not key=value")))?;
            properties.insert(key.trim().to_owned(), value.trim().to_owned());
        }
        Ok(properties)
    }

    /// The brokers as an error may name them: what stands before an `@` may be somebody's password.
    pub(crate) fn named_brokers(&self) -> String {
        let named = self.brokers.split(',').map(|broker| broker.rsplit('@').next().unwrap_or_default().trim());
        named.collect::<Vec<_>>().join(",")
    }

    pub(crate) fn check(&self) -> Result<(), BusError> {
        if self.brokers.trim().is_empty() {
            return Err(BusError::Config("no brokers are named".to_owned()));
        }
        match self.properties.keys().find(|key| OURS.iter().any(|ours| key.starts_with(ours))) {
            Some(key) => Err(BusError::Config(format!("property {key} is not yours to set"))),
            None => Ok(()),
        }
    }

    /// For questions and administration. Its errors come back as answers, so it logs nothing.
    pub(crate) fn probe(&self) -> Result<ClientConfig, BusError> {
        let mut config = self.shared()?;
        config.set("allow.auto.create.topics", "false").set_log_level(RDKafkaLogLevel::Emerg);
        // That takes hold once the client is made, when it may have spoken already; this from the first.
        config.set("log_level", "0");
        Ok(config)
    }

    /// For administration.
    pub(crate) fn admin(&self) -> Result<ClientConfig, BusError> {
        self.shared()
    }

    pub(crate) fn producer(&self) -> Result<ClientConfig, BusError> {
        let mut config = self.shared()?;
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "5")
            .set("linger.ms", self.linger.as_millis().to_string())
            .set("batch.size", "1000000")
            .set("batch.num.messages", "10000")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.messages", "500000")
            .set("queue.buffering.max.kbytes", kibibytes(self.send_bytes))
            .set("message.max.bytes", self.largest_request().to_string())
            .set("message.timeout.ms", self.message_timeout.as_millis().max(1).to_string())
            // The choice of Kafka's own clients, so that keys land in one partition whoever sends.
            .set("partitioner", "murmur2_random");
        Ok(config)
    }

    /// What a producer is set to, for who holds us against plain librdkafka.
    ///
    /// # Errors
    /// As for a bus: the configuration cannot work.
    #[cfg(feature = "test-kit")]
    pub fn producer_properties(&self) -> Result<BTreeMap<String, String>, BusError> {
        let config = self.producer()?;
        Ok(config.config_map().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// For a consumer of `partitions` partitions, among which the memory is divided.
    pub(crate) fn consumer(&self, partitions: usize) -> Result<ClientConfig, BusError> {
        let mut config = self.shared()?;
        let share = self.fetch_bytes / partitions.max(1);
        config
            // librdkafka wants a group to assign partitions; nothing is ever committed to it.
            .set("group.id", format!("{}.unused", self.client_id))
            // A member by name does not take leave of its group: where librdkafka (2.12) does, it takes for granted that there
            // is a coordinator, and a consumer that is closed as the broker goes brings the process down.
            .set("group.instance.id", format!("{}.unused", self.client_id))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("check.crcs", "true")
            .set("isolation.level", "read_committed")
            .set("allow.auto.create.topics", "false")
            .set("queued.max.messages.kbytes", kibibytes(share))
            // The last answer before the queue is full may exceed it by this much.
            .set("fetch.message.max.bytes", share.clamp(16 << 10, 1 << 20).to_string())
            .set("fetch.wait.max.ms", "100")
            // After a full queue librdkafka would otherwise pause for a second.
            .set("fetch.queue.backoff.ms", "20")
            .set("fetch.error.backoff.ms", "100");
        Ok(config)
    }

    /// The batch around the largest message costs something too.
    pub(crate) fn largest_request(&self) -> usize {
        self.max_message_bytes.saturating_add(64 << 10)
    }

    fn shared(&self) -> Result<ClientConfig, BusError> {
        self.check()?;
        let mut config = ClientConfig::new();
        config
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.ms", "100")
            .set("reconnect.backoff.max.ms", "2000");
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", &self.client_id)
            .set("enable.metrics.push", "false")
            .set("log.connection.close", "false")
            .set_log_level(match self.properties.get("debug") {
                Some(_) => RDKafkaLogLevel::Debug,
                None => RDKafkaLogLevel::Info,
            });
        Ok(config)
    }
}

fn kibibytes(bytes: usize) -> String {
    (bytes >> 10).clamp(1, 2_097_151).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_carry_our_promises_cannot_be_set() {
        for key in [
            "acks",
            "delivery.report.only.error",
            "enable.idempotence",
            "auto.offset.reset",
            "metadata.recovery.strategy",
            "check.crcs",
            "group.id",
            "message.timeout.ms",
        ] {
            let mut config = KafkaConfig::new("localhost:9092", "test");
            config.properties.insert(key.to_owned(), "1".to_owned());
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn properties_for_security_reach_librdkafka_as_they_are() {
        let mut config = KafkaConfig::new("localhost:9092", "test");
        config.properties.insert("security.protocol".to_owned(), "sasl_ssl".to_owned());
        assert_eq!(config.producer().unwrap().get("security.protocol"), Some("sasl_ssl"));
        assert_eq!(config.consumer(3).unwrap().get("security.protocol"), Some("sasl_ssl"));
    }

    #[test]
    fn a_consumer_takes_no_leave_of_its_group() {
        assert!(KafkaConfig::new("localhost:9092", "test").consumer(1).unwrap().get("group.instance.id").is_some());
    }

    #[test]
    fn brokers_are_named_without_what_may_be_a_password() {
        let config = KafkaConfig::new("SASL_SSL://us:er@kafka-1:9092, kafka-2:9092", "test");
        assert_eq!(config.named_brokers(), "kafka-1:9092,kafka-2:9092");
    }

    #[test]
    fn a_question_takes_seconds_so_that_a_node_can_stop() {
        assert!(KafkaConfig::new("localhost:9092", "test").request_timeout <= Duration::from_secs(5));
    }

    #[test]
    fn a_properties_file_is_read_and_a_bad_line_is_named_without_its_content() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("client.properties");
        std::fs::write(&path, "# comment\n\nsasl.username = exchange\nsasl.password=a=b\n").unwrap();
        let properties = KafkaConfig::read_properties(&path).unwrap();
        assert_eq!(properties["sasl.username"], "exchange");
        assert_eq!(properties["sasl.password"], "a=b");
        std::fs::write(&path, "fine=1\nsecret\n").unwrap();
        let error = KafkaConfig::read_properties(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn memory_is_divided_among_partitions_and_stays_within_what_librdkafka_takes() {
        let config = KafkaConfig::new("localhost:9092", "test");
        assert_eq!(config.consumer(4).unwrap().get("queued.max.messages.kbytes"), Some("16384"));
        assert_eq!(kibibytes(0), "1");
        assert_eq!(kibibytes(usize::MAX), "2097151");
    }
}
