//! Serving a connection in both versions of HTTP.

use super::{
    super::{Fault, grpc, limits, paths::Paths},
    Entry,
    bodies::{Answer, Asked},
    cork::Corked,
    load::Held,
    meter::{Closing, Meter},
    pace::Pace,
    stream::Metered,
};
use axum::body::Body;
use http::{HeaderValue, Request, Response, Version, header};
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use runtime::Process;
use security::Peer;
use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{sleep, timeout},
};

type Ended = Result<(), Box<dyn Error + Send + Sync>>;

impl Entry<'_> {
    /// Serves the connection until either end closes it, its peer is no longer good, or the process ends; why it was closed
    /// when that is the peer's doing.
    pub(in crate::service) async fn serve<S>(&self, stream: S, paths: Paths, process: &Process) -> Option<Closing>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let http = http(process);
        let stream = Corked::new(Metered::new(stream, Arc::clone(&self.meter)));
        let cork = stream.clone();
        let service = service_fn(|request| {
            cork.pass_flushes(request.version() < Version::HTTP_2);
            answer(request, paths.clone(), self.peer.clone(), Arc::clone(&self.meter))
        });
        let pace = Pace::of(stream.clone());
        let is_alone = || self.meter.is_alone();
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let stop = process.stop();
        let closing = tokio::select! {
            ended = pace.run(connection.as_mut(), is_alone) => return self.told(ended),
            () = self.close.cancelled() => return None,
            () = stop.cancelled() => None,
            closing = watch(&self.meter) => Some(closing),
        };
        if closing.is_some_and(|closing| closing != Closing::Idle) {
            return closing;
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            drained = timeout(limits::DRAIN, pace.run(connection.as_mut(), is_alone)) => {
                drained.map_or(closing, |ended| closing.or_else(|| self.told(ended)))
            }
            () = self.close.cancelled() => closing,
        }
    }

    /// What a peer does to its connection is no failure of ours.
    fn told(&self, ended: Ended) -> Option<Closing> {
        log(ended);
        self.meter.is_flooded().then_some(Closing::Flood)
    }
}

/// Tells the first call of a connection for which there is no room to come again, and closes it.
pub(in crate::service) async fn turn_away<S>(stream: S, process: &Process)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = tokio::sync::Notify::new();
    let service = service_fn(|request: Request<Incoming>| {
        asked.notify_one();
        std::future::ready(Ok::<_, Infallible>(refusal(&request, "too many connections are open")))
    });
    let http = http(process);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let refused = async {
        tokio::select! {
            ended = connection.as_mut() => return log(ended),
            () = asked.notified() => {}
        }
        connection.as_mut().graceful_shutdown();
        log(connection.await);
    };
    // Who does not even ask is simply gone.
    drop(timeout(limits::TURN_AWAY, refused).await);
}

async fn answer(
    request: Request<Incoming>,
    paths: Paths,
    peer: Option<Arc<Peer>>,
    meter: Arc<Meter>,
) -> Result<Response<Answer>, Infallible> {
    let has_room = meter.load().has_room();
    let call = meter.begin();
    let held = Arc::new(Held::none(meter.load()));
    let mut request = request.map(|body| Asked::new(body, Arc::clone(&meter), &held));
    let (version, is_read) = (request.version(), request.body().is_read());
    let mut response = if has_room {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        request.extensions_mut().insert(meter.load().room());
        paths.answer(request.map(Body::new)).await
    } else {
        refusal(&request, "too many calls are open")
    };
    drop(held);
    if version < Version::HTTP_2 && !is_read.load(Ordering::Relaxed) {
        // The rest of the request would stand before the next one; its sender must know that there will be none here.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Answer::new(body, Held::none(meter.load()), call)))
}

fn refusal<B>(request: &Request<B>, detail: &str) -> Response<Body> {
    let fault = Fault::away(detail);
    if grpc::is_grpc(request.headers()) { grpc::refuse(fault) } else { fault.into_problem() }
}

/// Ends when there is a reason to close the connection.
async fn watch(meter: &Meter) -> Closing {
    loop {
        sleep(limits::WATCH).await;
        if let Some(closing) = meter.trouble(Instant::now()) {
            return closing;
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
        .max_send_buf_size(limits::PIECE)
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PONG);
    http
}

fn log(ended: Ended) {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "its tasks end with the test's runtime")]

    use super::{super::Connections, *};
    use axum::{Router, routing::get};
    use bytes::Bytes;
    use futures_util::future::join_all;
    use http_body_util::{BodyExt as _, Empty};
    use hyper::client::conn::http2;
    use hyper_util::rt::TokioExecutor;
    use std::{
        io,
        pin::Pin,
        sync::atomic::AtomicUsize,
        task::{Context, Poll},
    };
    use tokio::{
        io::{DuplexStream, ReadBuf, duplex},
        sync::Barrier,
    };

    const CALLS: usize = 32;
    /// Longer than what HTTP/2 gathers by itself.
    const ANSWER: usize = 2_048;

    /// Counts how often it is written to.
    struct Counted {
        stream: DuplexStream,
        writes: Arc<AtomicUsize>,
    }

    impl AsyncRead for Counted {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_read(cx, into)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.writes.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut self.stream).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    }

    /// Answers once so many calls wait for theirs.
    fn paths_that_wait_for(calls: usize) -> Paths {
        let ready = Arc::new(Barrier::new(calls));
        let answer = async move || {
            ready.wait().await;
            vec![7_u8; ANSWER]
        };
        Paths::of(Router::new().route("/", get(answer)))
    }

    async fn asked(mut asking: http2::SendRequest<Empty<Bytes>>) -> usize {
        let request = Request::get("http://node/").body(Empty::new()).unwrap();
        let answer = asking.send_request(request).await.unwrap();
        answer.into_body().collect().await.unwrap().to_bytes().len()
    }

    #[tokio::test]
    async fn answers_that_are_ready_together_leave_together_though_no_call_is_left_open() {
        let process = Process::start().unwrap();
        let (ours, theirs) = duplex(1 << 20);
        let writes = Arc::new(AtomicUsize::new(0));
        let counted = Counted { stream: ours, writes: Arc::clone(&writes) };
        tokio::spawn(async move {
            let connections = Arc::<Connections>::default();
            let entry = connections.enter(None).unwrap();
            entry.serve(counted, paths_that_wait_for(CALLS), &process).await
        });
        let (asking, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(theirs)).await.unwrap();
        tokio::spawn(connection);
        let answers = join_all((0..CALLS).map(|_| asked(asking.clone()))).await;
        assert_eq!(answers, [ANSWER; CALLS]);
        let writes = writes.load(Ordering::Relaxed);
        assert!(writes < CALLS / 2, "{writes} writes");
    }
}
