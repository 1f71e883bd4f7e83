//! The limit: the same finished messages, sent by a bare client of the bus.

use crate::{
    kafka::BareProducer,
    measure::{Pass, Process},
    place::{Place, each},
};
use anyhow::{Result, ensure};
use bus::{Ack, Bus, Delivery, Message, Producer, SendError, Topic};
use serde::{Deserialize, Serialize};
use std::{ops::Range, time::Duration};

/// How long a wait for room or for acknowledgements takes.
const WAIT: Duration = Duration::from_millis(100);

/// Sends what is on a topic once more, elsewhere.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Send {
    /// Rows that the messages were made of.
    pub(crate) rows: u64,
    /// The topic.
    pub(crate) topic: String,
    /// Where it is.
    pub(crate) from: Place,
    /// Where the messages go.
    pub(crate) to: Place,
}

/// What that took, in rows.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Sent {
    /// Keys, headers and payloads.
    pub(crate) whole: Pass,
    /// Keys and payloads alone.
    pub(crate) without_headers: Pass,
    /// How many messages.
    pub(crate) messages: u64,
    /// Bytes of keys, headers and payloads.
    pub(crate) bytes: u64,
}

impl Send {
    /// Everything is in memory before the clock starts.
    pub(crate) fn run(&self) -> Result<Sent> {
        let mut finished = Finished::default();
        each(self.from.open()?.as_ref(), &self.topic, |delivery| finished.add(&delivery))?;
        let bare = self.to.open()?;
        let topics = ["bench.whole", "bench.plain"];
        let partitions = contract::topics::DEPARTMENT_PARTITIONS;
        bare.create_topics(&topics.map(|name| Topic { name: name.to_owned(), partitions, compacted: false }))?;
        let [whole, without_headers] = topics.map(|topic| {
            let headers = if topic == "bench.whole" { finished.names.len() } else { 0 };
            Process::Own.pass(|| {
                let sent = match &self.to {
                    Place::Kafka(brokers) => to_kafka(brokers, topic, &finished, headers),
                    Place::Embedded(_) => append(bare.as_ref(), topic, &finished, headers),
                }?;
                ensure!(sent == finished.len() as u64, "{sent} messages were sent");
                Ok(self.rows)
            })
        });
        let (messages, bytes) = (finished.len() as u64, finished.bytes.len() as u64);
        Ok(Sent { whole: whole?, without_headers: without_headers?, messages, bytes })
    }
}

fn to_kafka(brokers: &str, topic: &str, finished: &Finished, headers: usize) -> Result<u64> {
    let mut producer = BareProducer::new(brokers)?;
    for index in 0..finished.len() {
        let [key, payload] = [0, 1].map(|field| finished.field(index, field));
        producer.send(topic, (key, payload), (0..headers).map(|header| finished.header(index, header)))?;
    }
    producer.finish()
}

fn append(bus: &dyn Bus, topic: &str, finished: &Finished, headers: usize) -> Result<u64> {
    let mut producer = bus.producer()?;
    let (mut acks, mut confirmed) = (Vec::new(), 0);
    for index in 0..finished.len() {
        let headers: Vec<_> = (0..headers).map(|header| finished.header(index, header)).collect();
        let [key, payload] = [0, 1].map(|field| finished.field(index, field));
        let message = Message { key, headers: &headers, payload: Some(payload) };
        while let Err(error) = producer.send(topic, index as u64, &message) {
            match error {
                SendError::Full => confirmed += poll(producer.as_mut(), &mut acks)?,
                error => return Err(error.into()),
            }
        }
    }
    while producer.in_flight() > 0 {
        confirmed += poll(producer.as_mut(), &mut acks)?;
    }
    Ok(confirmed)
}

fn poll(producer: &mut dyn Producer, acks: &mut Vec<Ack>) -> Result<u64> {
    producer.poll(WAIT, acks)?;
    Ok(acks.drain(..).filter(|ack| ack.result.is_ok()).count() as u64)
}

/// Finished messages, in one piece of memory; all have the same headers.
#[derive(Default)]
struct Finished {
    names: Vec<String>,
    bytes: Vec<u8>,
    /// Where each field of each message ends: key, payload, headers.
    ends: Vec<usize>,
}

impl Finished {
    fn add(&mut self, delivery: &Delivery) -> Result<()> {
        if self.names.is_empty() {
            self.names = delivery.headers.iter().map(|(name, _)| name.clone()).collect();
        }
        let same = self.names.iter().eq(delivery.headers.iter().map(|(name, _)| name));
        ensure!(same, "records have different headers");
        let fields = [&delivery.key, delivery.payload.as_ref().unwrap_or(&delivery.key)];
        for field in fields.into_iter().chain(delivery.headers.iter().map(|(_, value)| value)) {
            self.bytes.extend_from_slice(field);
            self.ends.push(self.bytes.len());
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.ends.len() / (2 + self.names.len())
    }

    fn field(&self, message: usize, field: usize) -> &[u8] {
        let place = message * (2 + self.names.len()) + field;
        let range = Range { start: if place == 0 { 0 } else { self.ends[place - 1] }, end: self.ends[place] };
        &self.bytes[range]
    }

    fn header(&self, message: usize, header: usize) -> (&str, &[u8]) {
        (&self.names[header], self.field(message, 2 + header))
    }
}
