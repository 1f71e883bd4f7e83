//! The life of a librdkafka client: what it says, and how it goes.

use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError};
use std::{ops::Deref, sync::mpsc, time::Duration};
use tracing::{debug, error, info, warn};

/// Passes librdkafka's log on; it speaks of brokers and topics, never of messages.
pub(crate) struct Logging;

impl ClientContext for Logging {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log(level, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        note_error(&error, reason);
    }
}

impl ConsumerContext for Logging {}

pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => error!(facility, "{text}"),
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => warn!(facility, "{text}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => info!(facility, "{text}"),
        RDKafkaLogLevel::Debug => debug!(facility, "{text}"),
    }
}

/// Errors also come back from the call they concern; this is the trace of them.
pub(crate) fn note_error(error: &KafkaError, reason: &str) {
    debug!(%error, reason, "kafka client error");
}

/// A client that is dropped on a thread of its own: librdkafka can hang there for as long as a
/// broker is silent, and its owner must be able to stop.
pub(crate) struct Retired<T: Send + 'static> {
    what: &'static str,
    client: Option<T>,
    deadline: Duration,
}

impl<T: Send + 'static> Retired<T> {
    pub(crate) fn new(what: &'static str, client: T, deadline: Duration) -> Self {
        Self { what, client: Some(client), deadline }
    }
}

impl<T: Send + 'static> Deref for Retired<T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "only drop takes the client away")]
    fn deref(&self) -> &T {
        self.client.as_ref().expect("the client is there until it is dropped")
    }
}

impl<T: Send + 'static> Drop for Retired<T> {
    #[expect(
        clippy::disallowed_methods,
        reason = "librdkafka may hang in its destructor; this thread outlives nothing but it"
    )]
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        let (done, gone) = mpsc::channel();
        std::thread::spawn(move || {
            drop(client);
            // Nobody listens any more when the deadline has passed.
            let _ = done.send(());
        });
        if gone.recv_timeout(self.deadline).is_err() {
            warn!(what = self.what, "kafka client did not close in time; it goes on in the background");
        }
    }
}
