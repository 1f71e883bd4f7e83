//! Publishing over gRPC: a stream of records up, a stream of answers down.

use super::{
    Desk, Fault,
    body::Time,
    desk::Route,
    frames::{Frames, end, trailers},
    grpc, limits, publish,
};
use crate::handlers;
use adapter_sdk::push::{PushHandle, PushRecord, PushRequest};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use contract::wire;
use domain::Caller;
use http::{HeaderMap, Request, Response};
use hyper::body::Frame;
use prost::Message as _;
use security::Peer;
use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use tokio_stream::StreamExt as _;

/// Fields of `PublishRequest`.
const RESOURCE: u32 = 1;
const CONTENT: u32 = 2;
const DEPARTMENT: u32 = 3;

/// Answers one call.
pub(super) fn answer(desk: &Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    if !grpc::is_grpc(request.headers()) {
        return Fault::MediaType.into_problem();
    }
    let (head, body) = request.into_parts();
    let Some(peer) = head.extensions.get::<Arc<Peer>>() else {
        return grpc::refuse(Fault::Internal);
    };
    let time = Time::start();
    let talk = Talk::begin(Arc::clone(desk), route, peer.caller.clone(), (&head.headers, body));
    match talk {
        Ok(talk) => streaming(talk),
        Err(fault) => {
            desk.note(route, &peer.caller, Err(fault.clone()), time);
            grpc::refuse(fault)
        }
    }
}

/// The answer's body is made as it is read: each step takes what has arrived and gives what became of it.
fn streaming(talk: Talk) -> Response<Body> {
    let talk = Arc::new(Mutex::new(talk));
    let steps = tokio_stream::iter(std::iter::repeat(()));
    let frames = steps.then(move |()| {
        let talk = Arc::clone(&talk);
        async move { talk.lock().await.step().await }
    });
    grpc::stream(frames.map_while(|frame| frame))
}

/// A stream both ways.
struct Talk {
    desk: Arc<Desk>,
    route: Route,
    caller: Caller,
    intake: PushHandle,
    key: Option<String>,
    frames: Frames,
    /// Records so far.
    count: u64,
    deadline: Option<Instant>,
    /// What ends the stream once what came before it is answered.
    fault: Option<Fault>,
    ended: bool,
}

impl Talk {
    fn begin(
        desk: Arc<Desk>,
        route: Route,
        caller: Caller,
        (headers, body): (&HeaderMap, Body),
    ) -> Result<Self, Fault> {
        let intake = desk.intake(route, &caller, caller.id())?;
        let deadline = Time::of_stream(headers)?.and_then(|limit| Instant::now().checked_add(limit));
        let key = publish::key(headers)?;
        let frames = Frames::new(headers, body);
        Ok(Self { desk, route, caller, intake, key, frames, count: 0, deadline, fault: None, ended: false })
    }

    /// The next part of the answer; none behind its end.
    async fn step(&mut self) -> Option<Result<Frame<Bytes>, Infallible>> {
        if self.ended {
            return None;
        }
        let frame = match self.exchange().await {
            Ok(Some(answers)) => Frame::data(answers),
            Ok(None) => {
                self.ended = true;
                end()
            }
            Err(fault) => {
                self.ended = true;
                trailers(fault.into())
            }
        };
        Some(Ok(frame))
    }

    /// Takes what has arrived, at least one record, and gives the answers; none at the end of the records.
    async fn exchange(&mut self) -> Result<Option<Bytes>, Fault> {
        let Some(messages) = self.gather().await? else { return Ok(None) };
        let time = Time::start();
        let answered = self.publish(&messages).await;
        let noted = answered.as_ref().map(|_| ()).map_err(Clone::clone);
        self.desk.note(self.route, &self.caller, noted, time);
        answered.map(Some)
    }

    async fn gather(&mut self) -> Result<Option<Vec<Bytes>>, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let Some(first) = self.frames.next().await? else { return Ok(None) };
        let mut bytes = first.len();
        let mut messages = vec![first];
        while messages.len() < limits::RECORDS && bytes < limits::GATHERED {
            match self.frames.at_hand().await {
                Ok(Some(message)) => {
                    bytes += message.len();
                    messages.push(message);
                }
                Ok(None) => break,
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
        }
        Ok(Some(messages))
    }

    async fn publish(&mut self, messages: &[Bytes]) -> Result<Bytes, Fault> {
        let mut records = Vec::with_capacity(messages.len());
        for message in messages {
            match self.record(message) {
                Ok(record) => records.push(record),
                Err(fault) if records.is_empty() => return Err(fault),
                // What came before it is answered first.
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
        }
        let first = self.count + 1;
        self.count += records.len() as u64;
        if self.key.is_some() && self.count > limits::KEYED {
            return Err(Fault::TooLarge);
        }
        let request = PushRequest::part(self.key.clone(), first, records);
        let fates = self.desk.office().push(&self.intake, request, self.limit()).await?;
        let mut answers = BytesMut::new();
        for (fate, line) in fates.into_iter().zip(first..) {
            grpc::frame(&handlers::response(self.caller.id(), line, fate).encode_to_vec(), &mut answers)?;
        }
        Ok(answers.freeze())
    }

    /// Reads the bytes of the message: content that is no text is judged like any other.
    fn record(&self, message: &[u8]) -> Result<PushRecord, Fault> {
        if wire::fields(message).any(|field| field.is_err()) {
            return Err(Fault::field("", "malformed", "is not a message of this method"));
        }
        let text = |field| wire::string_field(message, field).unwrap_or_default();
        if !text(DEPARTMENT).is_empty() && text(DEPARTMENT) != self.caller.id() {
            return Err(self.desk.office().other_department());
        }
        let bytes = wire::bytes_field(message, CONTENT).unwrap_or_default().to_vec();
        Ok(PushRecord { resource: text(RESOURCE).to_owned(), bytes })
    }

    fn limit(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.unwrap_or(limits::CALL).min(limits::CALL)
    }
}
