//! Many questions on one stream: `ResolveStream` over gRPC, and its lines over REST.

use crate::{
    access::change_grant,
    client::{Answers, Caller, framed},
    world::{NUMBER, World, question},
};
use bytes::Bytes;
use contract::{
    google_rpc::{BadRequest, ErrorInfo},
    v1::{
        Outcome, ResolveRequest, ResolveResponse, ResolveStreamRequest, ResolveStreamResponse,
        resolve_stream_response::Result as Fate,
    },
};
use flate2::{Compression, write::GzEncoder};
use http::{Request, header};
use http_body_util::Full;
use prost::Message as _;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write as _};

const STREAM: &str = "exchange.v1.ExchangeService/ResolveStream";
const LINES: &str = "/v1/resolve:batch";

fn request(question: &Value) -> ResolveRequest {
    contract::json::decode(&question.to_string()).unwrap()
}

fn asked(id: &str, question: Option<ResolveRequest>) -> Bytes {
    framed(&ResolveStreamRequest { correlation_id: id.to_owned(), question }.encode_to_vec())
}

fn told(answer: &Bytes) -> (String, Fate) {
    let answer = ResolveStreamResponse::decode(answer.clone()).unwrap();
    (answer.correlation_id, answer.result.unwrap())
}

async fn told_all(answers: &mut Answers, count: usize) -> BTreeMap<String, Fate> {
    let mut all = BTreeMap::new();
    for _ in 0..count {
        let (id, fate) = told(&answers.next().await.unwrap());
        assert!(all.insert(id, fate).is_none());
    }
    all
}

fn answer(fate: &Fate) -> &ResolveResponse {
    match fate {
        Fate::Answer(answer) => answer,
        Fate::Error(status) => panic!("{status:?}"),
    }
}

fn reason(fate: &Fate) -> (i32, ErrorInfo) {
    match fate {
        Fate::Answer(answer) => panic!("{answer:?}"),
        Fate::Error(status) => (status.code, status.details[0].to_msg().unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_question_never_ends_the_stream() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let (up, mut down) = world.consumer().stream(STREAM, &[]).await;
    let mut other_matter = request(&question());
    other_matter.purpose.as_mut().unwrap().matter = "000172149999".to_owned();
    let mut malformed = request(&question());
    malformed.by.as_mut().unwrap().value = "1".to_owned();
    for message in [
        asked("good", Some(request(&question()))),
        asked("refused", Some(other_matter)),
        asked("malformed", Some(malformed)),
        asked("empty", None),
        framed(b"\x0a\xff"),
        asked(&"x".repeat(129), Some(request(&question()))),
    ] {
        up.send(message).await.unwrap();
    }
    // The two without a name are one entry each.
    let mut fates = BTreeMap::new();
    for _ in 0..6 {
        let (id, fate) = told(&down.next().await.unwrap());
        fates.entry(id).or_insert_with(Vec::new).push(fate);
    }
    let good = answer(&fates["good"][0]);
    assert_eq!((good.outcome(), good.records.len()), (Outcome::Found, 1));
    assert!(good.receipt.is_some());
    let (code, info) = reason(&fates["refused"][0]);
    assert_eq!((code, info.reason.as_str()), (7, "PURPOSE"));
    assert!(info.metadata.contains_key("evidence_id"));
    assert_eq!(reason(&fates["malformed"][0]).0, 3);
    let Fate::Error(status) = &fates["empty"][0] else { panic!("is answered") };
    let bad: BadRequest = status.details[1].to_msg().unwrap();
    assert_eq!(bad.field_violations[0].field, "question");
    assert_eq!(fates[""].iter().map(|fate| reason(fate).0).collect::<Vec<_>>(), [3, 3]);

    up.send(asked("after", Some(request(&question())))).await.unwrap();
    assert_eq!(answer(&told_all(&mut down, 1).await["after"]).outcome(), Outcome::Found);
    drop(up);
    assert_eq!(down.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_may_be_longer_than_what_is_answered_at_once() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    change_grant(&world, |grant| Some(grant.replace("per_second = 100", "per_second = 100000"))).await;
    let (up, mut down) = world.consumer().stream(STREAM, &[]).await;
    for number in 0..500 {
        up.send(asked(&number.to_string(), Some(request(&question())))).await.unwrap();
    }
    drop(up);
    let fates = told_all(&mut down, 500).await;
    assert!(fates.values().all(|fate| answer(fate).outcome() == Outcome::Found));
    let ids = fates.values().map(|fate| answer(fate).receipt.as_ref().unwrap().leaf_index);
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 500);
    assert_eq!(down.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_grant_is_withdrawn() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let (up, mut down) = world.consumer().stream(STREAM, &[]).await;
    up.send(asked("before", Some(request(&question())))).await.unwrap();
    assert_eq!(answer(&told_all(&mut down, 1).await["before"]).outcome(), Outcome::Found);
    // Another version of it is not its end.
    change_grant(&world, |grant| Some(grant.replace("per_second = 100", "per_second = 101"))).await;
    up.send(asked("changed", Some(request(&question())))).await.unwrap();
    assert_eq!(answer(&told_all(&mut down, 1).await["changed"]).outcome(), Outcome::Found);
    let before = world.running.progress.now();
    change_grant(&world, |_| None).await;
    assert_eq!(down.code().await, 7, "{before:?}");
    drop(up);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_has_no_stream() {
    let world = World::ready().await;
    for stem in ["operator-anna", "department-health", "node-city"] {
        let (_up, down) = world.caller(stem).stream(STREAM, &[]).await;
        assert_eq!(down.code().await, 7, "{stem}");
        let line = json!({ "correlation_id": "1", "question": question() }).to_string();
        let refused = lines(&world.caller(stem), &[], line.into()).await;
        assert_eq!((refused.0, refused.1[0]["reason"].as_str()), (403, Some("CALLER_KIND")));
    }
    // Without a grant there is a stream, on which everything is refused.
    let (up, mut down) = world.caller("consumer-stranger").stream(STREAM, &[]).await;
    up.send(asked("1", Some(request(&question())))).await.unwrap();
    assert_eq!(reason(&told_all(&mut down, 1).await["1"]).1.reason, "NO_GRANT");
}

async fn lines(caller: &Caller, headers: &[(&str, &str)], body: Bytes) -> (u16, Vec<Value>) {
    let mut request = Request::builder().method("POST").uri(LINES).header(header::HOST, "localhost");
    request = request.header(header::CONTENT_TYPE, "application/x-ndjson");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = caller.send(request.body(Full::new(body)).unwrap()).await;
    (answer.status, answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_answered_in_order_each_by_itself() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let mut other_matter = question();
    other_matter["purpose"]["matter"] = json!("000172149999");
    let text = [
        json!({ "correlation_id": "b", "question": question() }).to_string(),
        String::new(),
        "{".to_owned(),
        json!({ "correlationId": "a", "question": other_matter }).to_string(),
        json!({ "correlation_id": "\"", "question": { "resource": "x", "more": 1 } }).to_string(),
        json!({ "question": question() }).to_string(),
    ]
    .join("\n");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = Bytes::from(encoder.finish().unwrap());
    for (headers, body) in [(&[][..], Bytes::from(text.clone())), (&[("content-encoding", "gzip")], packed)] {
        let (status, answers) = lines(&world.consumer(), headers, body).await;
        let ids: Vec<_> = answers.iter().map(|answer| answer["correlation_id"].as_str()).collect();
        assert_eq!((status, ids), (200, vec![Some("b"), None, Some("a"), Some("\""), None]));
        for found in [&answers[0], &answers[4]] {
            assert_eq!(found["answer"]["records"][0]["body"]["name"], "张三");
            assert!(found["answer"]["receipt"]["checkpoint"].is_string());
            assert!(!found.to_string().contains(NUMBER) || found["answer"]["records"][0].to_string().contains(NUMBER));
        }
        let codes: Vec<_> = answers.iter().map(|answer| answer["error"]["code"].as_u64()).collect();
        assert_eq!(codes, [None, Some(3), Some(7), Some(3), None]);
        assert!(answers[1]["error"]["message"].as_str().unwrap().contains("line 3"), "{}", answers[1]);
        let details = &answers[2]["error"]["details"][0];
        assert_eq!(
            (&details["@type"], &details["reason"]),
            (&json!("type.googleapis.com/google.rpc.ErrorInfo"), &json!("PURPOSE"))
        );
    }
    assert_eq!(lines(&world.consumer(), &[], Bytes::new()).await, (200, Vec::new()));
}
