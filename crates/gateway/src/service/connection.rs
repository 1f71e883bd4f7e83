//! Open connections: served by both versions of HTTP, and closed when their peer is no longer good.

use super::limits;
use axum::Router;
use http::Request;
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use runtime::Process;
use security::Peer;
use std::{
    collections::HashMap,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// The open connections of a port.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<HashMap<u64, Open>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Open {
    peer: Option<Arc<Peer>>,
    close: CancellationToken,
}

/// A connection's entry among the open ones; leaves when dropped.
pub(super) struct Entry<'a> {
    connections: &'a Connections,
    id: u64,
    peer: Option<Arc<Peer>>,
    close: CancellationToken,
}

impl Connections {
    /// Closes the connections of peers that are no longer good; how many.
    pub(crate) fn close_unless(&self, is_good: impl Fn(&Peer) -> bool) -> usize {
        let open = self.lock();
        let bad = open.values().filter(|one| one.peer.as_deref().is_some_and(|peer| !is_good(peer)));
        bad.inspect(|one| one.close.cancel()).count()
    }

    pub(super) fn enter(&self, peer: Option<Peer>) -> Entry<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (peer, close) = (peer.map(Arc::new), CancellationToken::new());
        self.lock().insert(id, Open { peer: peer.clone(), close: close.clone() });
        Entry { connections: self, id, peer, close }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.id);
    }
}

impl Entry<'_> {
    /// Serves the connection until either end closes it, its peer is no longer good, or the process ends.
    pub(super) async fn serve<S>(&self, stream: S, router: Router, process: &Process)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = self.peer.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            if let Some(peer) = &peer {
                request.extensions_mut().insert(Arc::clone(peer));
            }
            // A router is always ready.
            router.clone().call(request)
        });
        let http = http(process);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let stop = process.stop();
        tokio::select! {
            ended = connection.as_mut() => return log(ended),
            () = self.close.cancelled() => return,
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            drained = timeout(limits::DRAIN, connection.as_mut()) => drained.map_or((), log),
            () = self.close.cancelled() => {}
        }
    }
}

fn http(process: &Process) -> Builder<Sessions> {
    let mut http = Builder::new(Sessions(process.clone()));
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD)
        .max_buf_size(limits::BUFFER_BYTES)
        .half_close(false);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS)
        .max_header_list_size(limits::HEAD_BYTES)
        .max_pending_accept_reset_streams(limits::RESETS)
        .max_local_error_reset_streams(limits::RESETS)
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PONG);
    http
}

/// What a peer does to its connection is no failure of ours.
fn log(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Runs the calls of a connection of HTTP/2 as sessions that the stop waits for.
#[derive(Clone)]
struct Sessions(Process);

impl<F> Executor<F> for Sessions
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        self.0.spawn_session("call", async move { drop(future.await) });
    }
}
