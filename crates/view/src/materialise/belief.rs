//! Which messages of the control topic are taken for what a node of this exchange wrote.

use crate::Progress;
use bus::Delivery;
use security::control::{Disbelief, Identity, MOST_TOLD, Received, judge};
use std::collections::{BTreeMap, btree_map};
use tracing::error;

/// Whether a node wrote the message; without an identity every message is taken.
pub(super) fn believe(identity: Option<&dyn Identity>, delivery: &Delivery) -> Result<(), Disbelief> {
    let Some(identity) = identity else { return Ok(()) };
    let received = Received {
        key: &delivery.key,
        headers: &delivery.headers,
        payload: delivery.payload.as_deref(),
        taken_in_ms: delivery.timestamp_ms,
    };
    judge(identity, &received).map(drop)
}

/// Counts a message that is left out; of each key it is told once.
pub(super) fn leave_out(key: &str, why: Disbelief, progress: &Progress) {
    let mut is_new = false;
    progress.change(|lag| {
        lag.ignored += 1;
        is_new = tell(&mut lag.ignored_entries, key, why);
    });
    if is_new {
        error!(entry = key, %why, "alarm: somebody writes to the control topic what no node wants there; it is ignored");
    }
}

/// Whether the key was not told of before.
fn tell(told: &mut BTreeMap<String, Disbelief>, key: &str, why: Disbelief) -> bool {
    let is_full = told.len() >= MOST_TOLD;
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
