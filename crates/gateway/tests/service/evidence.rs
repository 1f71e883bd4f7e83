//! Proof of every answer: receipts, evidence of refusals, who may see which, the ledger, and what survives a restart.

use crate::{
    client::{Answer, Caller},
    world::{NUMBER, World, question},
};
use contract::{google_rpc::ErrorInfo, v1};
use evidence::{Checks, Saved, Verification, verify};
use prost::Message as _;
use security::sign::{ChainTrust, Signer};
use serde_json::{Value, json};

impl World {
    fn checked(&self, answer: &[u8], request: &Value) -> Checks {
        let trust = ChainTrust::load(&self.folder.path().join("pki/ca.pem")).unwrap();
        let request = request.to_string();
        let (request, saved) = (Some(request.as_bytes()), Saved::Answer(answer));
        verify(&Verification { saved, trust: &trust, request, witnesses: &[], history: None }).unwrap()
    }

    async fn evidence(&self, caller: &Caller, id: &str) -> Answer {
        caller.rest("GET", &format!("/v1/evidence/{id}"), None).await
    }

    async fn ask(&self, path: &str, question: &Value) -> Answer {
        self.consumer().rest("POST", path, Some(&question.to_string())).await
    }
}

fn id_of(answer: &Answer) -> String {
    answer.json()["receipt"]["statement"]["evidence_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_proves_itself_both_ways() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let (rest, grpc) = world.resolve_both_ways(&question()).await;
    for answer in [rest.text.as_bytes(), &grpc.message[..]] {
        let checks = world.checked(answer, &question());
        assert!(checks.hold(), "{:?}", checks.failures().collect::<Vec<_>>());
    }
    let altered = rest.text.replace("张三", "李四");
    let failures: Vec<_> = world.checked(altered.as_bytes(), &question()).failures().map(|(what, _)| what).collect();
    assert_eq!(failures, [evidence::Failure::AlteredAnswer]);
    let statement = &rest.json()["receipt"]["statement"];
    assert_eq!((&statement["consumer"], &statement["resource"]), (&json!("one-window"), &json!("natural-person")));
    assert!(!statement.to_string().contains(NUMBER));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_malformed_questions_are_recorded_and_name_their_evidence() {
    let world = World::ready().await;
    let mut refused = question();
    refused["purpose"]["matter"] = json!("000172149999");
    let (rest, grpc) = world.resolve_both_ways(&refused).await;
    let problem = rest.json();
    let info: ErrorInfo = grpc.details.unwrap().details[0].to_msg().unwrap();
    for id in [problem["evidence_id"].as_str().unwrap(), info.metadata["evidence_id"].as_str()] {
        let shown = world.evidence(&world.consumer(), id).await.json();
        let statement = &shown["receipt"]["statement"];
        assert_eq!((&statement["outcome"], &statement["reason"]), (&json!("OUTCOME_REFUSED"), &json!("PURPOSE")));
    }
    let told = json!({ "detail": problem["detail"], "reason": problem["reason"] });
    let id = problem["evidence_id"].as_str().unwrap();
    let shown = world.evidence(&world.consumer(), id).await.json();
    let salted = json!({ "receipt": shown["receipt"], "detail": told["detail"], "reason": told["reason"] });
    assert!(world.checked(salted.to_string().as_bytes(), &refused).hold());
    for text in ["{", "{\"no\": 1}", "{\"resource\": \"natural-person\"}"] {
        let malformed = world.consumer().rest("POST", "/v1/resolve", Some(text)).await;
        assert_eq!(malformed.status, 400);
        let id = malformed.json()["evidence_id"].as_str().unwrap().to_owned();
        let shown = world.evidence(&world.consumer(), &id).await.json();
        assert_eq!(shown["receipt"]["statement"]["outcome"], "OUTCOME_INVALID", "{text}");
    }
    let wrong_kind = world.operator().rest("POST", "/v1/resolve", Some(&question().to_string())).await;
    let id = wrong_kind.json()["evidence_id"].as_str().unwrap().to_owned();
    let shown = world.evidence(&world.operator(), &id).await.json();
    assert_eq!(shown["receipt"]["statement"]["consumer"], "operator/anna");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_for_the_caller_the_department_and_operators_alone() {
    let world = World::ready().await;
    let id = id_of(&world.ask("/v1/resolve", &question()).await);
    let salt = |answer: Answer| answer.json()["receipt"]["salt"].is_string();
    assert!(salt(world.evidence(&world.consumer(), &id).await));
    assert!(salt(world.evidence(&world.caller("department-public-security"), &id).await));
    let operator = world.evidence(&world.operator(), &id).await;
    assert_eq!(operator.status, 200);
    assert!(!salt(operator));
    for (stranger, id) in [
        ("consumer-stranger", id.as_str()),
        ("department-health", &id),
        ("node-city", &id),
        ("consumer-one-window", "city-1-999999"),
        ("consumer-one-window", "other-1-0"),
        ("consumer-one-window", "nonsense"),
    ] {
        let answer = world.evidence(&world.caller(stranger), id).await;
        assert_eq!((answer.status, &answer.json()["reason"]), (404, &json!("NOT_FOUND")), "{stranger} {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_checked_and_its_signature_kept() {
    let world = World::ready().await;
    let file = |end: &str| world.folder.path().join(format!("pki/consumer-one-window.{end}"));
    let signer = Signer::load(&file("pem"), &file("key")).unwrap();
    let mut asked = question();
    let signature = signer.sign(&contract::json::canonical(&asked).unwrap()).unwrap();
    asked["request_signature"] = json!(base64_of(&signature));
    let answer = world.ask("/v1/resolve", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(world.checked(answer.text.as_bytes(), &asked).hold());
    let shown = world.evidence(&world.consumer(), &id_of(&answer)).await.json();
    assert_eq!(shown["request_signature"], asked["request_signature"]);
    let request = contract::json::from_str("ResolveRequest", &question().to_string()).unwrap();
    let message = contract::json::to_value("ResolveRequest", &request).unwrap();
    let signature = signer.sign(&contract::json::canonical(&message).unwrap()).unwrap();
    let mut request = v1::ResolveRequest::decode(request.as_slice()).unwrap();
    request.request_signature = signature;
    let grpc = world.consumer().grpc("exchange.v1.ExchangeService/Resolve", &request.encode_to_vec()).await;
    assert_eq!(grpc.code, 0);
    asked["purpose"]["case_number"] = json!("another");
    let wrong = world.ask("/v1/resolve", &asked).await;
    assert_eq!((wrong.status, &wrong.json()["fields"][0]["rule"]), (400, &json!("signature")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_as_plain_files_and_entries_by_those_who_look_after_it() {
    let world = World::ready().await;
    let _one = world.ask("/v1/resolve", &question()).await;
    let checkpoint = world.caller("consumer-stranger").rest("GET", "/v1/evidence/log/checkpoint", None).await;
    let mut lines = checkpoint.text.lines();
    assert_eq!((checkpoint.status, lines.next(), lines.next()), (200, Some("exchange/city/1"), Some("1")));
    let log = |path: &str| format!("/v1/evidence/log/{path}");
    assert_eq!(world.consumer().rest("GET", &log("tile/entries/000.p/1"), None).await.status, 404);
    assert_eq!(world.operator().rest("GET", &log("tile/x"), None).await.status, 404);
    assert_eq!(world.operator().rest("GET", &log("tile/0/000.p/2"), None).await.status, 404);
    assert_eq!(world.operator().rest("GET", &log("epochs/1/checkpoint"), None).await.text, checkpoint.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_reveal_and_change_is_recorded() {
    let world = World::ready().await;
    world.take_in_a_reject("r-1").await;
    let size = || async {
        world.operator().rest("GET", "/v1/operations/status", None).await.json()["evidence"]["size"].clone()
    };
    let before = size().await;
    world.operator().rest("GET", "/v1/operations/rejects/r-1", None).await;
    assert_eq!(size().await, before);
    let revealed = world.operator().rest("GET", "/v1/operations/rejects/r-1?reveal=true", None).await;
    assert_eq!(revealed.status, 200, "{}", revealed.text);
    assert_eq!(size().await, before.as_u64().unwrap_or(0) + 1);
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}
