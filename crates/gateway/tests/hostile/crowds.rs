//! Thousands of connections.

use crate::{
    attacker::{Attacker, until_closed},
    honest::Siege,
};
use tokio::io::AsyncWriteExt as _;

/// Connections that a port keeps while they shake hands, and that one caller may have open (`service/limits.rs`).
const HANDSHAKES: usize = 256;
const OF_A_CALLER: usize = 256;
const UNFINISHED: &[u8] =
    b"POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_never_shake_hands_push_out_each_other_and_nobody_else() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let count = as_many_as(10_000);
    siege
        .beside(&format!("{count} connections without handshakes"), async {
            let mut streams = Vec::new();
            for _ in 0..count {
                streams.push(attacker.tcp().await);
            }
            for stream in streams.into_iter().take(count - HANDSHAKES) {
                assert!(until_closed(stream).await.is_empty());
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_oldest_idle_connections_make_room_for_its_next() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let count = as_many_as(2 * OF_A_CALLER);
    siege
        .beside(&format!("{count} idle connections of one caller"), async {
            let mut streams = Vec::new();
            for _ in 0..count {
                streams.push(attacker.http1().await);
            }
            let newest = streams.pop().unwrap();
            for stream in streams.into_iter().take(count - OF_A_CALLER) {
                assert!(until_closed(stream).await.is_empty());
            }
            assert!(ask(newest).await.starts_with("HTTP/1.1 200"));
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_too_many_busy_connections_is_told_so() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let mut text = String::new();
    // On a machine so busy that the first have timed out before the last is open, once more.
    for _ in 0..3 {
        let told = siege.beside("busy connections of one caller", one_busy_connection_more(&attacker)).await;
        text = String::from_utf8_lossy(&told).into_owned();
        if text.contains("too many connections") {
            break;
        }
    }
    assert!(text.starts_with("HTTP/1.1 503") && text.contains("too many connections"), "{text}");
    assert!(text.to_ascii_lowercase().contains("retry-after: "), "{text}");
}

/// What the last of one busy connection too many is told.
async fn one_busy_connection_more(attacker: &Attacker) -> Vec<u8> {
    let mut streams = Vec::new();
    for _ in 0..=OF_A_CALLER {
        let mut stream = attacker.http1().await;
        stream.write_all(UNFINISHED).await.unwrap();
        stream.flush().await.unwrap();
        streams.push(stream);
    }
    until_closed(streams.pop().unwrap()).await
}

async fn ask(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) -> String {
    stream.write_all(b"GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    String::from_utf8_lossy(&until_closed(stream).await).into_owned()
}

/// So many connections, or what the files of this process allow; of the gateway's ends, which are in it, few stay open.
fn as_many_as(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<usize>().ok());
    wanted.min(files.unwrap_or(1_024).saturating_sub(2 * HANDSHAKES + 200))
}
