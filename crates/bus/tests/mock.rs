//! The Kafka bus keeps the contract against librdkafka's own broker, which can be made to fail.
#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[cfg(target_os = "linux")]
mod alone;

use bus::{
    Ack, Bus, BusError, KafkaBus, KafkaConfig, Message, SendError, Start, Topic,
    conformance::{Sent, Suite, read_to_end, settle},
};
use rdkafka::{
    ClientContext,
    config::{ClientConfig, RDKafkaLogLevel},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, DeliveryResult, ProducerContext},
    types::{RDKafkaApiKey, RDKafkaRespErr as Fault},
};
use std::{
    collections::BTreeSet,
    sync::mpsc,
    time::{Duration, Instant},
};

struct Mock {
    cluster: MockCluster<'static, DefaultProducerContext>,
    bus: KafkaBus,
}

impl Mock {
    fn new() -> Self {
        let cluster = MockCluster::new(3).unwrap();
        let bus = KafkaBus::connect(Self::config(&cluster)).unwrap();
        Self { cluster, bus }
    }

    fn config(cluster: &MockCluster<'static, DefaultProducerContext>) -> KafkaConfig {
        KafkaConfig::new(cluster.bootstrap_servers(), "conformance")
    }

    fn topic(&self, name: &str, partitions: i32) {
        self.cluster.create_topic(name, partitions, 3).unwrap();
    }

    fn suite(&self) -> Suite<'_> {
        Suite::new(&self.bus, |topic| self.topic(&topic.name, i32::try_from(topic.partitions).unwrap()))
    }

    fn fail_produce(&self, faults: &[Fault]) {
        self.cluster.request_errors(RDKafkaApiKey::Produce, faults);
    }
}

#[test]
fn kafka_bus_conforms() {
    Mock::new().suite().run();
}

#[test]
fn a_full_queue_is_told_and_recovers() {
    let mock = Mock::new();
    let tight = KafkaBus::connect(KafkaConfig { send_bytes: 100 << 10, ..Mock::config(&mock.cluster) }).unwrap();
    mock.suite().full_queue(&tight);
}

#[test]
fn brokers_that_go_away_and_come_back_lose_nothing() {
    let mock = Mock::new();
    let down = || mock.cluster.broker_down(-1).unwrap();
    let up = || mock.cluster.broker_up(-1).unwrap();
    mock.suite().survives_outage("outage", down, up);
}

#[test]
fn requests_that_fail_for_a_while_are_retried_without_doubles() {
    let mock = Mock::new();
    mock.topic("faults", 2);
    mock.fail_produce(&[
        Fault::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        Fault::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        Fault::RD_KAFKA_RESP_ERR__TRANSPORT,
        Fault::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    ]);
    let mut traffic = bus::conformance::Traffic::new(mock.bus.producer().unwrap(), "faults");
    for number in 0..300_u32 {
        traffic.send(&format!("key {}", number % 7), &number.to_le_bytes());
    }
    traffic.settle();
    let (read, _) = read_to_end(mock.bus.consumer(&[Start::beginning("faults")]).unwrap().as_mut(), 2);
    assert_eq!(read.len(), 300);
    traffic.check(&read);
}

/// The broker has what it was sent and says so too late: the producer sends again what is there already.
#[test]
fn requests_that_time_out_after_they_were_appended_are_acknowledged_once() {
    let mock = Mock::new();
    mock.topic("late", 2);
    let mut config = Mock::config(&mock.cluster);
    config.properties.insert("request.timeout.ms".to_owned(), "500".to_owned());
    config.properties.insert("socket.timeout.ms".to_owned(), "1000".to_owned());
    let bus = KafkaBus::connect(config).unwrap();
    let mut traffic = bus::conformance::Traffic::new(bus.producer().unwrap(), "late");
    traffic.send("key", b"before");
    traffic.settle();
    let delay = |time| (1..=3).for_each(|broker| mock.cluster.broker_round_trip_time(broker, time).unwrap());
    delay(Duration::from_secs(3));
    for number in 0..100_u32 {
        traffic.send(&format!("key {}", number % 7), &number.to_le_bytes());
    }
    // Each waits for what does not come, longer than a request may take.
    (0..20).for_each(|_| traffic.poll(Duration::from_millis(100)));
    assert!(traffic.open() > 0, "appended, and not confirmed");
    delay(Duration::ZERO);
    traffic.settle();
    let (read, _) = read_to_end(mock.bus.consumer(&[Start::beginning("late")]).unwrap().as_mut(), 2);
    // Apache Kafka recognises a repeat by its sequence number; these brokers keep both, which are the same.
    traffic.check(&read);
    let sent: BTreeSet<Sent> = traffic.acknowledged().into_values().collect();
    assert_eq!(sent.len(), 101, "each is acknowledged once");
    for delivery in &read {
        let payload = delivery.payload.as_deref().unwrap_or_default().to_vec();
        let copy = Sent { key: String::from_utf8_lossy(&delivery.key).into_owned(), payload };
        assert!(sent.contains(&copy), "nobody sent what is at {:?}", delivery.position);
    }
}

#[test]
fn a_partition_that_is_away_holds_back_its_own_tickets_only() {
    let mock = Mock::new();
    mock.topic("uneven", 3);
    for partition in 0..3 {
        mock.cluster.partition_leader("uneven", partition, Some(partition + 1)).unwrap();
    }
    let mut traffic = bus::conformance::Traffic::new(mock.bus.producer().unwrap(), "uneven");
    let keys: Vec<_> = (0..12).map(|key| format!("key {key}")).collect();
    for key in &keys {
        traffic.send(key, b"before");
    }
    traffic.settle();
    let away = traffic.acknowledged().keys().filter(|position| position.partition == 0).count();
    assert!(away > 0 && away < keys.len());
    mock.cluster.broker_down(1).unwrap();
    for key in &keys {
        traffic.send(key, b"while away");
    }
    for _ in 0..60 {
        if traffic.open() > away {
            traffic.poll(Duration::from_secs(1));
        }
    }
    assert_eq!(traffic.open(), away);
    mock.cluster.broker_up(1).unwrap();
    traffic.settle();
    let (read, _) = read_to_end(mock.bus.consumer(&[Start::beginning("uneven")]).unwrap().as_mut(), 3);
    assert_eq!(read.len(), 24);
    traffic.check(&read);
}

#[test]
fn a_fatal_error_gives_every_ticket_back_and_a_new_producer_works() {
    let mock = Mock::new();
    mock.topic("fatal", 1);
    let mut producer = mock.bus.producer().unwrap();
    mock.fail_produce(&[Fault::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER; 3]);
    let message = Message { key: b"key", headers: &[], payload: Some(b"value") };
    for ticket in 0..20 {
        producer.send("fatal", ticket, &message).unwrap();
    }
    let mut acks: Vec<Ack> = Vec::new();
    let outcome = (0..60).find_map(|_| producer.poll(Duration::from_secs(1), &mut acks).err());
    assert!(matches!(outcome, Some(BusError::Fatal(_))), "{outcome:?}");
    let mut tickets: Vec<_> = acks.iter().map(|ack| ack.ticket).collect();
    tickets.sort_unstable();
    assert_eq!(tickets, (0..20).collect::<Vec<_>>());
    assert!(acks.iter().all(|ack| ack.result.is_err()));
    mock.cluster.clear_request_errors(RDKafkaApiKey::Produce);
    let mut traffic = bus::conformance::Traffic::new(mock.bus.producer().unwrap(), "fatal");
    traffic.send("key", b"again");
    traffic.settle();
}

#[test]
fn a_message_that_no_broker_takes_in_time_comes_back_as_failed() {
    let mock = Mock::new();
    mock.topic("late", 1);
    let config = KafkaConfig { message_timeout: Duration::from_millis(500), ..Mock::config(&mock.cluster) };
    let mut producer = KafkaBus::connect(config).unwrap().producer().unwrap();
    mock.cluster.broker_down(-1).unwrap();
    producer.send("late", 4, &Message { key: b"key", headers: &[], payload: None }).unwrap();
    let mut acks = Vec::new();
    for _ in 0..60 {
        producer.poll(Duration::from_secs(1), &mut acks).unwrap();
        if !acks.is_empty() {
            break;
        }
    }
    assert!(matches!(acks[..], [Ack { ticket: 4, result: Err(BusError::Unavailable(_)) }]), "{acks:?}");
    assert_eq!(producer.in_flight(), 0);
}

#[test]
fn a_message_confirmed_without_its_place_comes_back_as_failed() {
    let mock = Mock::new();
    mock.topic("placeless", 1);
    let mut producer = mock.bus.producer().unwrap();
    mock.fail_produce(&[Fault::RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER]);
    producer.send("placeless", 4, &Message { key: b"key", headers: &[], payload: Some(b"value") }).unwrap();
    let acks = settle(producer.as_mut());
    assert!(matches!(acks[..], [Ack { ticket: 4, result: Err(BusError::Unavailable(_)) }]), "{acks:?}");
}

#[test]
fn a_consumer_whose_position_is_deleted_under_it_is_lost_for_good() {
    let mock = Mock::new();
    mock.topic("deleted", 1);
    let config = KafkaConfig { fetch_bytes: 64 << 10, ..Mock::config(&mock.cluster) };
    let slow = KafkaBus::connect(config).unwrap();
    let mut consumer = slow.consumer(&[Start::beginning("deleted")]).unwrap();
    let mut traffic = bus::conformance::Traffic::new(mock.bus.producer().unwrap(), "deleted");
    for number in 0..300_u32 {
        // These brokers keep 5 MiB of a partition. What varies does not compress.
        let varying = |at: u32| at.wrapping_mul(at ^ number.wrapping_mul(0x9E37)).to_le_bytes();
        let payload: Vec<u8> = (0..15_000).flat_map(varying).collect();
        traffic.send("key", &payload);
        traffic.poll(Duration::ZERO);
    }
    traffic.settle();
    let mut events = Vec::new();
    let outcome = (0..2000).find_map(|_| consumer.poll(10, Duration::from_secs(1), &mut events).err());
    let lost = |error: Option<&BusError>| matches!(error, Some(BusError::Lost { partition: 0, .. }));
    assert!(lost(outcome.as_ref()), "{outcome:?} after {} events", events.len());
    assert!(lost(consumer.poll(10, Duration::ZERO, &mut events).as_ref().err()));
}

#[test]
fn names_that_c_cannot_hold_are_refused() {
    let mock = Mock::new();
    let mut producer = mock.bus.producer().unwrap();
    let odd_header = Message { key: b"key", headers: &[("a\0b", b"")], payload: None };
    assert!(matches!(producer.send("topic", 1, &odd_header), Err(SendError::Bus(BusError::Config(_)))));
    let plain = Message { headers: &[], ..odd_header };
    assert!(matches!(producer.send("a\0b", 1, &plain), Err(SendError::Bus(BusError::Config(_)))));
    assert!(matches!(mock.bus.end("a\0b"), Err(BusError::Config(_))));
    assert_eq!(producer.in_flight(), 0);
}

#[test]
fn a_property_that_librdkafka_does_not_know_is_named_without_its_value() {
    let mut config = KafkaConfig::new("127.0.0.1:1", "conformance");
    config.properties.insert("sasl.pasword".to_owned(), "secret".to_owned());
    let error = KafkaBus::connect(config).err().unwrap().to_string();
    assert!(error.contains("sasl.pasword") && !error.contains("secret"), "{error}");
}

#[test]
fn brokers_that_are_not_there_are_unavailable() {
    let config =
        KafkaConfig { request_timeout: Duration::from_millis(300), ..KafkaConfig::new("127.0.0.1:1", "conformance") };
    let bus = KafkaBus::connect(config).unwrap();
    let topic = Topic { name: "topic".to_owned(), partitions: 1, compacted: false };
    let errors =
        [bus.create_topics(&[topic]).err(), bus.end("topic").err(), bus.consumer(&[Start::beginning("topic")]).err()];
    for error in errors.map(Option::unwrap) {
        assert!(error.is_retryable() && error.to_string().contains("brokers 127.0.0.1:1"), "{error}");
    }
}

/// Sends what librdkafka says to whoever asks.
struct Told(mpsc::Sender<String>);

impl ClientContext for Told {
    fn log(&self, _: RDKafkaLogLevel, _: &str, text: &str) {
        // Said after the test has what it looked for.
        let _ = self.0.send(text.to_owned());
    }
}

impl ConsumerContext for Told {}

impl ProducerContext for Told {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

/// From Fetch 16 and Produce 10 on brokers tell of leaders, see `wrapped.c`; this broker could.
#[test]
#[cfg(target_os = "linux")]
fn nobody_is_asked_for_leaders_beside_refusals() {
    let mock = Mock::new();
    mock.topic("versions", 1);
    let (said, lines) = mpsc::channel();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", mock.cluster.bootstrap_servers()).set("debug", "protocol");
    config.set_log_level(RDKafkaLogLevel::Debug);
    let producer: BaseProducer<Told> = config.create_with_context(Told(said.clone())).unwrap();
    let consumer: BaseConsumer<Told> = config.set("group.id", "versions").create_with_context(Told(said)).unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition("versions", 0);
    consumer.assign(&list).unwrap();
    producer.send(BaseRecord::to("versions").key("key").payload("payload")).unwrap();
    let mut missing = vec!["Sent FetchRequest (v15,", "Sent ProduceRequest (v9,"];
    let end = Instant::now() + Duration::from_mins(1);
    while !missing.is_empty() {
        assert!(Instant::now() < end, "nowhere in the log: {missing:?}");
        producer.poll(Duration::from_millis(10));
        consumer.poll(Duration::from_millis(10)).map(Result::unwrap);
        for line in lines.try_iter() {
            assert!(!line.contains("Sent FetchRequest (v16,") && !line.contains("Sent ProduceRequest (v10,"), "{line}");
            missing.retain(|wanted| !line.contains(wanted));
        }
    }
}

/// A broker that its controller gave up says for a moment that there are no brokers: clients go back to where they began, see
/// `wrapped.c`.
#[test]
#[cfg(target_os = "linux")]
fn clients_that_were_told_that_there_are_no_brokers_find_them_again() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("there", 1, 1).unwrap();
    let front = alone::Front::before(&cluster.bootstrap_servers());
    let config = KafkaConfig::new(front.address(), "alone");
    let bus = KafkaBus::connect(KafkaConfig { request_timeout: Duration::from_secs(1), ..config }).unwrap();
    let found = || bus.end("there").is_ok().then_some(());
    wait_for("the broker", found);
    front.tell_of_none(true);
    wait_for("the client to be told that there are no brokers", || {
        let _nothing = found();
        (front.told() > 0).then_some(())
    });
    front.tell_of_none(false);
    wait_for("the broker to be found again", found);
}

/// Asks again and again for at most a minute.
#[cfg(target_os = "linux")]
fn wait_for(what: &str, mut there: impl FnMut() -> Option<()>) {
    let end = Instant::now() + Duration::from_mins(1);
    while there().is_none() {
        assert!(Instant::now() < end, "waited for a minute for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// When this fails, see whether `wrapped.c` is still needed, and still fits.
#[test]
fn librdkafka_is_the_one_that_wrapped_functions_are_for() {
    assert_eq!(rdkafka::util::get_rdkafka_version().1, "2.12.1");
}
