//! Ordered, at-least-once delivery of exchange messages.
//!
//! Hides Kafka and the embedded log behind one contract: a [`Bus`] makes [`Producer`]s and
//! [`Consumer`]s. Nothing outside this crate may depend on `rdkafka`. Both ends are *polled* by
//! the thread that owns them and never spawn: a caller that stops polling exerts back-pressure,
//! and memory stays bounded by what the bus was configured to hold.
//!
//! Positions belong to whoever consumes: a consumer starts where it is told to, and the store
//! keeps the position beside the effect. The bus remembers nothing about its readers.
//!
//! Features: `kafka-tls` adds TLS and SASL to the brokers; `test-kit` adds the conformance suite
//! that every bus passes, and a real Kafka from jars to run it on.
mod arrivals;
#[cfg(feature = "test-kit")]
pub mod conformance;
mod embedded;
mod kafka;
mod message;
mod seam;
#[cfg(feature = "test-kit")]
pub mod test_kit;

pub use self::{
    embedded::{EmbeddedBus, EmbeddedConfig},
    kafka::{KafkaBus, KafkaConfig},
    message::{Delivery, Message, Position, Start, Topic},
    seam::{Ack, Bus, BusError, Consumer, Event, Producer, SendError},
};
