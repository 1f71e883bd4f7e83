//! Who is let in and who is answered: everything that keeps a caller out, and that it tells nothing of the subject.

use crate::{
    client::{Answer, Caller, Outcome},
    world::{NUMBER, World, question},
};
use chrono::Duration;
use contract::{
    google_rpc::ErrorInfo,
    topics,
    v1::{self, ControlEntry, EvidenceSegment, Statement},
};
use domain::Clock;
use prost::Message as _;
use prost_types::Any;
use security::{
    Alpn, Refusal,
    pki::{self, Issuer, Leaf, Purpose, Signed},
};
use serde_json::{Value, json};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
};

/// The number of nobody here.
const NOBODY: &str = "110105199001010029";
const RESOLVE: &str = "exchange.v1.ExchangeService/Resolve";
const GRANT: &str = "grants/one-window.toml";

/// The authority that the gateway trusts.
fn authority(world: &World) -> Issuer {
    let read = |name: &str| fs::read_to_string(pki(world).join(name)).unwrap();
    Issuer::from_pem(&read("ca.pem"), &read("ca.key")).unwrap()
}

fn pki(world: &World) -> PathBuf {
    world.folder.path().join("pki")
}

/// A proper certificate of the consumer, to be spoilt.
fn proper(world: &World) -> Leaf {
    let (caller, now) = (domain::Caller::from_name("consumer/one-window").unwrap(), world.clock.now());
    Leaf::naming(&caller, now - Duration::days(1), now + Duration::days(60))
}

fn named(world: &World, uris: &[&str]) -> Leaf {
    Leaf { uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), ..proper(world) }
}

/// A caller that shows this certificate.
fn showing(world: &World, signed: &Signed) -> Caller {
    let (certificate, key) = (pki(world).join("shown.pem"), pki(world).join("shown.key"));
    fs::write(certificate, &signed.certificate).unwrap();
    fs::write(&key, signed.key_pem()).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    world.caller("shown")
}

/// Shut out over HTTP/1.1 and over HTTP/2, with the reason that the metrics tell and the one that the caller hears.
async fn assert_shut_out(world: &World, caller: &Caller, reason: &str, heard: Refusal) {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        assert_eq!(caller.shut_out(alpn).await, Some(heard), "{reason} {alpn:?}");
    }
    let line = format!("exchange_handshakes_refused_total{{reason=\"{reason}\"}} 2\n");
    while !world.ops("/metrics").await.text.contains(&line) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_whose_certificates_do_not_name_them_are_shut_out_with_the_reason() {
    let world = World::ready().await;
    let (now, ours) = (world.clock.now(), authority(&world));
    let foreign = Issuer::new(now - Duration::days(1), now + Duration::days(60)).unwrap();
    let expired = Leaf { not_after: now - Duration::seconds(1), ..proper(&world) };
    let early = Leaf { not_before: now + Duration::seconds(1), ..proper(&world) };
    let server = Leaf { purposes: vec![Purpose::Server], ..proper(&world) };
    let own = "exchange://consumer/one-window";
    let cases = [
        (&foreign, proper(&world), "unknown_authority", Refusal::UnknownAuthority),
        (&ours, expired, "expired", Refusal::Expired),
        (&ours, early, "not_yet_valid", Refusal::Expired),
        (&ours, server, "wrong_purpose", Refusal::Malformed),
        (&ours, named(&world, &["exchange://citizen/one-window"]), "bad_name", Refusal::Malformed),
        (&ours, named(&world, &[own, "exchange://operator/anna"]), "several_names", Refusal::Malformed),
        (&ours, named(&world, &["https://one-window.example"]), "no_name", Refusal::Malformed),
    ];
    for (issuer, leaf, reason, heard) in cases {
        let caller = showing(&world, &issuer.sign(&leaf).unwrap());
        assert_shut_out(&world, &caller, reason, heard).await;
    }
    assert_shut_out(&world, &world.anonymous(), "no_certificate", Refusal::NoCertificate).await;
    let proper = showing(&world, &ours.sign(&proper(&world)).unwrap());
    assert_eq!(proper.rest("GET", "/v1/whoami", None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_own_certificate_asks_no_questions() {
    let world = World::ready().await;
    let (rest, grpc) = ask(&world.caller("node-city"), &question()).await;
    assert_eq!((reason(&rest), rest.status, grpc.code), ("CALLER_KIND".to_owned(), 403, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_callers_are_shut_out_without_a_restart() {
    let world = World::ready().await;
    let consumer = world.consumer();
    let open = consumer.stay().await;
    let other = world.caller("consumer-stranger").stay().await;
    pki::revoke(&pki(&world), "consumer/one-window", &*world.clock).unwrap();
    open.await;
    assert_shut_out(&world, &consumer, "revoked", Refusal::Revoked).await;
    assert_eq!(world.caller("consumer-stranger").rest("GET", "/v1/whoami", None).await.status, 200);
    drop(other);
}

/// A question over REST and over gRPC.
async fn ask(caller: &Caller, question: &Value) -> (Answer, Outcome) {
    let text = question.to_string();
    let rest = caller.rest("POST", "/v1/resolve", Some(&text)).await;
    let bytes = contract::json::from_str("ResolveRequest", &text).unwrap();
    (rest, caller.grpc(RESOLVE, &bytes).await)
}

fn about(number: &str, mut question: Value) -> Value {
    question["by"]["value"] = json!(number);
    question
}

fn reason(rest: &Answer) -> String {
    rest.json()["reason"].as_str().unwrap_or_default().to_owned()
}

/// Everything in a REST answer but the id of its evidence and the time.
fn rest_bytes(rest: &Answer) -> (u16, Vec<(String, String)>, String) {
    let id = rest.json()["evidence_id"].as_str().unwrap_or_default().to_owned();
    let text = if id.is_empty() { rest.text.clone() } else { rest.text.replace(&id, "") };
    let headers = rest.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let of_evidence = ["date", "content-length"];
    (rest.status, headers.filter(|(name, _)| !of_evidence.contains(&name.as_str())).collect(), text)
}

/// Everything in a gRPC answer but the id of its evidence.
fn grpc_bytes(grpc: &Outcome) -> (u16, Vec<u8>, Vec<u8>) {
    let mut details = grpc.details.clone().unwrap();
    for detail in &mut details.details {
        if let Ok(mut info) = detail.to_msg::<ErrorInfo>() {
            info.metadata.remove("evidence_id");
            *detail = Any::from_msg(&info).unwrap();
        }
    }
    (grpc.code, grpc.message.to_vec(), details.encode_to_vec())
}

/// Refused both ways for this reason, and in the same bytes whether there is such a person or not.
async fn assert_refused(caller: &Caller, question: &Value, expected: &str) {
    let (rest, grpc) = ask(caller, &about(NUMBER, question.clone())).await;
    let (rest_of_nobody, grpc_of_nobody) = ask(caller, &about(NOBODY, question.clone())).await;
    assert_eq!(reason(&rest), expected, "{}", rest.text);
    let (status, code) = if expected.starts_with("QUOTA") { (429, 8) } else { (403, 7) };
    assert_eq!((rest.status, grpc.code), (status, code), "{expected}");
    assert_eq!(rest_bytes(&rest), rest_bytes(&rest_of_nobody), "{expected}");
    assert_eq!(grpc_bytes(&grpc), grpc_bytes(&grpc_of_nobody), "{expected}");
    for told in [rest.text, format!("{:?}", grpc.details)] {
        assert!(!told.contains(NUMBER) && !told.contains("张三"), "{told}");
    }
}

/// Applies the catalogue with the grant as `change` leaves it; without the grant when it leaves nothing.
pub(crate) async fn change_grant(world: &World, change: impl FnOnce(&str) -> Option<String>) {
    let export = world.operator().rest("GET", "/v1/catalogue:export", None).await.json();
    let mut files = export["files"].as_array().unwrap().clone();
    let at = files.iter().position(|file| file["path"] == GRANT);
    let before = at.map(|at| files.remove(at)["content"].as_str().unwrap().to_owned());
    if let Some(content) = change(&before.unwrap_or_default()) {
        files.push(json!({ "path": GRANT, "content": content }));
    }
    let asked = json!({ "files": files, "base_revision": export["revision"], "allow_remove": true });
    let applied = world.operator().rest("POST", "/v1/catalogue:apply", Some(&asked.to_string())).await;
    assert_eq!(applied.status, 200, "{}", applied.text);
}

/// The grant with the line of `key` written so.
fn with_line(grant: &str, key: &str, line: &str) -> String {
    let is_of_key = |old: &str| old.trim_start().starts_with(&format!("{key} ="));
    assert!(grant.lines().any(is_of_key), "{grant}");
    let lines = grant.lines().map(|old| if is_of_key(old) { line } else { old });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_the_same_for_those_who_are_there_and_those_who_are_not() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let consumer = world.consumer();
    let (found, _) = ask(&consumer, &about(NUMBER, question())).await;
    let (absent, _) = ask(&consumer, &about(NOBODY, question())).await;
    let outcomes = [&found, &absent].map(|answer| answer.json()["outcome"].clone());
    assert_eq!(outcomes, ["OUTCOME_FOUND", "OUTCOME_NOT_FOUND"], "{} {}", found.text, absent.text);

    assert_refused(&world.caller("consumer-stranger"), &question(), "NO_GRANT").await;
    for stem in ["operator-anna", "department-health", "node-city"] {
        assert_refused(&world.caller(stem), &question(), "CALLER_KIND").await;
    }
    let mut other_matter = question();
    other_matter["purpose"]["matter"] = json!("000172149999");
    assert_refused(&consumer, &other_matter, "PURPOSE").await;
    let mut other_item = question();
    other_item["items"] = json!(["name", "id_card_issuer"]);
    assert_refused(&consumer, &other_item, "ITEM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_a_grant_hold_from_the_next_question_on() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let consumer = world.consumer();
    let shipped =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/catalogue/grants/one-window.toml"));
    let shipped = shipped.unwrap();
    let cases = [
        ("valid_to", "valid_to = \"2026-11-01\"", "VALIDITY"),
        ("valid_from", "valid_from = \"2026-11-03\"", "VALIDITY"),
        ("per_second", "per_second = 0", "QUOTA_SECOND"),
        ("per_day", "per_day = 0", "QUOTA_DAY"),
        ("per_day", "per_day = 100000\nper_subject_per_day = 0", "QUOTA_SUBJECT"),
    ];
    for (key, line, reason) in cases {
        change_grant(&world, |_| Some(with_line(&shipped, key, line))).await;
        assert_refused(&consumer, &question(), reason).await;
    }
    change_grant(&world, |_| Some(shipped)).await;
    assert_eq!(ask(&consumer, &question()).await.0.status, 200);
    change_grant(&world, |_| None).await;
    assert_refused(&consumer, &question(), "NO_GRANT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_refuses_everybodys_subject_alike() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    change_grant(&world, |grant| Some(with_line(grant, "per_day", "per_day = 2"))).await;
    let consumer = world.consumer();
    let (rest, grpc) = ask(&consumer, &question()).await;
    assert_eq!((rest.status, grpc.code), (200, 0), "{}", rest.text);
    assert_refused(&consumer, &question(), "QUOTA_DAY").await;
}

/// What another node has answered under the grant, as it is mirrored: so many leaves from `first` on.
fn answered_elsewhere(world: &World, first: u64, leaves: usize) -> EvidenceSegment {
    let statement = Statement {
        time: Some(contract::convert::to_wire(world.clock.now())),
        consumer: "one-window".to_owned(),
        outcome: v1::Outcome::NotFound.into(),
        grant: "one-window".to_owned(),
        ..Statement::default()
    };
    let refused = Statement { outcome: v1::Outcome::Refused.into(), ..statement.clone() };
    let mut leaves = vec![statement.encode_to_vec(); leaves];
    leaves.push(refused.encode_to_vec());
    EvidenceSegment { origin: "exchange/county/0".into(), first_index: first, leaves, ..EvidenceSegment::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_nodes_answered_counts_against_the_quota_of_the_day() {
    let world = World::ready().await;
    change_grant(&world, |grant| Some(with_line(grant, "per_day", "per_day = 10"))).await;
    let consumer = world.consumer();
    assert_eq!(ask(&consumer, &question()).await.0.status, 200);
    // The second message says the last three leaves of the first again.
    for (first, leaves) in [(0, 3), (1, 5)] {
        let segment = answered_elsewhere(&world, first, leaves).encode_to_vec();
        world.publish(topics::EVIDENCE, "county", &segment);
    }
    // What this node mirrors itself it has counted already.
    world.publish(topics::EVIDENCE, "city", &answered_elsewhere(&world, 0, 8).encode_to_vec());
    let left = async || {
        let me = consumer.rest("GET", "/v1/whoami", None).await.json();
        me["grants"][0]["left_today"].as_u64().unwrap_or_else(|| panic!("{me}"))
    };
    // Two questions here, of which each way of asking is one, and three and two elsewhere.
    while left().await != 3 {}
    for _ in 0..3 {
        let text = question().to_string();
        assert_eq!(consumer.rest("POST", "/v1/resolve", Some(&text)).await.status, 200);
    }
    assert_refused(&consumer, &question(), "QUOTA_DAY").await;
}

/// A grant as somebody would write it to the bus who may write there.
fn forged() -> ControlEntry {
    let content = "id = \"forged\"\nconsumer = \"stranger\"\nmode = \"read\"\nmatters = [\"000172149001\"]\n\
         legal_basis = \"x\"\nvalid_from = \"2026-01-01\"\nvalid_to = \"2030-12-31\"\n\
         [[resources]]\nresource = \"natural-person\"\nitems = [\"*\"]\n[quota]\nper_second = 100\nper_day = 100\n";
    ControlEntry { kind: "grant".into(), id: "forged".into(), content: content.into(), ..ControlEntry::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_no_node_signed_grants_nothing_and_is_told() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    world.publish(topics::CONTROL, "grant/forged", &forged().encode_to_vec());
    while world.running.progress.now().ignored == 0 {
        tokio::task::yield_now().await;
    }
    assert_refused(&world.caller("consumer-stranger"), &question(), "NO_GRANT").await;
    let page = world.ops("/readyz").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("warning: view: control entry grant/forged is ignored, it is not signed;"),
        "{}",
        page.text
    );
    let metrics = world.ops("/metrics").await.text;
    assert!(metrics.contains("exchange_control_ignored_total 1\n"), "{metrics}");
}
