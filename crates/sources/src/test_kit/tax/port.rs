//! The bureau's port.

use super::desk::{Asked, Desk, Reply};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use security::ServerTls;
use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    thread::JoinHandle,
    time::Duration,
};
use tokio::{net::TcpStream, sync::watch, task::JoinSet};

type Answer = Response<BoxBody<Bytes, io::Error>>;

/// Opens a port and answers there, on a thread of its own, until `closed` says so.
pub(super) fn serve(
    tls: Arc<ServerTls>,
    desk: Arc<Mutex<Desk>>,
    mut closed: watch::Receiver<bool>,
) -> (JoinHandle<()>, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.set_nonblocking(true).expect("a port");
    let address = listener.local_addr().expect("a port");
    #[expect(clippy::disallowed_methods, reason = "a server of tests, whose drop waits for it")]
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
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
        });
    });
    (thread, address)
}

async fn connection(tls: Arc<ServerTls>, tcp: TcpStream, desk: Arc<Mutex<Desk>>) {
    let Ok((stream, _)) = tls.accept_anyone(tcp, Duration::from_secs(10)).await else { return };
    desk.lock().unwrap_or_else(PoisonError::into_inner).connections += 1;
    let service = service_fn(move |request| answer(request, Arc::clone(&desk)));
    // A caller may leave at any time.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, desk: Arc<Mutex<Desk>>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let asked = Asked { path: head.uri.path().to_owned(), query, headers: head.headers, body };
    let reply = desk.lock().unwrap_or_else(PoisonError::into_inner).reply(&asked);
    Ok(match reply {
        Reply::Answer { status, retry_after, date, text } => {
            let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let mut response = Response::builder().status(status).header(header::DATE, date);
            if let Some(seconds) = retry_after {
                response = response.header(header::RETRY_AFTER, seconds);
            }
            response.body(whole(text)).unwrap_or_else(|_| Response::new(whole(String::new())))
        }
        Reply::Cut(text) => Response::new(Torn { begun: Some(Bytes::from(text)), has_rested: false }.boxed()),
        Reply::Silent => std::future::pending().await,
    })
}

fn whole(text: String) -> BoxBody<Bytes, io::Error> {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()
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
