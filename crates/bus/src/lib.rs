//! Ordered, at-least-once delivery of exchange messages.
//!
//! Hides Kafka and the embedded log behind one contract: a [`Bus`] makes [`Producer`]s and
//! [`Consumer`]s. Nothing outside this crate may depend on `rdkafka`. Both ends are *polled* by
//! the thread that owns them and never spawn: a caller that stops polling exerts back-pressure,
//! and memory stays bounded by what the bus was configured to hold.
//!
//! Positions belong to whoever consumes: a consumer starts where it is told to, and the store
//! keeps the position beside the effect. The bus remembers nothing about its readers.
mod embedded;
mod message;
mod seam;

pub use self::{
    embedded::{EmbeddedBus, EmbeddedConfig},
    message::{Delivery, Message, Position, Start, Topic},
    seam::{Ack, Bus, BusError, Consumer, Event, Producer, SendError},
};
