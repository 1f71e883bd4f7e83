//! Bodies of a gigabyte, and many that are just small enough.

use crate::{
    attacker::{Attacker, DATA, END_HEADERS, HEADERS, frame, head, until_closed},
    frames,
    honest::Siege,
};
use security::TlsStream;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

const GIGABYTE: usize = 1 << 30;
const PIECE: usize = 64 << 10;
const START: &[u8] = b"POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_is_refused_before_it_is_read() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let declared = siege.beside("a gigabyte declared", upload(&attacker, declared(), vec![b' '; PIECE])).await;
    let chunk = [format!("{PIECE:x}\r\n").into_bytes(), vec![b' '; PIECE], b"\r\n".to_vec()].concat();
    let chunked = siege.beside("a gigabyte in chunks", upload(&attacker, chunked(), chunk)).await;
    for heard in [declared, chunked] {
        assert!(heard.is_empty() || heard.starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&heard));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_over_http_2_is_refused_before_it_is_read() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let status = siege
        .beside("a gigabyte over HTTP/2", async {
            let mut stream = attacker.http2().await;
            let head =
                head("POST", "/v1/resolve", &[("content-type", "application/json"), ("content-length", "1073741824")]);
            stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head)).await.unwrap();
            let data = frame(DATA, 0, 1, &[b' '; 16 << 10]);
            for _ in 0..3 {
                stream.write_all(&data).await.unwrap();
            }
            frames::status(&mut stream).await
        })
        .await;
    assert_eq!(status, 413);
}

/// What one caller makes the gateway gather is bounded, however many calls it opens.
#[tokio::test(flavor = "multi_thread")]
async fn many_large_requests_at_once_are_bounded_together() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let statuses = siege
        .beside("two hundred unfinished megabytes", async {
            let request = [START, b"content-length: 1048576\r\n\r\n", &vec![b' '; (1 << 20) - 1]].concat();
            let mut streams = Vec::new();
            for _ in 0..200 {
                streams.push(begun(&attacker, &request).await);
            }
            let mut statuses = Vec::new();
            for stream in streams {
                statuses.push(until_closed(stream).await);
            }
            statuses
        })
        .await;
    assert!(!statuses.is_empty());
    for heard in statuses.iter().filter(|heard| !heard.is_empty()) {
        assert!(heard.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(heard));
    }
}

async fn begun(attacker: &Attacker, request: &[u8]) -> TlsStream<TcpStream> {
    let mut stream = attacker.http1().await;
    // Who is turned away early is told why all the same.
    let _ = stream.write_all(request).await.and(stream.flush().await);
    stream
}

async fn upload(attacker: &Attacker, head: Vec<u8>, piece: Vec<u8>) -> Vec<u8> {
    let mut stream = attacker.http1().await;
    stream.write_all(&head).await.unwrap();
    crate::attacker::flood(stream, &piece, GIGABYTE).await.0
}

fn declared() -> Vec<u8> {
    [START, format!("content-length: {GIGABYTE}\r\n\r\n").as_bytes()].concat()
}

fn chunked() -> Vec<u8> {
    [START, b"transfer-encoding: chunked\r\n\r\n"].concat()
}
