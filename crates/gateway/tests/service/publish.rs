//! Departments that push, over REST and over gRPC.

use crate::{
    client::{Answer, Caller, framed},
    held::Held,
    world::World,
};
use bytes::Bytes;
use contract::v1::{PublishRequest, PublishResponse, PublishResult};
use flate2::{Compression, write::GzEncoder};
use http::{Request, header};
use http_body_util::Full;
use prost::Message as _;
use serde_json::{Value, json};
use std::{
    io::Write as _,
    sync::{Arc, atomic::AtomicBool},
};

const PATH: &str = "/v1/departments/health/records";
const PUBLISH: &str = "exchange.v1.PublishService/Publish";

fn record(number: u32, changed: &str) -> Value {
    json!({
        "cszmbh": format!("P{number:09}"), "xb": "1", "cssj": "2026-10-30 08:15", "mqxm": "李四", "mqzjlx": "111",
        "mqzjhm": "110101199003078830", "qfrq": "2026-11-01", "zfbz": "0", "xgsj": changed,
    })
}

fn good(number: u32) -> String {
    record(number, "2026-11-01 09:30:00").to_string()
}

struct Post<'a> {
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: Bytes,
}

fn lines(lines: &[String]) -> Post<'static> {
    Post { path: PATH, headers: &[("content-type", "application/x-ndjson")], body: lines.join("\n").into() }
}

async fn post(caller: &Caller, post: Post<'_>) -> Answer {
    let mut request = Request::builder().method("POST").uri(post.path).header(header::HOST, "localhost");
    for (name, value) in post.headers {
        request = request.header(*name, *value);
    }
    caller.send(request.body(Full::new(post.body)).unwrap()).await
}

async fn keyed(caller: &Caller, key: &str, records: &[String]) -> Answer {
    let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", key)];
    post(caller, Post { headers: &headers, ..lines(records) }).await
}

fn answers(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"), "{}", answer.text);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn results(answer: &Answer) -> Vec<String> {
    let word = |answer: &Value| answer["result"].as_str().unwrap().replace("PUBLISH_RESULT_", "");
    answers(answer).iter().map(word).collect()
}

async fn world() -> (World, Caller) {
    let world = World::pushing(|bus| bus).await;
    let caller = world.caller("department-health");
    (world, caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_gets_its_own_answer_in_order() {
    let (world, department) = world().await;
    let older = record(1, "2026-10-31 00:00:00").to_string();
    let bad = record(2, "2026-11-01 09:30:00").to_string().replace("110101199003078830", "110101199003078831");
    let answer = post(&department, lines(&[good(1), good(1), String::new(), older, bad, "不是 JSON".to_owned()])).await;
    assert_eq!(results(&answer), ["ACCEPTED", "UNCHANGED", "SUPERSEDED", "REJECTED", "REJECTED"]);
    let said = answers(&answer);
    let numbers: Vec<_> = said.iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 4, 5, 6]);
    let position = &said[0]["position"];
    assert_eq!(position["topic"], "exchange.records.health");
    let partition = u32::try_from(position["partition"].as_u64().unwrap()).unwrap();
    let offset: u64 = position["offset"].as_str().unwrap().parse().unwrap();
    let ends = world.bus.end("exchange.records.health").unwrap();
    assert!(ends.iter().any(|end| end.partition == partition && end.offset == offset + 1));
    assert_eq!((&said[3]["rule"], &said[3]["field"]), (&json!("citizen-id.checksum"), &json!("mqzjhm")));
    assert!(said[3]["message"].as_str().unwrap().contains("公民身份号码"));
    assert_eq!((&said[4]["rule"], said[4].get("field")), (&json!("message.json"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_same_answers_and_another_body_is_a_conflict() {
    let (world, department) = world().await;
    let records = [good(1), "{}".to_owned()];
    let first = keyed(&department, "2026-11-01/1", &records).await;
    assert_eq!(results(&first), ["ACCEPTED", "REJECTED"]);
    let again = keyed(&department, "2026-11-01/1", &records).await;
    assert_eq!(again.text, first.text);
    let other = keyed(&department, "2026-11-01/1", &records[..1]).await;
    assert_eq!((other.status, other.json()["reason"].as_str()), (409, Some("IDEMPOTENCY_KEY")));
    assert_eq!(results(&keyed(&department, "2026-11-01/2", &records).await), ["UNCHANGED", "REJECTED"]);
    let ends = world.bus.end("exchange.records.health").unwrap();
    assert_eq!(ends.iter().map(|end| end.offset).sum::<u64>(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_bodies_are_taken_and_bounded() {
    let (_world, department) = world().await;
    let pack = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        Bytes::from(packer.finish().unwrap())
    };
    let gzip = [("content-type", "application/x-ndjson"), ("content-encoding", "gzip")];
    let send = |body| post(&department, Post { path: PATH, headers: &gzip, body });
    assert_eq!(results(&send(pack(good(1).as_bytes())).await), ["ACCEPTED"]);
    assert_eq!(send(pack(&vec![b' '; (16 << 20) + 1])).await.status, 413);
    assert_eq!(send(Bytes::from_static(b"no gzip")).await.status, 400);
    let brotli = [("content-type", "application/x-ndjson"), ("content-encoding", "br")];
    assert_eq!(post(&department, Post { headers: &brotli, ..lines(&[good(1)]) }).await.status, 415);
    let text = [("content-type", "text/plain")];
    assert_eq!(post(&department, Post { headers: &text, ..lines(&[good(1)]) }).await.status, 415);
    let long: Vec<String> = (0..1001).map(|_| "x".to_owned()).collect();
    assert_eq!(post(&department, lines(&long)).await.status, 413);
    assert_eq!(answers(&post(&department, lines(&long[1..])).await).len(), 1000);
    assert_eq!(answers(&post(&department, lines(&[])).await).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn departments_publish_for_themselves_alone() {
    let (world, department) = world().await;
    let refused = |answer: Answer| {
        let problem = answer.json();
        assert_eq!((answer.status, problem["reason"].as_str()), (403, Some("CALLER_KIND")), "{problem}");
    };
    for stem in ["consumer-one-window", "operator-anna", "department-public-security"] {
        // Not even JSON: nothing of it is read.
        refused(post(&world.caller(stem), lines(&["x".to_owned()])).await);
    }
    let elsewhere = "/v1/departments/public-security/records";
    refused(post(&department, Post { path: elsewhere, ..lines(&[good(1)]) }).await);
    let named = json!({"department": "taxation", "content": record(1, "2026-11-01 09:30:00")}).to_string();
    refused(post(&department, lines(&[named])).await);
    // Its own, but this node has no intake for it.
    let other = world.caller("department-public-security");
    assert_eq!(post(&other, Post { path: elsewhere, ..lines(&[good(1)]) }).await.status, 404);
    let message = PublishRequest { content: good(1), ..PublishRequest::default() }.encode_to_vec();
    assert_eq!(world.consumer().grpc(PUBLISH, &message).await.code, 7);
    assert_eq!(other.grpc(PUBLISH, &message).await.code, 5);
    assert!(world.bus.end("exchange.records.health").is_ok_and(|ends| ends.iter().all(|end| end.offset == 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bus_is_away_nothing_is_accepted_and_afterwards_the_same_request_is() {
    let is_open = Arc::new(AtomicBool::new(false));
    let open = Arc::clone(&is_open);
    let world = World::pushing(|inner| Arc::new(Held { inner, is_open: open, is_away: true })).await;
    let department = world.caller("department-health");
    let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", "a"), ("exchange-timeout", "200")];
    let away = post(&department, Post { headers: &headers, ..lines(&[good(1)]) }).await;
    assert_eq!((away.status, away.header("retry-after")), (503, "2"));
    assert_eq!(away.json()["reason"], "UNAVAILABLE");
    is_open.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(results(&keyed(&department, "a", &[good(1)]).await), ["ACCEPTED"]);
}

fn message(content: &str) -> Bytes {
    framed(&PublishRequest { content: content.to_owned(), ..PublishRequest::default() }.encode_to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_answered_while_it_goes_on() {
    let (_world, department) = world().await;
    let (records, mut answers) = department.stream(PUBLISH, &[("idempotency-key", "s")]).await;
    for (line, content, result) in [
        (1, good(1), PublishResult::Accepted),
        (2, good(1), PublishResult::Unchanged),
        (3, "x".to_owned(), PublishResult::Rejected),
    ] {
        records.send(message(&content)).await.unwrap();
        let answer = PublishResponse::decode(answers.next().await.unwrap()).unwrap();
        assert_eq!((answer.line, answer.result()), (line, result));
        assert_eq!(answer.position.is_some(), result == PublishResult::Accepted);
    }
    drop(records);
    assert_eq!(answers.code().await, 0);
    // All at once, and one more.
    let (records, mut answers) = department.stream(PUBLISH, &[("idempotency-key", "s")]).await;
    for content in [good(1), good(1), "x".to_owned(), good(2)] {
        records.send(message(&content)).await.unwrap();
    }
    drop(records);
    let mut results = Vec::new();
    while let Some(answer) = answers.next().await {
        results.push(PublishResponse::decode(answer).unwrap().result());
    }
    let expected =
        [PublishResult::Accepted, PublishResult::Unchanged, PublishResult::Rejected, PublishResult::Accepted];
    assert_eq!(results, expected);
    assert_eq!(answers.code().await, 0);
    let (records, answers) = department.stream(PUBLISH, &[("idempotency-key", "s")]).await;
    records.send(message(&good(9))).await.unwrap();
    drop(records);
    assert_eq!(answers.code().await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_answered_up_to_there() {
    let (_world, department) = world().await;
    let (records, mut answers) = department.stream(PUBLISH, &[]).await;
    records.send(message(&good(1))).await.unwrap();
    records.send(Bytes::from_static(&[0, 0, 0, 0, 9, 1])).await.unwrap();
    drop(records);
    let answer = PublishResponse::decode(answers.next().await.unwrap()).unwrap();
    assert_eq!(answer.result(), PublishResult::Accepted);
    assert_eq!(answers.code().await, 3);
    let (records, answers) = department.stream(PUBLISH, &[]).await;
    let other = PublishRequest { department: "taxation".into(), content: good(1), ..PublishRequest::default() };
    records.send(framed(&other.encode_to_vec())).await.unwrap();
    assert_eq!(answers.code().await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_and_the_intake_is_announced() {
    let (world, department) = world().await;
    assert_eq!(results(&post(&department, lines(&[good(1)])).await), ["ACCEPTED"]);
    while !world.running.directory.now().intakes.contains_key("health") {
        tokio::task::yield_now().await;
    }
    let page = world.ops("/metrics").await.text;
    assert!(page.contains("exchange_requests_total{service=\"PublishService\",method=\"Publish\",outcome=\"found\""));
}
