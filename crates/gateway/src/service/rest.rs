//! Calls in REST: the proto3 JSON of the same messages.

use super::{
    Action, Desk, Fault, Incoming,
    body::{self, Time},
    desk::Route,
    limits, query,
};
use axum::body::Body;
use contract::{
    json,
    rest::{self, Method, Twin, Verb},
};
use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
use routing::Form;
use security::Peer;
use serde_json::Value;
use std::sync::Arc;

const JSON: &str = "application/json";

/// Answers one call.
pub(super) async fn answer(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Some(peer) = head.extensions.get::<Arc<Peer>>() else {
        return Fault::Internal.into_problem();
    };
    let begun = Time::start();
    let (time, read) = match begun.shortened_by_rest(&head.headers) {
        Ok(time) => (time, message(route.method, &head, body, time).await),
        Err(fault) => (begun, Err(fault)),
    };
    let answered = desk.answer(route, peer, read, (Form::Json, time)).await;
    match answered.and_then(|bytes| Ok(text(route, &bytes)?)) {
        Ok(text) => json_response(text),
        Err(failure) => failure.into_problem(),
    }
}

/// An answer with a JSON text.
pub(super) fn json_response(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The request message from path, query and body.
async fn message(method: &Method, head: &Parts, body: Body, time: Time) -> Result<Incoming, Fault> {
    let Some(twin) = &method.twin else { return Err(Fault::NoMethod) };
    let value = match twin.verb {
        Verb::Get => parameters(method, twin, head)?,
        Verb::Post => {
            let body = body::read(json_body(head, body)?, limits::REQUEST, time).await?;
            posted(method, twin, head, &body)?
        }
    };
    Incoming::of(json::from_value(method.input.full_name(), &value)?.into(), value)
}

fn parameters(method: &Method, twin: &Twin, head: &Parts) -> Result<Value, Fault> {
    let mut pairs = query::path_values(&twin.path, &head.uri)?;
    pairs.extend(query::pairs(&head.uri)?);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(rest::query_to_json(&method.input, pairs)?)
}

fn posted(method: &Method, twin: &Twin, head: &Parts, body: &[u8]) -> Result<Value, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::field("", "json", "the body is not UTF-8"))?;
    let mut value = json::parse(text)?;
    let pairs = query::path_values(&twin.path, &head.uri)?;
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if let (Value::Object(members), Value::Object(path)) = (&mut value, rest::query_to_json(&method.input, pairs)?) {
        for (name, value) in path {
            if members.insert(name.clone(), value).is_some() {
                return Err(Fault::field(name, "duplicate", "stands in the path"));
            }
        }
    }
    Ok(value)
}

fn json_body(head: &Parts, body: Body) -> Result<Body, Fault> {
    let is_plain = !head.headers.contains_key(header::CONTENT_ENCODING);
    if is_plain && is_json(&head.headers) { Ok(body) } else { Err(Fault::MediaType) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = media_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(JSON));
    is_json && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// An answer to a question has its form already; others are messages.
fn text(route: Route, answer: &[u8]) -> Result<String, Fault> {
    let method = route.method;
    if matches!(route.action, Action::Ask(_)) {
        return String::from_utf8(answer.to_vec()).map_err(|_| Fault::Internal);
    }
    json::to_string(method.output.full_name(), answer).map_err(|error| {
        tracing::error!(%error, method = method.grpc_path, "answer has no json form");
        Fault::Internal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_utf_8_is_the_one_media_type() {
        let is = |text: &str| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]));
        assert!(is("application/json") && is("Application/JSON; charset=UTF-8"));
        assert!(!is("text/plain") && !is("application/json; charset=gb18030") && !is("application/jsonp"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
