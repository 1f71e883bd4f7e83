//! The checks that need nothing but a bus.

use super::{Suite, Traffic, read_to_end, settle};
use crate::{
    message::{Message, Position, Start},
    seam::{Bus, BusError, Consumer, SendError},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

impl Suite<'_> {
    /// Starting in the middle of a batch gives the rest of it, and nothing before.
    pub(super) fn resumes_at_every_offset(&self) {
        let topic = self.topic("resume", 1);
        let mut traffic = self.traffic(&topic);
        for batch in 0..3_u8 {
            for number in 0..8_u8 {
                traffic.send("one key", &[batch, number]);
            }
            traffic.settle();
        }
        let sent = traffic.acknowledged();
        assert_eq!(sent.len(), 24);
        for start in 0..=24 {
            let (read, ends) = read_to_end(self.from(&topic, 0, start).as_mut(), 1);
            assert_eq!(ends, BTreeMap::from([((topic.clone(), 0), 24)]), "end, from {start}");
            let offsets = read.iter().map(|delivery| delivery.position.offset);
            assert!(offsets.eq(start..24), "offsets, from {start}");
            let same = |delivery: &crate::Delivery| {
                sent[&delivery.position].payload == delivery.payload.as_deref().unwrap_or(&[])
            };
            assert!(read.iter().all(same), "payloads, from {start}");
        }
    }

    /// Keys, headers, values and tombstones come out as they went in.
    pub(super) fn gives_back_what_was_sent(&self) {
        let topic = self.topic("content", 1);
        let large = vec![0xA5; 700_000];
        let every: Vec<u8> = (0..=255).collect();
        let messages = [
            Message { key: b"plain", headers: &[("content-type", b"application/protobuf")], payload: Some(b"value") },
            Message {
                key: &every,
                headers: &[("a", b"1"), ("a", b"2"), ("empty", b""), ("binary", &[0, 255])],
                payload: Some(&every),
            },
            Message { key: b"", headers: &[], payload: Some(b"no key") },
            Message { key: b"empty value", headers: &[], payload: Some(b"") },
            Message { key: b"tombstone", headers: &[("why", b"withdrawn")], payload: None },
            Message { key: "键".as_bytes(), headers: &[("名", "值".as_bytes())], payload: Some(&large) },
        ];
        let mut producer = producer(self.bus);
        for (ticket, message) in (0..).zip(&messages) {
            assert!(producer.send(&topic, ticket, message).is_ok(), "message {ticket}");
        }
        assert!(settle(producer.as_mut()).iter().all(|ack| ack.result.is_ok()));
        let (read, _) = read_to_end(self.beginning(&topic).as_mut(), 1);
        assert_eq!(read.len(), messages.len());
        for (delivery, message) in read.iter().zip(&messages) {
            assert_eq!(&*delivery.topic, topic.as_str());
            assert_eq!(delivery.key, message.key);
            assert_eq!(delivery.payload.as_deref(), message.payload);
            let headers: Vec<_> =
                delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
            assert_eq!(headers, message.headers);
            assert!(delivery.timestamp_ms > 0);
        }
    }

    /// Two producers, several partitions: each ticket once, each message once, keys in order.
    pub(super) fn acknowledges_every_ticket_once(&self) {
        let topic = self.topic("tickets", 3);
        let (mut first, mut second) = (self.traffic(&topic), self.traffic(&topic));
        for number in 0..1500_u32 {
            first.send(&format!("first {}", number % 7), &number.to_le_bytes());
            second.send(&format!("second {}", number % 5), &number.to_le_bytes());
            if number % 100 == 0 {
                first.poll(Duration::ZERO);
            }
        }
        first.settle();
        second.settle();
        let (read, _) = read_to_end(self.beginning(&topic).as_mut(), self.partitions(&topic));
        assert_eq!(read.len(), 3000);
        first.check(&read);
        second.check(&read);
    }

    /// `end` counts what is there, and not what is not durable.
    pub(super) fn knows_its_ends(&self) {
        let topic = self.topic("ends", 2);
        let total = || self.ends(&topic).iter().map(|position| position.offset).sum::<u64>();
        assert_eq!(total(), 0);
        let mut traffic = self.traffic(&topic);
        for number in 0..20_u8 {
            traffic.send(&format!("key {number}"), &[number]);
        }
        traffic.settle();
        assert_eq!(total(), 20);
        assert!(matches!(self.bus.end("conformance.absent"), Err(BusError::Unavailable(_))));
    }

    /// Each partition of each topic says that its end was reached, again after every message.
    pub(super) fn tells_the_end_of_each_topic(&self) {
        let topics = [self.topic("left", 2), self.topic("right", 1)];
        let partitions: usize = topics.iter().map(|topic| self.partitions(topic)).sum();
        let from: Vec<_> = topics.iter().map(Start::beginning).collect();
        let mut consumer = consumer(self.bus, &from);
        let (read, ends) = read_to_end(consumer.as_mut(), partitions);
        assert!(read.is_empty() && ends.values().all(|offset| *offset == 0));
        for (topic, count) in topics.iter().zip([1, 2]) {
            let mut traffic = self.traffic(topic);
            for number in 0..count {
                traffic.send("key", &[number]);
            }
            traffic.settle();
        }
        let (read, ends) = read_to_end(consumer.as_mut(), 2);
        assert_eq!(read.len(), 3);
        let reached: BTreeSet<_> = ends.into_iter().map(|((topic, _), offset)| (topic, offset)).collect();
        assert_eq!(reached, BTreeSet::from([(topics[0].clone(), 1), (topics[1].clone(), 2)]));
    }

    /// A start beyond the end is lost; the end itself is not.
    pub(super) fn refuses_positions_that_are_not_there(&self) {
        let topic = self.topic("lost", 1);
        let mut traffic = self.traffic(&topic);
        traffic.send("key", b"1");
        traffic.settle();
        drop(self.from(&topic, 0, 1));
        for (partition, offset) in [(0, 2), (0, u64::MAX), (9, 0)] {
            let start = Start { topic: topic.clone(), next: BTreeMap::from([(partition, offset)]) };
            match self.bus.consumer(&[start]).err() {
                Some(BusError::Lost { topic: lost, partition: at, offset: asked }) => {
                    assert_eq!((lost, at, asked), (topic.clone(), partition, offset));
                }
                other => panic!("{partition}/{offset}: {other:?}"),
            }
        }
    }

    /// A message over the limit is refused at once, and the producer goes on.
    pub(super) fn refuses_what_is_too_large(&self) {
        let topic = self.topic("large", 1);
        let mut producer = producer(self.bus);
        let payload = vec![1; 70 << 20];
        let message = Message { key: b"key", headers: &[], payload: Some(&payload) };
        assert!(matches!(producer.send(&topic, 1, &message), Err(SendError::TooLarge { .. })));
        assert_eq!(producer.in_flight(), 0);
        assert!(producer.send(&topic, 2, &Message { payload: Some(b"small"), ..message }).is_ok());
        assert!(settle(producer.as_mut()).iter().all(|ack| ack.ticket == 2 && ack.result.is_ok()));
    }

    /// A queue that is full says so and takes nothing; polling makes room, and nothing is lost.
    /// `tight` is the same bus with room for about 100 KiB.
    ///
    /// # Panics
    /// When the bus breaks a promise.
    pub fn full_queue(&self, tight: &dyn Bus) {
        let topic = self.topic("full", 1);
        let mut traffic = Traffic::new(producer(tight), &topic);
        let full: u32 = (0..1000_u32).map(|number| traffic.send("key", &[number.to_le_bytes(); 250].concat())).sum();
        assert!(full > 0, "the queue was never full");
        traffic.settle();
        let (read, _) = read_to_end(consumer(tight, &[Start::beginning(&topic)]).as_mut(), 1);
        assert_eq!(read.len(), 1000);
        traffic.check(&read);
    }

    pub(super) fn traffic(&self, topic: &str) -> Traffic {
        Traffic::new(producer(self.bus), topic)
    }

    pub(super) fn beginning(&self, topic: &str) -> Box<dyn Consumer> {
        consumer(self.bus, &[Start::beginning(topic)])
    }

    pub(super) fn partitions(&self, topic: &str) -> usize {
        self.ends(topic).len()
    }

    fn from(&self, topic: &str, partition: u32, offset: u64) -> Box<dyn Consumer> {
        consumer(self.bus, &[Start { topic: topic.to_owned(), next: BTreeMap::from([(partition, offset)]) }])
    }

    fn ends(&self, topic: &str) -> Vec<Position> {
        self.bus.end(topic).unwrap_or_else(|error| panic!("end of {topic}: {error}"))
    }
}

fn producer(bus: &dyn Bus) -> Box<dyn crate::Producer> {
    bus.producer().unwrap_or_else(|error| panic!("producer: {error}"))
}

fn consumer(bus: &dyn Bus, from: &[Start]) -> Box<dyn Consumer> {
    bus.consumer(from).unwrap_or_else(|error| panic!("consumer: {error}"))
}
