//! What on the control topic is taken for a node's, and how what is written there is signed.

use crate::envelope::{Channel, Outgoing};
use bus::{BusError, Delivery};
use contract::topics;
use domain::Timestamp;
use security::control::{Disbelief, Entry, Identity, open, seal};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Keys that are told of; who may write to the bus could otherwise fill memory and log with made-up ones.
const TOLD: usize = 100;

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
        let Err(why) = judge(identity.as_ref(), delivery) else { return true };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < TOLD && told.insert(delivery.key.to_vec()) {
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
        let ce_type = message.headers.iter().find(|(name, _)| *name == topics::CE_TYPE);
        let ce_type = ce_type.map_or("", |(_, value)| value.as_str());
        let entry = Entry { key: message.key.as_bytes(), ce_type, payload: message.payload.as_deref() };
        let sealed = seal(&identity.signer(), &entry);
        sealed.map_err(|_| BusError::Unavailable("the system has no random numbers to sign with".to_owned()))
    }
}

fn judge(identity: &dyn Identity, delivery: &Delivery) -> Result<(), Disbelief> {
    let is_type = |(name, _): &&(String, _)| name == topics::CE_TYPE;
    let ce_type = delivery.headers.iter().find(is_type).and_then(|(_, value)| std::str::from_utf8(value).ok());
    let payload = delivery.payload.as_deref();
    let entry = Entry { key: &delivery.key, ce_type: ce_type.unwrap_or_default(), payload };
    let at = Timestamp::from_timestamp_millis(delivery.timestamp_ms).ok_or(Disbelief::Malformed)?;
    open(&identity.trust(), &delivery.headers, &entry, at).map(drop)
}
