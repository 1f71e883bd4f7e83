//! Calling a gateway: REST over HTTP/1.1, gRPC over HTTP/2 with frames by hand.

use bytes::{BufMut as _, Bytes, BytesMut};
use contract::google_rpc::Status;
use domain::Clock;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use security::{Alpn, ClientTls, Refusal, SecurityError, refused_by_server};
use serde_json::Value;
use std::{convert::Infallible, net::SocketAddr, path::Path, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

/// A caller with a certificate.
pub(crate) struct Caller {
    tls: ClientTls,
    address: String,
}

/// What HTTP answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// What gRPC answered.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: u16,
    pub(crate) message: Bytes,
    pub(crate) details: Option<Status>,
}

impl Caller {
    pub(crate) fn new(pki: &Path, stem: &str, address: SocketAddr, clock: Arc<dyn Clock>) -> Self {
        let [cert, key] = ["pem", "key"].map(|ending| pki.join(format!("{stem}.{ending}")));
        let tls = ClientTls::load(&pki.join("ca.pem"), &cert, &key, clock).unwrap();
        Self { tls, address: format!("localhost:{}", address.port()) }
    }

    /// A caller without a certificate.
    pub(crate) fn anonymous(pki: &Path, address: SocketAddr, clock: Arc<dyn Clock>) -> Self {
        let tls = ClientTls::anonymous(&pki.join("ca.pem"), clock).unwrap();
        Self { tls, address: format!("localhost:{}", address.port()) }
    }

    /// What it hears from a port that does not let it in; fails when it is let in.
    pub(crate) async fn shut_out(&self, alpn: Alpn) -> Option<Refusal> {
        let mut stream = match self.tls.connect(&self.address, alpn).await {
            Ok(stream) => stream,
            Err(SecurityError::Handshake { source, .. }) => return refused_by_server(&source),
            Err(other) => panic!("cannot call: {other}"),
        };
        // Under TLS 1.3 the refusal comes only now. Who is let in is answered, by either protocol.
        let request = format!("GET /v1/whoami HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        let sent = stream.write_all(request.as_bytes()).await;
        let read = match sent {
            Ok(()) => stream.read(&mut [0; 16]).await,
            Err(error) => Err(error),
        };
        match read {
            Err(error) => refused_by_server(&error),
            Ok(count) => panic!("let in, {count} bytes"),
        }
    }

    pub(crate) async fn rest(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.address);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.send(request.body(Full::new(Bytes::from(body.unwrap_or_default().to_owned()))).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let stream = self.tls.connect(&self.address, Alpn::Http1).await.unwrap();
        answer(http1(stream, request).await.unwrap()).await
    }

    /// A connection that has been used and stays open until the server closes it.
    pub(crate) async fn stay(&self) -> impl Future<Output = ()> + use<> {
        let stream = self.tls.connect(&self.address, Alpn::Http2).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the connection is driven beside the test, and ends with it")]
        let ended = tokio::spawn(connection);
        let uri = format!("https://{}/v1/whoami", self.address);
        let request = Request::builder().uri(uri).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
        async move {
            drop(ended.await);
            drop(sender);
        }
    }

    pub(crate) async fn grpc(&self, path: &str, message: &[u8]) -> Outcome {
        self.grpc_frame(path, framed(message)).await
    }

    /// A stream both ways; what is sent into the channel goes up.
    pub(crate) async fn stream(&self, path: &str, metadata: &[(&str, &str)]) -> (mpsc::Sender<Bytes>, Answers) {
        let (sender, frames) = mpsc::channel::<Bytes>(1000);
        let body = StreamBody::new(ReceiverStream::new(frames).map(|frame| Ok::<_, Infallible>(Frame::data(frame))));
        let mut request = Request::builder()
            .method("POST")
            .uri(format!("https://{}/{path}", self.address))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers");
        for (name, value) in metadata {
            request = request.header(*name, *value);
        }
        let stream = self.tls.connect(&self.address, Alpn::Http2).await.unwrap();
        let (mut requests, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the connection is driven beside the test, and ends with it")]
        tokio::spawn(connection);
        let response = requests.send_request(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        let trailers = response.headers().clone();
        (sender, Answers { body: response.into_body(), buffer: BytesMut::new(), trailers })
    }

    pub(crate) async fn grpc_frame(&self, path: &str, frame: Bytes) -> Outcome {
        let request = Request::builder()
            .method("POST")
            .uri(format!("https://{}/{path}", self.address))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers")
            .body(Full::new(frame))
            .unwrap();
        let stream = self.tls.connect(&self.address, Alpn::Http2).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let exchange = async move {
            let (head, body) = sender.send_request(request).await.unwrap().into_parts();
            let collected = body.collect().await.unwrap();
            let trailers = collected.trailers().cloned().unwrap_or_default();
            outcome(&head.headers, &trailers, &collected.to_bytes())
        };
        tokio::select! {
            outcome = exchange => outcome,
            ended = connection => panic!("connection ended: {ended:?}"),
        }
    }
}

/// Answers of a stream as they come.
pub(crate) struct Answers {
    body: Incoming,
    buffer: BytesMut,
    trailers: HeaderMap,
}

impl Answers {
    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        while self.waiting().is_none() {
            match self.body.frame().await?.unwrap().into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(frame) => self.trailers = frame.into_trailers().unwrap(),
            }
        }
        let length = self.waiting()?;
        Some(self.buffer.split_to(5 + length).freeze().slice(5..))
    }

    /// Length of the message that has arrived as a whole.
    fn waiting(&self) -> Option<usize> {
        let prefix = self.buffer.get(1..5)?.try_into().unwrap();
        let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap();
        (self.buffer.len() >= 5 + length).then_some(length)
    }

    /// How it ended.
    pub(crate) async fn code(mut self) -> u16 {
        while self.next().await.is_some() {}
        outcome(&HeaderMap::new(), &self.trailers, &Bytes::new()).code
    }
}

/// A message with its prefix.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.extend_from_slice(message);
    frame.freeze()
}

/// A page of a port without TLS.
pub(crate) async fn plain(address: SocketAddr, path: &str, host: &str, accept: &str) -> Answer {
    page(tokio::net::TcpStream::connect(address).await.unwrap(), path, host, accept).await
}

/// A page over a stream.
pub(crate) async fn page<S>(stream: S, path: &str, host: &str, accept: &str) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::builder().uri(path).header(header::HOST, host).header(header::ACCEPT, accept);
    answer(http1(stream, request.body(Full::default()).unwrap()).await.unwrap()).await
}

async fn http1<S>(stream: S, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    #[expect(clippy::disallowed_methods, reason = "the connection is driven beside the test, and ends with it")]
    tokio::spawn(connection);
    sender.send_request(request).await
}

async fn answer(response: Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: head.status.as_u16(), headers: head.headers, text }
}

fn outcome(headers: &HeaderMap, trailers: &HeaderMap, body: &Bytes) -> Outcome {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let told = |name: &str| trailers.get(name).or_else(|| headers.get(name)).map(|value| value.to_str().unwrap());
    let details = told("grpc-status-details-bin").map(|text| {
        let bytes = STANDARD_NO_PAD.decode(text.trim_end_matches('=')).unwrap();
        Status::decode(bytes.as_slice()).unwrap()
    });
    let message = if body.len() > 5 { body.slice(5..) } else { Bytes::new() };
    Outcome { code: told("grpc-status").unwrap().parse().unwrap(), message, details }
}
