//! HTTPS ports of test servers, each on a thread of its own.
#![expect(clippy::expect_used, reason = "a test that cannot set up its world ends there")]

use bytes::Bytes;
use domain::{Caller, CallerKind, Clock, Timestamp};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use security::{NoBindings, ServerTls, TlsFiles, pki};
use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    thread::JoinHandle,
    time::Duration,
};
use tokio::{net::TcpStream, sync::watch, task::JoinSet};

/// Who answers behind a port.
pub(super) trait Desk: Send + 'static {
    /// Somebody has connected.
    fn connected(&mut self);

    /// What comes back.
    fn reply(&mut self, asked: &Asked) -> Reply;

    /// Whether nobody is there now.
    fn is_away(&self) -> bool;
}

/// A call as it came.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What comes back.
pub(super) enum Reply {
    /// An answer.
    Answer(Answer),
    /// The beginning of one.
    Cut(String),
    /// Nothing, ever.
    Silent,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<u64>,
    pub(super) date: Timestamp,
    pub(super) media: &'static str,
    pub(super) body: Vec<u8>,
}

/// A port that is closed when this is dropped.
pub(super) struct Port {
    pub(super) address: SocketAddr,
    close: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.close.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Whether it went well shows in the test.
            let _ = thread.join();
        }
    }
}

impl Port {
    /// Opens a port whose authority lies in `folder` (`ca.pem`), and answers there.
    pub(super) fn open<D: Desk>(folder: &Path, clock: Arc<dyn Clock>, desk: Arc<Mutex<D>>) -> Self {
        let tls = tls(folder, clock);
        let (close, closed) = watch::channel(false);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a port");
        let address = listener.local_addr().expect("a port");
        #[expect(clippy::disallowed_methods, reason = "a server of tests, whose drop waits for it")]
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve(listener, tls, desk, closed));
        });
        Self { address, close, thread: Some(thread) }
    }
}

fn tls(folder: &Path, clock: Arc<dyn Clock>) -> Arc<ServerTls> {
    pki::init(folder, &*clock).expect("an authority");
    let caller = Caller::new(CallerKind::Node, "department").expect("a name");
    let request = pki::IssueRequest { caller, dns: Vec::new(), ips: vec![Ipv4Addr::LOCALHOST.into()], days: 3650 };
    let issued = pki::issue(folder, &request, &*clock).expect("a certificate");
    let files = TlsFiles { ca: folder.join("ca.pem"), cert: issued.certificate, key: issued.key, crl: None };
    ServerTls::load(&files, Arc::new(NoBindings), clock).expect("a server")
}

async fn serve<D: Desk>(
    listener: TcpListener,
    tls: Arc<ServerTls>,
    desk: Arc<Mutex<D>>,
    mut closed: watch::Receiver<bool>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a port");
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = closed.changed() => return,
            accepted = listener.accept() => {
                let Ok((tcp, _)) = accepted else { continue };
                connections.spawn(connection(Arc::clone(&tls), tcp, Arc::clone(&desk)));
            }
        }
    }
}

async fn connection<D: Desk>(tls: Arc<ServerTls>, tcp: TcpStream, desk: Arc<Mutex<D>>) {
    if at(&desk, |desk| desk.is_away()) {
        return;
    }
    let Ok((stream, _)) = tls.accept_anyone(tcp, Duration::from_secs(10)).await else { return };
    at(&desk, Desk::connected);
    let service = service_fn(move |request| answer(request, Arc::clone(&desk)));
    // A caller may leave at any time.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn at<D: Desk, T>(desk: &Mutex<D>, look: impl FnOnce(&mut D) -> T) -> T {
    look(&mut desk.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn answer<D: Desk>(
    request: Request<Incoming>,
    desk: Arc<Mutex<D>>,
) -> Result<Response<BoxBody<Bytes, io::Error>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let asked = Asked { path: head.uri.path().to_owned(), query, headers: head.headers, body };
    let reply = at(&desk, |desk| if desk.is_away() { Reply::Cut(String::new()) } else { desk.reply(&asked) });
    Ok(match reply {
        Reply::Answer(Answer { status, retry_after, date, media, body }) => {
            let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let mut response =
                Response::builder().status(status).header(header::DATE, date).header(header::CONTENT_TYPE, media);
            if let Some(seconds) = retry_after {
                response = response.header(header::RETRY_AFTER, seconds);
            }
            response.body(whole(body)).unwrap_or_else(|_| Response::new(whole(Vec::new())))
        }
        Reply::Cut(text) => Response::new(Torn { begun: Some(Bytes::from(text)), has_rested: false }.boxed()),
        Reply::Silent => std::future::pending().await,
    })
}

fn whole(body: Vec<u8>) -> BoxBody<Bytes, io::Error> {
    Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed()
}

/// A body that breaks off.
struct Torn {
    begun: Option<Bytes>,
    /// Whether what was begun had time to go out.
    has_rested: bool,
}

impl Body for Torn {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.begun.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.has_rested {
            self.has_rested = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}
