//! Clients that take their time.

use crate::{
    attacker::{Attacker, END_HEADERS, HEADERS, PREFACE, frame, head, trickle, until_closed},
    honest::Siege,
};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

const PAUSE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn who_never_finishes_is_closed_or_told_so() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let no_hands = async { until_closed(attacker.tcp().await).await };
    let half_hello = async { trickle(attacker.tcp().await, &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3], PAUSE).await };
    let no_words = async { until_closed(attacker.http1().await).await };
    let half_preface = async {
        let mut stream = attacker.http2_bare().await;
        stream.write_all(&PREFACE[..10]).await.unwrap();
        until_closed(stream).await
    };
    let no_call = async { until_closed(attacker.http2().await).await };
    let endless_head = async {
        let mut stream = attacker.http1().await;
        stream.write_all(b"GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
        trickle(stream, b"x-more: 1\r\n", PAUSE).await
    };
    let half_head = async {
        let mut stream = attacker.http2().await;
        stream.write_all(&frame(HEADERS, 0, 1, &head("GET", "/v1/whoami", &[]))).await.unwrap();
        until_closed(stream).await
    };
    let attacks =
        async { tokio::join!(no_hands, half_hello, no_words, half_preface, no_call, endless_head, half_head) };
    let (hands, hello, words, preface, call, endless, half) = siege.beside("slow heads", Box::pin(attacks)).await;
    assert!([hands, words, preface].iter().all(Vec::is_empty));
    for heard in [hello, call, endless, half] {
        assert!(!heard.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&heard));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_answered_in_time() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let start = b"POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let silent = async {
        let mut stream = attacker.http1().await;
        stream.write_all(&[&start[..], b"content-length: 100\r\n\r\n{"].concat()).await.unwrap();
        until_closed(stream).await
    };
    let dripping = async {
        let mut stream = attacker.http1().await;
        stream.write_all(&[&start[..], b"transfer-encoding: chunked\r\n\r\n"].concat()).await.unwrap();
        trickle(stream, b"1\r\n \r\n", PAUSE).await
    };
    let no_data = async {
        let mut stream = attacker.http2().await;
        let head = head("POST", "/v1/resolve", &[("content-type", "application/json")]);
        stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head)).await.unwrap();
        let status = crate::frames::status(&mut stream).await;
        drop(stream.shutdown().await);
        status
    };
    let attacks = Box::pin(async { tokio::join!(silent, dripping, no_data) });
    let (silent, dripping, no_data) = siege.beside("slow bodies", attacks).await;
    for heard in [silent, dripping] {
        let text = String::from_utf8_lossy(&heard);
        assert!(text.starts_with("HTTP/1.1 503") && text.contains("did not arrive in time"), "{text}");
    }
    assert_eq!(no_data, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_but_finishes_is_answered() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let request = b"GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let heard = siege
        .beside("slow and honest", async {
            let mut stream = attacker.http1().await;
            for byte in request {
                stream.write_all(&[*byte]).await.unwrap();
                stream.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
            until_closed(stream).await
        })
        .await;
    assert!(heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
}
