//! `ResolveStream` over REST: a line a question, a line an answer, in the same order (NDJSON).

use super::{
    Desk, Failure, Fault, Incoming,
    body::Time,
    desk::Route,
    limits, publish,
    questions::{Asker, MESSAGE, QUESTION, check_id, no_question},
};
use axum::body::Body;
use bytes::Bytes;
use contract::{json, wire};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use routing::Form;
use serde_json::Value;
use std::{convert::Infallible, sync::Arc, time::Duration};

/// Answers one call.
pub(super) async fn answer(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Some(asker) = Asker::of(desk, route, &head.extensions, Form::Json) else {
        return Fault::Internal.into_problem();
    };
    match questions(&asker, &head.headers, body).await {
        Ok((body, limit)) => publish::lines_response(answers(asker, limit, &body)),
        Err(fault) => asker.refuse(fault).await.into_problem(),
    }
}

/// The lines of a caller that may ask, and how long each of them may take.
async fn questions(asker: &Asker, headers: &HeaderMap, body: Body) -> Result<(Bytes, Duration), Fault> {
    asker.may_ask()?;
    let time = Time::start().shortened_by_rest(headers)?;
    let limit = time.left();
    Ok((publish::content(headers, body, time).await?, limit))
}

fn answers(asker: Asker, limit: Duration, body: &Bytes) -> Body {
    let lines: Vec<_> = publish::lines(body).map(|(line, number)| (body.slice_ref(line), number)).collect();
    let answers = stream::iter(lines).map(move |(line, number)| answer_line(asker.clone(), limit, (line, number)));
    let texts = answers.buffered(limits::WINDOW).ready_chunks(limits::WINDOW);
    Body::from_stream(texts.map(|texts| Ok::<_, Infallible>(texts.concat())))
}

async fn answer_line(asker: Asker, limit: Duration, (line, number): (Bytes, u64)) -> String {
    let (id, question) = read(&line, number);
    let answered = asker.ask(question, limit).await;
    // As in all JSON, what is not set is left out.
    let name = if id.is_empty() { String::new() } else { format!("\"correlation_id\":{},", Value::String(id)) };
    match answered.and_then(|answer| said(&answer)) {
        Ok(answer) => format!("{{{name}\"answer\":{answer}}}\n"),
        Err(failure) => format!("{{{name}\"error\":{}}}\n", shown(failure)),
    }
}

fn said(answer: &Bytes) -> Result<String, Failure> {
    String::from_utf8(answer.to_vec()).map_err(|_| Fault::Internal.into())
}

/// Why a question has no answer, in the JSON of `google.rpc.Status`.
fn shown(failure: Failure) -> String {
    let status = failure.into_details();
    json::encode(&status).unwrap_or_else(|error| {
        tracing::error!(%error, "status has no json form");
        serde_json::json!({ "code": status.code, "message": status.message }).to_string()
    })
}

/// A question and what its caller calls it.
fn read(line: &[u8], number: u64) -> (String, Result<Incoming, Fault>) {
    if line.len() > limits::REQUEST {
        return (String::new(), Err(Fault::TooLarge));
    }
    let wrong = |why: &dyn std::fmt::Display| Fault::field("", "json", format!("line {number}: {why}"));
    let text = std::str::from_utf8(line).map_err(|_| wrong(&"is not UTF-8"));
    let value = match text.and_then(|text| json::parse(text).map_err(|error| wrong(&error))) {
        Ok(value) => value,
        Err(fault) => return (String::new(), Err(fault)),
    };
    let id = ["correlation_id", "correlationId"].iter().find_map(|name| value.get(name)?.as_str());
    let id = id.unwrap_or_default().to_owned();
    match check_id(&id) {
        Ok(()) => (id, question(value)),
        Err(fault) => (String::new(), Err(fault)),
    }
}

fn question(mut value: Value) -> Result<Incoming, Fault> {
    let message: Bytes = json::from_value(MESSAGE, &value)?.into();
    let request = wire::bytes_field(&message, QUESTION).ok_or_else(no_question)?;
    let canonical = value.get_mut("question").map(Value::take).unwrap_or_default();
    Incoming::of(message.slice_ref(request), canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (line, name, field) in [
            (&b"{"[..], "", ""),
            (b"\xff", "", ""),
            (b"[]", "", ""),
            (br#"{"correlation_id":"a"}"#, "a", "question"),
            (br#"{"correlationId":"a","question":{"resource":1}}"#, "a", "question.resource"),
            (br#"{"correlation_id":"a","question":{},"more":1}"#, "a", "more"),
        ] {
            let (id, read) = read(line, 7);
            let Err(Fault::Invalid(fields)) = read else { panic!("{line:?} is read") };
            assert_eq!((id.as_str(), fields[0].field.as_str()), (name, field), "{line:?}");
        }
        let (_, fault) = read(b"{", 7);
        assert!(fault.unwrap_err().told().1.contains("line 7"));
    }

    #[test]
    fn a_line_is_as_long_as_a_request_at_the_most() {
        let (_, read) = read(&vec![b' '; limits::REQUEST + 1], 1);
        assert!(matches!(read, Err(Fault::TooLarge)));
    }

    #[test]
    fn the_evidence_of_a_line_covers_its_question_alone() {
        let line = br#"{"correlation_id":"a","question":{"resource":"natural-person","request_signature":"AA=="}}"#;
        let (_, read) = read(line, 1);
        assert_eq!(read.unwrap().canonical, r#"{"resource":"natural-person"}"#);
    }
}
