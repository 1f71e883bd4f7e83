//! REST, generated from the contract, and what serves beside the exchange: documents, health, reflection.

use super::{
    Action, Desk, Fault, batch,
    desk::Route,
    grpc,
    health::Checks,
    publish,
    rest::{self, json_response},
};
use crate::{handlers::Piece, vitals::Vitals};
use axum::{
    Router,
    body::Body,
    routing::{MethodRouter, get, on},
};
use contract::rest::Verb;
use http::{HeaderValue, Request, Response, header};
use security::Peer;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic_health::pb::health_server::HealthServer;

/// Everything on the service port but the exchange's own gRPC methods.
///
/// # Errors
/// When the descriptors cannot be reflected.
pub(crate) fn router(
    desk: &Arc<Desk>,
    vitals: &Arc<Vitals>,
    stop: CancellationToken,
) -> Result<Router, tonic_reflection::server::Error> {
    let mut router = Router::new();
    for route in Route::all() {
        if let Some(twin) = &route.method.twin {
            router = router.route(&twin.path, over_rest(desk, route, twin.verb));
        }
    }
    let document = contract::openapi::document().to_string();
    let health = HealthServer::new(Checks::new(Arc::clone(vitals), stop));
    let log = Arc::clone(desk);
    Ok(router
        .route("/v1/evidence/log/{*path}", get(move |request| log_piece(Arc::clone(&log), request)))
        .route("/v1/openapi.json", get(move || std::future::ready(json_response(document.clone()))))
        .route_service("/grpc.health.v1.Health/{method}", health)
        .route_service("/grpc.reflection.v1.ServerReflection/{method}", reflection().build_v1()?)
        .route_service("/grpc.reflection.v1alpha.ServerReflection/{method}", reflection().build_v1alpha()?)
        .method_not_allowed_fallback(|| std::future::ready(Fault::Verb.into_problem()))
        .fallback(unknown))
}

fn over_rest(desk: &Arc<Desk>, route: Route, verb: Verb) -> MethodRouter {
    let desk = Arc::clone(desk);
    let filter = match verb {
        Verb::Get => axum::routing::MethodFilter::GET,
        Verb::Post => axum::routing::MethodFilter::POST,
    };
    match (route.method.is_streaming, route.action) {
        (true, Action::Ask(_)) => on(filter, move |request| batch::answer(Arc::clone(&desk), route, request)),
        (true, _) => on(filter, move |request| publish::answer(Arc::clone(&desk), route, request)),
        (false, _) => on(filter, move |request| rest::answer(Arc::clone(&desk), route, request)),
    }
}

/// A piece of the evidence log: plain files, as C2SP tlog-tiles lays them out.
async fn log_piece(desk: Arc<Desk>, request: Request<Body>) -> Response<Body> {
    let Some(peer) = request.extensions().get::<Arc<Peer>>().map(Arc::clone) else {
        return Fault::Internal.into_problem();
    };
    let path = request.uri().path().trim_start_matches("/v1/evidence/log/").to_owned();
    // It is read from the disk.
    let read = tokio::task::spawn_blocking(move || desk.office().piece(&peer.caller, &path));
    match read.await.unwrap_or(Err(Fault::Internal)) {
        Ok(Piece::Note(note)) => plain(note.into_bytes(), "text/plain; charset=utf-8", "no-cache"),
        Ok(Piece::Tile { bytes, is_full: true }) => {
            plain(bytes, "application/octet-stream", "private, max-age=31536000, immutable")
        }
        Ok(Piece::Tile { bytes, is_full: false }) => plain(bytes, "application/octet-stream", "no-store"),
        Err(fault) => fault.into_problem(),
    }
}

fn plain(bytes: Vec<u8>, media_type: &'static str, caching: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

async fn unknown(request: Request<Body>) -> Response<Body> {
    if grpc::is_grpc(request.headers()) { grpc::refuse(Fault::NoMethod) } else { Fault::NoMethod.into_problem() }
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(contract::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
