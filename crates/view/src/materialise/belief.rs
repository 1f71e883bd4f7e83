//! Which messages of the control topic are taken for what a node of this exchange wrote.

use crate::Progress;
use bus::Delivery;
use domain::Timestamp;
use security::control::{Disbelief, Entry, Identity, open};
use std::collections::{BTreeMap, btree_map};
use tracing::error;

/// Keys that are told of; who may write to the bus could otherwise fill memory and log with made-up ones.
const TOLD: usize = 100;

/// Whether a node wrote the message; without an identity every message is taken.
pub(super) fn believe(identity: Option<&dyn Identity>, delivery: &Delivery) -> Result<(), Disbelief> {
    let Some(identity) = identity else { return Ok(()) };
    let is_type = |(name, _): &&(String, _)| name == contract::topics::CE_TYPE;
    let ce_type = delivery.headers.iter().find(is_type).and_then(|(_, value)| std::str::from_utf8(value).ok());
    let payload = delivery.payload.as_deref();
    let entry = Entry { key: &delivery.key, ce_type: ce_type.unwrap_or_default(), payload };
    let at = Timestamp::from_timestamp_millis(delivery.timestamp_ms).ok_or(Disbelief::Malformed)?;
    open(&identity.trust(), &delivery.headers, &entry, at).map(drop)
}

/// Counts a message that is left out; of each key it is told once.
pub(super) fn leave_out(key: &str, why: Disbelief, progress: &Progress) {
    let mut is_new = false;
    progress.change(|lag| {
        lag.ignored += 1;
        is_new = tell(&mut lag.ignored_entries, key, why);
    });
    if is_new {
        error!(entry = key, %why, "alarm: somebody who is no node writes to the control topic; what it wrote is ignored");
    }
}

/// Whether the key was not told of before.
fn tell(told: &mut BTreeMap<String, Disbelief>, key: &str, why: Disbelief) -> bool {
    let is_full = told.len() >= TOLD;
    match told.entry(key.to_owned()) {
        btree_map::Entry::Occupied(mut known) => {
            known.insert(why);
            false
        }
        btree_map::Entry::Vacant(place) if !is_full => {
            place.insert(why);
            true
        }
        btree_map::Entry::Vacant(_) => false,
    }
}
