//! What on the control topic is taken for a node's, and how what is written there is signed.

use crate::envelope::{Channel, Outgoing};
use bus::{BusError, Delivery};
use bytes::Bytes;
use security::control::{Entry, Identity, MOST_TOLD, Received, judge, seal};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// By which certificates entries are judged and signed; without an identity everybody is believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Belief {
    identity: Option<Arc<dyn Identity>>,
    told: Arc<Mutex<BTreeSet<Vec<u8>>>>,
}

impl Belief {
    pub(crate) fn new(identity: Option<Arc<dyn Identity>>) -> Self {
        Self { identity, told: Arc::default() }
    }

    /// Whether a node wrote the entry; of each key that none did it is told once.
    pub(crate) fn takes(&self, delivery: &Delivery) -> bool {
        let Some(identity) = &self.identity else { return true };
        let Err(why) = judge(identity.as_ref(), &received(delivery)) else { return true };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert(delivery.key.to_vec()) {
            let entry = String::from_utf8_lossy(&delivery.key);
            tracing::error!(
                %why,
                ?entry,
                "alarm: somebody who is no node writes to the control topic; what it wrote is ignored"
            );
        }
        false
    }

    /// The headers by which nodes believe a message to the control topic.
    pub(crate) fn signature(&self, message: &Outgoing) -> Result<Vec<(&'static str, Vec<u8>)>, BusError> {
        let Some(identity) = self.identity.as_ref().filter(|_| message.channel == Channel::Control) else {
            return Ok(Vec::new());
        };
        let headers: Vec<_> = message.headers().cloned().collect();
        let entry = Entry::of(message.key.as_bytes(), &headers, message.payload.as_deref());
        let sealed = seal(&identity.signer(), &entry);
        sealed.map_err(|_| BusError::Unavailable("the system has no random numbers to sign with".to_owned()))
    }
}

fn received(delivery: &Delivery) -> Received<'_, String, Bytes> {
    Received {
        key: &delivery.key,
        headers: &delivery.headers,
        payload: delivery.payload.as_deref(),
        taken_in_ms: delivery.timestamp_ms,
    }
}
