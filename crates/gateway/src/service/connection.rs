//! Who is in: connections that are shaking hands and open ones, bounded. Those that do nothing go first, and those whose
//! peer is no longer good are closed.

mod bodies;
mod cork;
mod load;
mod meter;
mod pace;
mod serve;
mod stream;

pub(super) use self::{
    load::{Crowded, Room},
    meter::Closing,
    serve::turn_away,
};

use self::{
    load::{Load, Tally},
    meter::Meter,
};
use super::limits;
use security::Peer;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The connections of a port.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    inside: Mutex<Inside>,
    /// What all callers have in memory.
    tally: Arc<Tally>,
}

/// Numbered in the order in which they came.
#[derive(Debug, Default)]
struct Inside {
    next: u64,
    arriving: BTreeMap<u64, CancellationToken>,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    peer: Option<Arc<Peer>>,
    meter: Arc<Meter>,
    close: CancellationToken,
}

/// The entry of a connection that is shaking hands; leaves when dropped.
pub(super) struct Arrival {
    connections: Arc<Connections>,
    id: u64,
    pushed_out: CancellationToken,
}

/// A connection's entry among the open ones; leaves when dropped.
pub(super) struct Entry<'a> {
    connections: &'a Connections,
    id: u64,
    peer: Option<Arc<Peer>>,
    meter: Arc<Meter>,
    close: CancellationToken,
}

impl Connections {
    /// Closes the connections of peers that are no longer good; how many.
    pub(crate) fn close_unless(&self, is_good: impl Fn(&Peer) -> bool) -> usize {
        let inside = self.lock();
        let bad = inside.open.values().filter(|one| one.peer.as_deref().is_some_and(|peer| !is_good(peer)));
        bad.inspect(|one| one.close.cancel()).count()
    }

    /// A connection that nobody knows yet. When too many are, the oldest goes: honest peers are quick.
    pub(super) fn arrive(self: &Arc<Self>) -> Arrival {
        let mut inside = self.lock();
        let id = inside.number();
        let pushed_out = CancellationToken::new();
        if inside.arriving.len() >= limits::HANDSHAKES
            && let Some((_, oldest)) = inside.arriving.pop_first()
        {
            oldest.cancel();
        }
        inside.arriving.insert(id, pushed_out.clone());
        Arrival { connections: Arc::clone(self), id, pushed_out }
    }

    /// A connection whose peer is known; none when there is no room, and none that is idle could go.
    pub(super) fn enter(&self, peer: Option<Peer>) -> Option<Entry<'_>> {
        let mut inside = self.lock();
        if let Some(peer) = &peer
            && inside.of(peer).count() >= limits::CALLER_CONNECTIONS
        {
            inside.close_idle(|open| open.is_of(peer))?;
        }
        if inside.open.len() >= limits::CONNECTIONS {
            inside.close_idle(|_| true)?;
        }
        let shared = peer.as_ref().and_then(|peer| inside.of(peer).next()).map(|open| open.meter.load());
        let load = shared.unwrap_or_else(|| Arc::new(Load::beside(&self.tally)));
        let meter = Arc::new(Meter::new(load));
        let (peer, close) = (peer.map(Arc::new), CancellationToken::new());
        let id = inside.number();
        inside.open.insert(id, Open { peer: peer.clone(), meter: Arc::clone(&meter), close: close.clone() });
        Some(Entry { connections: self, id, peer, meter, close })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn of(&self, peer: &Peer) -> impl Iterator<Item = &Open> {
        self.open.values().filter(move |open| open.is_of(peer))
    }

    /// Closes that of some connections which is idle the longest; none when no one is.
    fn close_idle(&mut self, among: impl Fn(&Open) -> bool) -> Option<()> {
        let idle = self.open.iter().filter(|(_, open)| among(open));
        let idle = idle.filter_map(|(id, open)| open.meter.idle_since().map(|since| (since, *id)));
        let (_, id) = idle.min()?;
        let open = self.open.remove(&id)?;
        open.close.cancel();
        Some(())
    }
}

impl Open {
    fn is_of(&self, peer: &Peer) -> bool {
        self.peer.as_ref().is_some_and(|own| own.caller == peer.caller)
    }
}

impl Arrival {
    /// What `step` gives, unless there is no more room for the connection meanwhile.
    pub(super) async fn within<F: Future>(&self, step: F) -> Option<F::Output> {
        self.pushed_out.run_until_cancelled(step).await
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.connections.lock().arriving.remove(&self.id);
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
