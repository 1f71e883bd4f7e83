//! Questions over gRPC and REST: the same use case behind both.

use crate::{
    client::{Answer, Outcome},
    world::{World, question},
};
use contract::google_rpc::{BadRequest, ErrorInfo};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_give_the_same_answer() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let (rest, grpc) = world.resolve_both_ways(&question()).await;
    assert_eq!((rest.status, grpc.code), (200, 0), "{}", rest.text);
    let mut told = contract::json::to_value("ResolveResponse", &grpc.message).unwrap();
    let mut shown = rest.json();
    // Each is an exchange of its own.
    for answer in [&mut told, &mut shown] {
        assert!(answer.as_object_mut().unwrap().remove("receipt").is_some());
    }
    assert_eq!(shown, told);
    assert_eq!(told["outcome"], "OUTCOME_FOUND");
    assert_eq!(told["records"][0]["body"]["name"], "张三");
    assert_eq!(rest.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_one_reason_both_ways() {
    let world = World::ready().await;
    let mut asked = question();
    asked["purpose"]["matter"] = json!("000172149999");
    let (rest, grpc) = world.resolve_both_ways(&asked).await;
    let problem = rest.json();
    assert_eq!(rest.header("content-type"), "application/problem+json");
    assert_eq!(
        (rest.status, &problem["reason"], &problem["type"]),
        (403, &json!("PURPOSE"), &json!("urn:exchange:PURPOSE"))
    );
    assert_eq!(problem["status"], 403);
    let details = grpc.details.unwrap();
    let info: ErrorInfo = details.details[0].to_msg().unwrap();
    assert_eq!((grpc.code, info.reason.as_str(), info.domain.as_str()), (7, "PURPOSE", "exchange"));
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_questions_name_the_field_both_ways() {
    let world = World::ready().await;
    let mut asked = question();
    asked["purpose"] = json!({ "matter": "000172149001" });
    let (rest, grpc) = world.resolve_both_ways(&asked).await;
    assert_eq!((rest.status, grpc.code), (400, 3));
    assert_eq!(rest.json()["fields"], json!([{ "field": "purpose.case_number", "rule": "required" }]));
    let bad: BadRequest = grpc.details.unwrap().details[1].to_msg().unwrap();
    assert_eq!(bad.field_violations[0].field, "purpose.case_number");
    assert_eq!(bad.field_violations[0].reason, "required");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_does_not_fit_names_the_member() {
    let world = World::ready().await;
    let fault = async |body: &str| {
        let answer = world.consumer().rest("POST", "/v1/resolve", Some(body)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        answer.json()["fields"][0].clone()
    };
    assert_eq!(fault(r#"{"resourse": "a"}"#).await, json!({ "field": "resourse", "rule": "unknown" }));
    assert_eq!(fault(r#"{"resource": null}"#).await, json!({ "field": "resource", "rule": "null" }));
    assert_eq!(fault(r#"{"resource": "a", "resource": "b"}"#).await["rule"], "duplicate");
    assert_eq!(fault("{").await["rule"], "json");
}

#[tokio::test(flavor = "multi_thread")]
async fn used_quota_says_when_to_ask_again() {
    let world = World::ready().await;
    let text = question().to_string();
    let consumer = world.consumer();
    // The clock stands still, so that all of them fall into one second.
    for _ in 0..100 {
        consumer.rest("POST", "/v1/resolve", Some(&text)).await;
    }
    let refused = consumer.rest("POST", "/v1/resolve", Some(&text)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    let problem = refused.json();
    assert_eq!((&problem["reason"], &problem["retry_after_s"]), (&json!("QUOTA_SECOND"), &json!(1)));
    let me = consumer.rest("GET", "/v1/whoami", None).await.json();
    assert_eq!(me["grants"][0]["left_this_second"], 0);
    let metrics = world.ops("/metrics").await.text;
    assert!(metrics.contains("exchange_quota_refused_total{consumer=\"one-window\"} 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_id_is_for_one_question() {
    let world = World::ready().await;
    let mut asked = question();
    asked["request_id"] = json!("7c9e6679-7425-40de-944b-e07fc1f90ae7");
    let (first, again) = world.resolve_both_ways(&asked).await;
    assert_eq!((first.status, again.code), (200, 0), "{}", first.text);
    asked["purpose"]["case_number"] = json!("2026-0002");
    let (rest, grpc) = world.resolve_both_ways(&asked).await;
    assert_eq!((rest.status, grpc.code), (409, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_caller_has_its_methods() {
    let world = World::ready().await;
    let text = question().to_string();
    for stem in ["operator-anna", "department-public-security", "node-city"] {
        let refused = world.caller(stem).rest("POST", "/v1/resolve", Some(&text)).await;
        assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("CALLER_KIND")), "{stem}");
    }
    let refused = world.consumer().grpc("exchange.v1.OperationsService/GetStatus", &[]).await;
    assert_eq!(refused.code, 7);
    let stranger = world.caller("consumer-stranger").rest("POST", "/v1/resolve", Some(&text)).await;
    assert_eq!(stranger.json()["reason"], "NO_GRANT");
    let metrics = world.ops("/metrics").await.text;
    let counted = "exchange_requests_total{service=\"ExchangeService\",method=\"Resolve\",outcome=\"refused\",consumer=\"consumer\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_says_the_same_both_ways() {
    let world = World::ready().await;
    for method in contract::rest::methods() {
        let twin = method.twin.as_ref().unwrap();
        let fields: serde_json::Map<_, _> = twin.path_fields().map(|name| (name.to_owned(), json!("x"))).collect();
        let path = twin.path_fields().fold(twin.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), "x"));
        let body = (twin.verb == contract::rest::Verb::Post).then_some("{}");
        let message = contract::json::from_value(method.input.full_name(), &json!(fields)).unwrap();
        for caller in [world.consumer(), world.operator()] {
            let rest = caller.rest(twin.verb.as_str(), &path, body).await;
            let grpc = caller.grpc(method.grpc_path.trim_start_matches('/'), &message).await;
            same(method, &rest, &grpc);
        }
    }
}

/// Of a stream's error, without the id of its evidence.
fn without_id(mut answer: serde_json::Value) -> serde_json::Value {
    if let Some(info) = answer.pointer_mut("/error/details/0/metadata") {
        info.take();
    }
    answer
}

fn same(method: &contract::rest::Method, rest: &Answer, grpc: &Outcome) {
    let expected = match grpc.code {
        0 => 200,
        3 => 400,
        5 => 404,
        7 => 403,
        other => panic!("{} answers {other}", method.grpc_path),
    };
    assert_eq!(rest.status, expected, "{}: {}", method.grpc_path, rest.text);
    if grpc.code == 0 {
        let told = contract::json::to_value(method.output.full_name(), &grpc.message).unwrap();
        assert_eq!(without_id(rest.json()), without_id(told), "{}", method.grpc_path);
    } else {
        let info: ErrorInfo = grpc.details.as_ref().unwrap().details[0].to_msg().unwrap();
        assert_eq!(rest.json()["reason"], info.reason, "{}", method.grpc_path);
    }
}
