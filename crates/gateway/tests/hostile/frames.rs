//! Floods of frames of HTTP/2, and frames that are torn.

use crate::{
    attacker::{
        Attacker, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
        WINDOW_UPDATE, farewell, flood, frame, frames_of, head, until_closed,
    },
    honest::Siege,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// `ENHANCE_YOUR_CALM`.
const CALM: u32 = 11;
/// More than anybody needs to be convinced, in bytes.
const ENOUGH: usize = 64 << 20;

/// The status of the next answer on a connection of HTTP/2; 0 when it is closed instead.
pub(crate) async fn status(stream: &mut (impl AsyncRead + Unpin)) -> u16 {
    let mut heard = Vec::new();
    loop {
        let found = frames_of(&heard).into_iter().find(|(kind, payload)| *kind == HEADERS && !payload.is_empty());
        if let Some((_, block)) = found {
            return status_of(&block);
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => heard.extend_from_slice(&buffer[..read]),
            _ => return 0,
        }
    }
}

/// `:status` comes first: from the static table, or as a literal of three digits, in Huffman code or not.
fn status_of(block: &[u8]) -> u16 {
    match block {
        [indexed @ 0x88..=0x8E, ..] => [200, 204, 206, 304, 400, 404, 500][usize::from(indexed - 0x88)],
        [0x48 | 0x08, 3, a, b, c, ..] => {
            [a, b, c].iter().fold(0, |number, digit| number * 10 + u16::from(*digit - b'0'))
        }
        [0x48 | 0x08, length @ (0x82 | 0x83), code @ ..] => huffman(&code[..usize::from(length & 0x7F)]),
        other => panic!("{:?}", &other[..other.len().min(8)]),
    }
}

/// Three digits: 0 to 2 have codes of five bits, the others of six.
fn huffman(code: &[u8]) -> u16 {
    let bits = code.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (32 - 8 * code.len());
    let (mut number, mut at) = (0, 0);
    for _ in 0..3 {
        let next = bits << at;
        let (digit, length) = if next >> 27 < 3 { (next >> 27, 5) } else { ((next >> 26) - 0x19 + 3, 6) };
        at += length;
        number = number * 10 + digit;
    }
    u16::try_from(number).unwrap()
}

async fn flooded(siege: &Siege, name: &str, start: Vec<u8>, bytes: Vec<u8>) -> (Vec<u8>, usize) {
    let attacker = Attacker::on(&siege.world);
    siege
        .beside(name, async {
            let mut stream = attacker.http2().await;
            stream.write_all(&start).await.unwrap();
            flood(stream, &bytes, ENOUGH).await
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_and_resets_streams_is_asked_to_calm_down() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let block = head("GET", "/v1/whoami", &[]);
    let mut burst = Vec::new();
    for stream in (1..100_000).step_by(2) {
        burst.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &block));
        burst.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let heard = siege
        .beside("rapid reset", async {
            let stream = attacker.http2().await;
            let length = burst.len();
            flood(stream, &burst, length).await.0
        })
        .await;
    assert_eq!(farewell(&heard), Some(CALM));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_without_end_are_cut() {
    let siege = Siege::begin().await;
    let start = frame(HEADERS, 0, 1, &head("GET", "/v1/whoami", &[]));
    let more = frame(CONTINUATION, 0, 1, &[0, 1, b'a', 100].into_iter().chain([b'b'; 100]).collect::<Vec<_>>());
    let (_, sent) = flooded(&siege, "continuation flood", start.clone(), more).await;
    assert!(sent < ENOUGH, "{sent}");
    let (_, sent) = flooded(&siege, "empty continuations", start, frame(CONTINUATION, 0, 1, &[])).await;
    assert!(sent < ENOUGH, "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_head_that_unpacks_to_a_large_one_is_refused() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let mut block = head("GET", "/v1/whoami", &[]);
    // One header of 2,000 bytes goes into the table; a byte stands for it from then on.
    block.extend([0x40, 1, b'a', 127]);
    block.extend([0xD1, 0x0E]);
    block.extend([b'b'; 2_000]);
    block.extend([0xBE; 4_000]);
    let status = siege
        .beside("header bomb", async {
            let mut stream = attacker.http2().await;
            stream.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &block)).await.unwrap();
            status(&mut stream).await
        })
        .await;
    assert!(matches!(status, 0 | 431), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_ask_for_nothing_end_the_connection() {
    let siege = Siege::begin().await;
    let open = frame(HEADERS, END_HEADERS, 1, &head("POST", "/v1/resolve", &[("content-type", "application/json")]));
    let floods = [
        ("settings flood", Vec::new(), frame(SETTINGS, 0, 0, &[])),
        ("ping flood", Vec::new(), frame(PING, 0, 0, &[7; 8])),
        ("window update flood", Vec::new(), frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes())),
        ("empty data flood", open, frame(DATA, 0, 1, &[])),
        ("unknown frames", Vec::new(), frame(0xBE, 0, 0, &[1; 64])),
        ("priority flood", Vec::new(), frame(2, 0, 1, &[0, 0, 0, 3, 9])),
    ];
    for (name, start, one) in floods {
        let (_, sent) = flooded(&siege, name, start, one.repeat(256)).await;
        assert!(sent < ENOUGH, "{name}: {sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn torn_and_senseless_frames_end_the_connection() {
    let siege = Siege::begin().await;
    let attacker = Attacker::on(&siege.world);
    let whole = frame(HEADERS, END_HEADERS | END_STREAM, 1, &head("GET", "/v1/whoami", &[]));
    let senseless = [
        ("too long", vec![0xFF, 0xFF, 0xFF, HEADERS, 0, 0, 0, 0, 1]),
        ("data on no stream", frame(DATA, 0, 5, b"x")),
        ("headers on stream 0", frame(HEADERS, END_HEADERS, 0, &head("GET", "/", &[]))),
        ("even stream", frame(HEADERS, END_HEADERS, 2, &head("GET", "/", &[]))),
        ("settings of five bytes", frame(SETTINGS, 0, 0, &[0; 5])),
        ("ping of seven bytes", frame(PING, 0, 0, &[0; 7])),
        ("window beyond all windows", frame(WINDOW_UPDATE, 0, 0, &0x7FFF_FFFF_u32.to_be_bytes())),
        ("no compression at all", frame(HEADERS, END_HEADERS, 1, &[0xFF; 40])),
        ("push promise", frame(5, 4, 1, &[0, 0, 0, 2])),
        ("the preface again", PREFACE.to_vec()),
    ];
    let heard = siege
        .beside("senseless frames", async {
            let mut heard = Vec::new();
            for (name, bytes) in senseless {
                let mut stream = attacker.http2().await;
                stream.write_all(&bytes).await.unwrap();
                heard.push((name, until_closed(stream).await));
            }
            heard
        })
        .await;
    for (name, heard) in heard {
        assert!(farewell(&heard).is_some_and(|code| code != 0), "{name}: {:?}", frames_of(&heard));
    }
    for end in [1, 9, whole.len() - 1] {
        let mut stream = attacker.http2().await;
        stream.write_all(&whole[..end]).await.unwrap();
        stream.shutdown().await.unwrap();
        until_closed(stream).await;
    }
}
