//! How this node writes to the bus from its async side.

use crate::ViewError;
use bus::{Ack, Bus, BusError, Message, Position, Producer, SendError};
use contract::topics;
use security::control::{Entry, Identity, seal};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};
use tokio::sync::oneshot;

/// Messages that may wait for the worker.
const WAITING: usize = 1_024;
/// How long the worker sleeps when there is nothing to do; a message wakes it at once.
const IDLE: Duration = Duration::from_millis(100);
const ACKS: Duration = Duration::from_millis(5);

/// The async handle.
#[derive(Debug, Clone)]
pub struct Outbox(SyncSender<Parcel>);

/// The blocking body that owns the producer.
pub struct OutboxWorker {
    bus: Arc<dyn Bus>,
    parcels: Receiver<Parcel>,
    identity: Option<Arc<dyn Identity>>,
}

#[derive(Debug)]
struct Parcel {
    topic: String,
    key: String,
    headers: Vec<(String, String)>,
    payload: Option<Vec<u8>>,
    done: oneshot::Sender<Result<Position, BusError>>,
}

/// Makes both ends. With `identity`, everything for the control topic is signed with the node's certificate.
#[must_use]
pub fn outbox(bus: Arc<dyn Bus>, identity: Option<Arc<dyn Identity>>) -> (Outbox, OutboxWorker) {
    let (sender, parcels) = sync_channel(WAITING);
    (Outbox(sender), OutboxWorker { bus, parcels, identity })
}

impl Outbox {
    /// Publishes a message and waits until it is durable.
    ///
    /// # Errors
    /// [`ViewError::Bus`] when the bus refuses it or too many wait; [`ViewError::NotConfirmed`] when the
    /// worker has stopped.
    pub async fn publish(
        &self,
        topic: &str,
        key: String,
        headers: Vec<(String, String)>,
        payload: Option<Vec<u8>>,
    ) -> Result<Position, ViewError> {
        let (done, confirmed) = oneshot::channel();
        let parcel = Parcel { topic: topic.to_owned(), key, headers, payload, done };
        self.0.try_send(parcel).map_err(|error| match error {
            TrySendError::Full(_) => BusError::Unavailable("too many messages wait to be sent".to_owned()).into(),
            TrySendError::Disconnected(_) => ViewError::NotConfirmed,
        })?;
        Ok(confirmed.await.map_err(|_| ViewError::NotConfirmed)??)
    }
}

impl OutboxWorker {
    /// Sends until `stop`, then whatever still waits.
    ///
    /// # Errors
    /// When no producer can be made.
    pub fn run(self, stop: &dyn Fn() -> bool) -> Result<(), ViewError> {
        let mut open = self.open()?;
        loop {
            let wait = if open.waiting.is_empty() { IDLE } else { Duration::ZERO };
            match self.parcels.recv_timeout(wait) {
                Ok(parcel) => open.send(parcel),
                Err(RecvTimeoutError::Timeout) if stop() && open.waiting.is_empty() => return Ok(()),
                Err(RecvTimeoutError::Disconnected) if open.waiting.is_empty() => return Ok(()),
                Err(_) => {}
            }
            if !open.settle() {
                open = self.open()?;
            }
        }
    }

    fn open(&self) -> Result<Open, ViewError> {
        let (producer, identity) = (self.bus.producer()?, self.identity.clone());
        Ok(Open { producer, identity, waiting: HashMap::new(), next: 0, acks: Vec::new() })
    }
}

struct Open {
    producer: Box<dyn Producer>,
    identity: Option<Arc<dyn Identity>>,
    waiting: HashMap<u64, oneshot::Sender<Result<Position, BusError>>>,
    next: u64,
    acks: Vec<Ack>,
}

impl Open {
    fn send(&mut self, parcel: Parcel) {
        let signature = match self.signature(&parcel) {
            Ok(signature) => signature,
            Err(error) => return drop(parcel.done.send(Err(error))),
        };
        let headers = parcel.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let signature = signature.iter().map(|(name, value)| (*name, value.as_slice()));
        let headers: Vec<_> = headers.chain(signature).collect();
        let message = Message { key: parcel.key.as_bytes(), headers: &headers, payload: parcel.payload.as_deref() };
        self.next += 1;
        match self.producer.send(&parcel.topic, self.next, &message) {
            Ok(()) => drop(self.waiting.insert(self.next, parcel.done)),
            Err(error) => drop(parcel.done.send(Err(refused(error)))),
        }
    }

    /// The headers by which other nodes believe what is on the control topic.
    fn signature(&self, parcel: &Parcel) -> Result<Vec<(&'static str, Vec<u8>)>, BusError> {
        let Some(identity) = self.identity.as_ref().filter(|_| parcel.topic == topics::CONTROL) else {
            return Ok(Vec::new());
        };
        let entry = Entry::of(parcel.key.as_bytes(), &parcel.headers, parcel.payload.as_deref());
        let sealed = seal(&identity.signer(), &entry);
        sealed.map_err(|_| BusError::Unavailable("the system has no random numbers to sign with".to_owned()))
    }

    /// Hands out acknowledgements; `false` when the producer is at its end.
    fn settle(&mut self) -> bool {
        if self.waiting.is_empty() {
            return true;
        }
        let polled = self.producer.poll(ACKS, &mut self.acks);
        for ack in self.acks.drain(..) {
            if let Some(done) = self.waiting.remove(&ack.ticket) {
                drop(done.send(ack.result));
            }
        }
        !matches!(polled, Err(BusError::Fatal(_)))
    }
}

fn refused(error: SendError) -> BusError {
    match error {
        SendError::Full => BusError::Unavailable("the bus queue is full".to_owned()),
        SendError::TooLarge { limit } => BusError::NotAllowed(format!("a message of more than {limit} bytes")),
        SendError::Bus(error) => error,
    }
}
