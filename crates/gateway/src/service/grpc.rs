//! Calls in gRPC over HTTP/2: one message in, one message out.

use super::{
    Desk, Fault, Incoming,
    body::{self, Time},
    desk::Route,
    limits,
};
use axum::body::Body;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use contract::json;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use routing::Form;
use security::Peer;
use std::{convert::Infallible, sync::Arc};

/// Flag and length before each message.
pub(super) const PREFIX: usize = 5;
pub(super) const MEDIA_TYPE: &str = "application/grpc";

/// Answers one call.
pub(super) async fn answer(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    if !is_grpc(request.headers()) {
        return Fault::MediaType.into_problem();
    }
    let (head, body) = request.into_parts();
    let Some(peer) = head.extensions.get::<Arc<Peer>>() else {
        return refuse(Fault::Internal);
    };
    let begun = Time::start();
    let (time, read) = match begun.shortened_by_grpc(&head.headers) {
        Ok(time) => (time, message(body, time).await.and_then(|request| incoming(route, request))),
        Err(fault) => (begun, Err(fault)),
    };
    match desk.answer(route, peer, read, (Form::Protobuf, time)).await {
        Ok(answer) => reply(&answer),
        Err(failure) => failure.into_status().into_http(),
    }
}

/// Whether a request is one of gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(media_type.strip_prefix(MEDIA_TYPE), Some("" | "+proto"))
}

/// An answer without a message.
pub(super) fn refuse(fault: Fault) -> Response<Body> {
    fault.into_status().into_http()
}

fn incoming(route: Route, request: Bytes) -> Result<Incoming, Fault> {
    if !route.action.is_proven() {
        return Ok(Incoming { request, canonical: Bytes::new() });
    }
    proven(route.method.input.full_name(), request)
}

/// A request with the JSON form that its evidence covers.
pub(super) fn proven(message: &str, request: Bytes) -> Result<Incoming, Fault> {
    let canonical = json::canonical_of(message, &request, "request_signature")
        .map_err(|_| Fault::field("", "malformed", "is not a message of this method"))?;
    Ok(Incoming { request, canonical: canonical.into() })
}

async fn message(body: Body, time: Time) -> Result<Bytes, Fault> {
    let mut bytes = body::read(body, limits::REQUEST + PREFIX, time).await?;
    let malformed = || Fault::field("", "malformed", "is not one gRPC message");
    if bytes.len() < PREFIX {
        return Err(malformed());
    }
    let is_compressed = bytes.get_u8() != 0;
    let length = usize::try_from(bytes.get_u32()).map_err(|_| malformed())?;
    if is_compressed {
        return Err(Fault::MediaType);
    }
    if length == bytes.len() { Ok(bytes) } else { Err(malformed()) }
}

/// A message with its prefix.
pub(super) fn frame(message: &[u8], into: &mut BytesMut) -> Result<(), Fault> {
    let length = u32::try_from(message.len()).map_err(|_| Fault::Internal)?;
    into.reserve(PREFIX + message.len());
    into.put_u8(0);
    into.put_u32(length);
    into.extend_from_slice(message);
    Ok(())
}

/// An answer of messages, and of how it ends.
pub(super) fn stream(
    frames: impl tokio_stream::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static,
) -> Response<Body> {
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity,gzip"));
    response
}

fn reply(answer: &Bytes) -> Response<Body> {
    let mut frame = BytesMut::new();
    if let Err(fault) = self::frame(answer, &mut frame) {
        return refuse(fault);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}
