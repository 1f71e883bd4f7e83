//! Status and rejects.

use crate::world::{DEPARTMENT, World, config};
use bus::{Delivery, Event, Start};
use contract::{topics, v1::RedriveCommand};
use prost::Message as _;
use security::{
    NoBindings, ServerTls,
    control::{Received, judge},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn status_has_the_shape_of_the_contract() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    world.take_in_a_reject("r-1").await;
    let status = world.operator().rest("GET", "/v1/operations/status", None).await.json();
    assert_eq!((&status["node"], &status["ready"]), (&json!("city"), &json!(true)));
    let departments = status["departments"].as_array().unwrap();
    let police = departments.iter().find(|department| department["department"] == DEPARTMENT).unwrap();
    let rows = json!({
        "read": 3, "published": 1, "unchanged": 1, "superseded": 0, "rejected": 1, "skipped": 0, "waiting": 0,
    });
    assert_eq!((&police["rows"], &police["rejects_open"], &police["missing_from_full"]), (&rows, &json!(1), &json!(0)));
    assert_eq!(police["files_refused"], 2);
    assert_eq!(police["as_of"], "2026-11-02T02:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_are_masked_until_revealed() {
    let world = World::ready().await;
    world.take_in_a_reject("r-1").await;
    let list = world.operator().rest("GET", "/v1/operations/rejects?state=REJECT_STATE_OPEN", None).await;
    assert_eq!(list.json()["rejects"][0]["reject_id"], "r-1");
    let shown = world.operator().rest("GET", "/v1/operations/rejects/r-1", None).await;
    assert_eq!((&shown.json()["masked"], &shown.json()["original"]), (&json!("**|******"), &Value::Null));
    let revealed = world.operator().rest("GET", "/v1/operations/rejects/r-1?reveal=true", None).await.json();
    assert!(revealed["original"].is_string());
    assert_eq!(world.operator().rest("GET", "/v1/operations/rejects/r-2", None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_listed_in_pages() {
    let world = World::ready().await;
    for id in ["r-1", "r-2", "r-3"] {
        world.take_in_a_reject(id).await;
    }
    let first = world.operator().rest("GET", "/v1/operations/rejects?page_size=2", None).await.json();
    assert_eq!(first["rejects"].as_array().unwrap().len(), 2);
    let token = first["next_page_token"].as_str().unwrap();
    let path = format!("/v1/operations/rejects?page_size=2&page_token={token}");
    let second = world.operator().rest("GET", &path, None).await.json();
    assert_eq!((second["rejects"].as_array().unwrap().len(), &second["next_page_token"]), (1, &Value::Null));
    let path = format!("/v1/operations/rejects?page_token={token}&department=health");
    assert_eq!(world.operator().rest("GET", &path, None).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn dismissed_rejects_are_no_longer_open() {
    let world = World::ready().await;
    world.take_in_a_reject("r-1").await;
    let dismiss = |body: Value| {
        let operator = world.operator();
        async move { operator.rest("POST", "/v1/operations/rejects:dismiss", Some(&body.to_string())).await }
    };
    assert_eq!(dismiss(json!({ "reject_ids": ["r-1"] })).await.json()["fields"][0]["field"], "reason");
    assert_eq!(
        dismiss(json!({ "reject_ids": ["r-9"], "reason": "no" })).await.json()["fields"][0]["field"],
        "reject_ids[0]"
    );
    assert_eq!(dismiss(json!({ "reject_ids": ["r-1"], "reason": "test row" })).await.json()["dismissed"], 1);
    let path = "/v1/operations/rejects?state=REJECT_STATE_DISMISSED";
    while world.operator().rest("GET", path, None).await.json()["rejects"].is_null() {}
    let metrics = world.ops("/metrics").await.text;
    assert!(!metrics.contains("exchange_rejects_open{"), "{metrics}");
}

/// The node that signed a message of the control topic.
fn signer_of(world: &World, delivery: &Delivery) -> String {
    let tls = config(world.folder.path()).tls.files();
    let node = ServerTls::load(&tls, Arc::new(NoBindings), world.clock.clone()).unwrap();
    let received = Received {
        key: &delivery.key,
        headers: &delivery.headers,
        payload: delivery.payload.as_deref(),
        taken_in_ms: delivery.timestamp_ms,
    };
    judge(&*node, &received).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn redriven_rejects_are_told_to_their_adapter() {
    let world = World::ready().await;
    world.take_in_a_reject("r-1").await;
    let asked = json!({ "rule": "citizen-id.checksum" }).to_string();
    let told = world.operator().rest("POST", "/v1/operations/rejects:redrive", Some(&asked)).await;
    assert_eq!(told.json()["redriven"], 1, "{}", told.text);
    let mut consumer = world.bus.consumer(&[Start::beginning(topics::CONTROL)]).unwrap();
    let delivery = loop {
        let mut events = Vec::new();
        consumer.poll(100, Duration::from_millis(50), &mut events).unwrap();
        let found = events.into_iter().find_map(|event| match event {
            Event::Record(delivery) if delivery.key.starts_with(b"redrive/public-security/") => Some(delivery),
            _ => None,
        });
        if let Some(delivery) = found {
            break delivery;
        }
    };
    assert_eq!(signer_of(&world, &delivery), "node/city");
    let command = RedriveCommand::decode(delivery.payload.unwrap()).unwrap();
    assert_eq!((command.department.as_str(), command.targets[0].reject_id.as_str()), (DEPARTMENT, "r-1"));
    let nothing = world.operator().rest("POST", "/v1/operations/rejects:redrive", Some("{}")).await;
    assert_eq!(nothing.json()["fields"][0]["field"], "reject_ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reject_without_its_original_is_not_put_through_again() {
    let world = World::ready().await;
    world.take_in_a_reject("r-1").await;
    world.take_in_a_reject_of("r-2", "").await;
    let redrive = |body: Value| {
        let operator = world.operator();
        async move { operator.rest("POST", "/v1/operations/rejects:redrive", Some(&body.to_string())).await }
    };
    let named = redrive(json!({ "reject_ids": ["r-1", "r-2"] })).await;
    assert_eq!((named.status, &named.json()["fields"][0]["field"]), (400, &json!("reject_ids[1]")), "{}", named.text);
    let by_rule = redrive(json!({ "rule": "citizen-id.checksum" })).await;
    assert_eq!(by_rule.json()["redriven"], 1, "{}", by_rule.text);
}
