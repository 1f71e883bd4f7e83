//! Publishing over REST: a line a record, a line an answer (NDJSON).

use super::{
    Desk, Fault,
    body::{self, Time},
    desk::Route,
    limits, query,
};
use crate::handlers;
use adapter_sdk::{
    formats::lines,
    push::{PushRecord, PushRequest},
};
use axum::body::Body;
use bytes::Bytes;
use contract::json;
use domain::Caller;
use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
use security::Peer;
use std::{io::Read as _, sync::Arc};

const NDJSON: &str = "application/x-ndjson";
/// What lines of JSON are called; one object alone is a line of its own.
const MEDIA_TYPES: [&str; 5] =
    [NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json"];

/// Answers one call.
pub(super) async fn answer(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Some(peer) = head.extensions.get::<Arc<Peer>>() else {
        return Fault::Internal.into_problem();
    };
    let time = Time::start();
    let answered = publish(&desk, route, &peer.caller, (&head, body, time)).await;
    let noted = answered.as_ref().map(|_| ()).map_err(Clone::clone);
    desk.note(route, &peer.caller, noted, time);
    answered.map_or_else(Fault::into_problem, lines_response)
}

/// The caller's name of a request, from a header or from metadata.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let wrong = || Fault::field("Idempotency-Key", "length", "is one text of 1 to 255 printable ASCII characters");
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| wrong())?;
    if values.next().is_some() || text.is_empty() || text.len() > 255 {
        return Err(wrong());
    }
    Ok(Some(text.to_owned()))
}

/// Unpacked bytes, at most `limit`.
pub(super) fn gunzip(packed: &[u8], limit: usize) -> Result<Bytes, Fault> {
    let mut bytes = Vec::new();
    let mut reader = MultiGzDecoder::new(packed).take(limit as u64 + 1);
    let read = reader.read_to_end(&mut bytes);
    if bytes.len() > limit {
        return Err(Fault::TooLarge);
    }
    read.map_err(|_| Fault::field("", "malformed", "the body is not gzip"))?;
    Ok(bytes.into())
}

/// The record in a request, and whose it says to be.
pub(super) fn record(line: &[u8]) -> (PushRecord, String) {
    let pushed = lines::pushed(line);
    (PushRecord { resource: pushed.resource, bytes: pushed.content.into_owned() }, pushed.department)
}

async fn publish(
    desk: &Desk,
    route: Route,
    caller: &Caller,
    (head, body, time): (&Parts, Body, Time),
) -> Result<String, Fault> {
    let path = route.method.twin.as_ref().map(|twin| twin.path.as_str()).unwrap_or_default();
    let values = query::path_values(path, &head.uri)?;
    let department = values.first().map(|(_, value)| value.as_str()).unwrap_or_default();
    let intake = desk.intake(route, caller, department)?;
    let time = time.shortened_by_rest(&head.headers)?;
    let key = key(&head.headers)?;
    let bytes = content(&head.headers, body, time).await?;
    let (numbers, records) = records(desk, caller, &bytes)?;
    let fates = desk.office().push(&intake, PushRequest::whole(key, records), time.left()).await?;
    let mut text = String::new();
    for (line, fate) in numbers.into_iter().zip(fates) {
        text.push_str(&json::encode(&handlers::response(department, line, fate)).map_err(|error| {
            tracing::error!(%error, "answer has no json form");
            Fault::Internal
        })?);
        text.push('\n');
    }
    Ok(text)
}

/// The body as it was before it was packed.
pub(super) async fn content(headers: &HeaderMap, body: Body, time: Time) -> Result<Bytes, Fault> {
    let is_packed = match headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?")) {
        None | Some("identity") => false,
        Some(name) if name.eq_ignore_ascii_case("gzip") => true,
        Some(_) => return Err(Fault::MediaType),
    };
    if !is_lines(headers) {
        return Err(Fault::MediaType);
    }
    let bytes = body::read(body, limits::PUBLISH, time).await?;
    if !is_packed {
        return Ok(bytes);
    }
    let unpacked = tokio::task::spawn_blocking(move || gunzip(&bytes, limits::PUBLISH));
    unpacked.await.unwrap_or(Err(Fault::Internal))
}

/// The lines that are not blank, with their numbers from 1.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], u64)> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).zip(1..);
    lines.filter(|(line, _)| !line.is_empty())
}

/// The records on the lines, with the lines' numbers.
fn records(desk: &Desk, caller: &Caller, bytes: &[u8]) -> Result<(Vec<u64>, Vec<PushRecord>), Fault> {
    let mut found = (Vec::new(), Vec::new());
    for (line, number) in lines(bytes) {
        let (record, department) = record(line);
        if !department.is_empty() && department != caller.id() {
            return Err(desk.office().other_department());
        }
        if found.1.len() == limits::RECORDS {
            return Err(Fault::TooLarge);
        }
        found.0.push(number);
        found.1.push(record);
    }
    Ok(found)
}

fn is_lines(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = media_type.split(';').map(str::trim);
    let is_known =
        parts.next().is_some_and(|essence| MEDIA_TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)));
    is_known && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// An answer of lines.
pub(super) fn lines_response(lines: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(lines.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_key_is_one_short_text() {
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(key(&headers("idempotency-key", &["a b"])), Ok(Some("a b".to_owned())));
        let long = "x".repeat(256);
        for bad in [&[String::new()][..], &[long], &["中".to_owned()], &["a".to_owned(), "a".to_owned()]] {
            let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
            assert!(key(&headers("idempotency-key", &bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bomb_is_too_large_and_what_is_no_gzip_is_malformed() {
        let pack = |bytes: &[u8]| {
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        };
        assert_eq!(gunzip(&pack(b"abc"), 3).unwrap(), "abc");
        assert_eq!(gunzip(&[pack(b"ab"), pack(b"c")].concat(), 3).unwrap(), "abc");
        assert_eq!(gunzip(&pack(&vec![b'x'; 1 << 20]), 1 << 10), Err(Fault::TooLarge));
        let packed = pack(b"abc");
        for bad in [&b"abc"[..], &packed[..packed.len() - 3], b""] {
            assert!(matches!(gunzip(bad, 3), Err(Fault::Invalid(_))), "{bad:?}");
        }
    }

    #[test]
    fn lines_have_their_media_types() {
        for good in ["application/x-ndjson", "Application/JSON; charset=UTF-8", "application/jsonl"] {
            assert!(is_lines(&headers("content-type", &[good])), "{good}");
        }
        for bad in ["text/plain", "application/x-ndjson; charset=gbk", ""] {
            assert!(!is_lines(&headers("content-type", &[bad])), "{bad}");
        }
        assert!(!is_lines(&HeaderMap::new()));
    }
}
