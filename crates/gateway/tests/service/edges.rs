//! Edges of the protocols: paths, sizes, media types, reflection, health, revocation.

use crate::world::World;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use prost::Message as _;
use security::pki;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse, server_reflection_request, server_reflection_response,
};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_verbs_are_problems() {
    let world = World::ready().await;
    let consumer = world.consumer();
    let unknown = consumer.rest("GET", "/v1/nothing", None).await;
    assert_eq!((unknown.status, unknown.header("content-type")), (404, "application/problem+json"));
    let verb = consumer.rest("GET", "/v1/resolve", None).await;
    assert_eq!(
        (verb.status, verb.header("content-type"), verb.header("allow")),
        (405, "application/problem+json", "POST")
    );
    let method = consumer.rest("GET", "/exchange.v1.ExchangeService/Resolve", None).await;
    assert_eq!((method.status, method.header("allow")), (405, "POST"));
    assert_eq!(consumer.grpc("exchange.v1.ExchangeService/Guess", &[]).await.code, 12);
    assert_eq!(consumer.rest("GET", "/v1/resources/nothing", None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_media_types_are_refused() {
    let world = World::ready().await;
    let request = Request::builder().method("POST").uri("/v1/resolve").header(header::HOST, "localhost");
    let request = request.header(header::CONTENT_TYPE, "text/plain");
    let refused = world.consumer().send(request.body(Full::new(Bytes::from("{}"))).unwrap()).await;
    assert_eq!(refused.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_have_at_most_one_mebibyte() {
    let world = World::ready().await;
    let long = "x".repeat(1 << 20);
    let text = format!("{{\"resource\": \"{long}\"}}");
    assert_eq!(world.consumer().rest("POST", "/v1/resolve", Some(&text)).await.status, 413);
    let resolve = "exchange.v1.ExchangeService/Resolve";
    assert_eq!(world.consumer().grpc(resolve, &vec![0; (1 << 20) + 1]).await.code, 8);
    assert_eq!(world.consumer().grpc(resolve, &vec![0; 1 << 20]).await.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_none_are_malformed() {
    let world = World::ready().await;
    let resolve = "exchange.v1.ExchangeService/Resolve";
    for (frame, code) in [(&[][..], 3), (&[0, 0, 0, 0, 9, 1], 3), (&[1, 0, 0, 0, 0], 12), (&[0, 0, 0, 0, 1, 255], 3)] {
        let outcome = world.consumer().grpc_frame(resolve, Bytes::copy_from_slice(frame)).await;
        assert_eq!(outcome.code, code, "{frame:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_that_is_none_is_named() {
    let world = World::ready().await;
    let request = Request::builder().uri("/v1/whoami").header(header::HOST, "localhost");
    let request = request.header("exchange-timeout", "soon");
    let refused = world.consumer().send(request.body(Full::default()).unwrap()).await;
    assert_eq!((refused.status, &refused.json()["fields"][0]["field"]), (400, &"Exchange-Timeout".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_tells_every_path() {
    let world = World::ready().await;
    let document = world.consumer().rest("GET", "/v1/openapi.json", None).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/v1/resolve"]["post"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_the_services() {
    let world = World::ready().await;
    let list = ServerReflectionRequest {
        message_request: Some(server_reflection_request::MessageRequest::ListServices(String::new())),
        ..ServerReflectionRequest::default()
    };
    for version in ["v1", "v1alpha"] {
        let path = format!("grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let told = world.consumer().grpc(&path, &list.encode_to_vec()).await;
        let told = ServerReflectionResponse::decode(told.message).unwrap().message_response.unwrap();
        let server_reflection_response::MessageResponse::ListServicesResponse(list) = told else { panic!("{told:?}") };
        let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
        assert!(
            names.contains(&"exchange.v1.ExchangeService") && names.contains(&"grpc.health.v1.Health"),
            "{names:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_follows_readiness() {
    let world = World::ready().await;
    let check = async |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        let told = world.consumer().grpc("grpc.health.v1.Health/Check", &request.encode_to_vec()).await;
        (told.code, HealthCheckResponse::decode(told.message).unwrap().status)
    };
    assert_eq!(check("exchange.v1.ExchangeService").await, (0, 1));
    assert_eq!(check("exchange.v1.Nothing").await.0, 5);
    world.process.health().part("bus").not_ready("away");
    assert_eq!(check("").await, (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_callers_lose_their_open_connections() {
    let world = World::ready().await;
    let closed = world.consumer().stay().await;
    pki::revoke(&world.folder.path().join("pki"), "consumer/one-window", &*world.clock).unwrap();
    closed.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_everything_in_time() {
    let world = World::ready().await;
    let closed = world.consumer().stay().await;
    world.process.finish(std::time::Duration::from_mins(1)).await.unwrap();
    closed.await;
}
