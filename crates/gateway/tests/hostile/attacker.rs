//! Bytes by hand: streams over TLS and without, and frames of HTTP/2.

use crate::world::World;
use domain::Clock;
use security::{Alpn, ClientTls, TlsStream};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Nothing takes longer; a test that would hang fails instead.
const AT_MOST: Duration = Duration::from_mins(3);

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A caller whom the authority knows and the catalogue does not.
pub(crate) struct Attacker {
    tls: ClientTls,
    pub(crate) address: String,
}

impl Attacker {
    pub(crate) fn on(world: &World) -> Self {
        let pki = world.folder.path().join("pki");
        let [cert, key] = ["pem", "key"].map(|ending| pki.join(format!("consumer-stranger.{ending}")));
        let clock: Arc<dyn Clock> = world.clock.clone();
        let tls = ClientTls::load(&pki.join("ca.pem"), &cert, &key, clock).unwrap();
        Self { tls, address: format!("localhost:{}", world.running.service.port()) }
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    pub(crate) async fn http1(&self) -> TlsStream<TcpStream> {
        self.tls.connect(&self.address, Alpn::Http1).await.unwrap()
    }

    /// A connection of HTTP/2 behind its preface and settings.
    pub(crate) async fn http2(&self) -> TlsStream<TcpStream> {
        let mut stream = self.http2_bare().await;
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
        stream
    }

    pub(crate) async fn http2_bare(&self) -> TlsStream<TcpStream> {
        self.tls.connect(&self.address, Alpn::Http2).await.unwrap()
    }
}

/// Everything that comes until the other side closes.
pub(crate) async fn until_closed(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut heard = Vec::new();
    // A reset is an end too.
    let ended = timeout(AT_MOST, stream.read_to_end(&mut heard)).await;
    assert!(ended.is_ok(), "the connection is still open");
    heard
}

/// Sends the same bytes again and again, at most so many of them, and hears the other side out; what it said, and how much
/// it took before it closed.
pub(crate) async fn flood(stream: TlsStream<TcpStream>, bytes: &[u8], at_most: usize) -> (Vec<u8>, usize) {
    let (reader, mut writer) = tokio::io::split(stream);
    let uploading = async {
        let mut taken = 0;
        while taken < at_most && writer.write_all(bytes).await.is_ok() {
            taken += bytes.len();
        }
        drop(writer.flush().await);
        taken
    };
    let (taken, heard) = tokio::join!(uploading, until_closed(reader));
    (heard, taken)
}

/// Sends bytes one by one for as long as they are taken.
pub(crate) async fn trickle(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8], pause: Duration) -> Vec<u8> {
    for byte in bytes.iter().cycle() {
        let mut answer = [0; 4096];
        if let Ok(read) = timeout(pause, stream.read(&mut answer)).await {
            let start = answer[..read.unwrap_or_default()].to_vec();
            return [start, until_closed(stream).await].concat();
        }
        if stream.write_all(&[*byte]).await.and(stream.flush().await).is_err() {
            break;
        }
    }
    Vec::new()
}

/// A frame of HTTP/2.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a call (HPACK, nothing indexed).
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x87];
    for (name, value) in [(":method", method), (":path", path), (":authority", "localhost")].iter().chain(headers) {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// Kinds of the frames that came, with their payloads.
pub(crate) fn frames_of(mut heard: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = heard.split_at_checked(9) {
        let length = usize::try_from(u32::from_be_bytes([0, head[0], head[1], head[2]])).unwrap();
        let (payload, rest) = rest.split_at(length.min(rest.len()));
        frames.push((head[3], payload.to_vec()));
        heard = rest;
    }
    frames
}

/// The error that the connection was closed with, if the other side said so.
pub(crate) fn farewell(heard: &[u8]) -> Option<u32> {
    let frames = frames_of(heard);
    let last = frames.iter().rev().find(|(kind, _)| *kind == GOAWAY)?;
    last.1.get(4..8)?.try_into().ok().map(u32::from_be_bytes)
}
