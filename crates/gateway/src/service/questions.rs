//! `ResolveStream` over gRPC: questions up, answers down as they are ready.

use super::{
    Desk, Failure, Fault, Incoming,
    body::Time,
    connection::Room,
    desk::Route,
    frames::{Frames, end, trailers},
    grpc, limits,
};
use crate::handlers::Standing;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use contract::wire;
use futures_util::stream;
use http::{Extensions, Request, Response};
use hyper::body::Frame;
use prost::Message as _;
use routing::Form;
use security::Peer;
use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::{JoinError, JoinSet};

/// What goes up.
pub(super) const MESSAGE: &str = "exchange.v1.ResolveStreamRequest";
/// The question in it.
const ASKED: &str = "exchange.v1.ResolveRequest";
/// Fields of what goes up.
const CORRELATION_ID: u32 = 1;
pub(super) const QUESTION: u32 = 2;
/// Fields of what goes down.
const ANSWER: u32 = 2;
const ERROR: u32 = 3;

/// Answers one call.
pub(super) async fn answer(desk: Arc<Desk>, route: Route, request: Request<Body>) -> Response<Body> {
    if !grpc::is_grpc(request.headers()) {
        return Fault::MediaType.into_problem();
    }
    let (head, body) = request.into_parts();
    let Some(asker) = Asker::of(desk, route, &head.extensions, Form::Protobuf) else {
        return grpc::refuse(Fault::Internal);
    };
    let limit = match asker.may_ask().and_then(|()| Time::of_stream(&head.headers)) {
        Ok(limit) => limit,
        Err(fault) => return asker.refuse(fault).await.into_status().into_http(),
    };
    let talk = Talk {
        standing: asker.desk.office().standing(&asker.peer.caller),
        frames: Frames::new(&head.headers, body),
        deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
        open: JoinSet::new(),
        arrived: None,
        asker,
    };
    grpc::stream(stream::unfold(Some(talk), |talk| async move {
        let mut talk = talk?;
        let (frame, rest) = match talk.next().await {
            Ok(Some(answers)) => (Frame::data(answers), Some(talk)),
            Ok(None) => (end(), None),
            Err(failure) => (trailers(failure), None),
        };
        Some((Ok::<_, Infallible>(frame), rest))
    }))
}

/// Who asks many questions, and in which form they are answered.
#[derive(Clone)]
pub(super) struct Asker {
    desk: Arc<Desk>,
    route: Route,
    peer: Arc<Peer>,
    room: Room,
    form: Form,
}

impl Asker {
    /// Who sent a request with these extensions.
    pub(super) fn of(desk: Arc<Desk>, route: Route, extensions: &Extensions, form: Form) -> Option<Self> {
        let (peer, room) = (extensions.get::<Arc<Peer>>()?, extensions.get::<Room>()?);
        Some(Self { desk, route, peer: Arc::clone(peer), room: room.clone(), form })
    }

    /// Whether such callers may ask at all.
    pub(super) fn may_ask(&self) -> Result<(), Fault> {
        let kind = self.peer.caller.kind;
        if self.route.action.is_for(kind) { Ok(()) } else { Err(self.desk.office().wrong_kind(kind)) }
    }

    /// Asks one question, once there is room for it.
    pub(super) async fn ask(&self, question: Result<Incoming, Fault>, limit: Duration) -> Result<Bytes, Failure> {
        let time = Time::start().within(limit);
        let _room = self.room.enter().await;
        self.desk.answer(self.route, &self.peer, question, (self.form, time)).await
    }

    /// A refusal that is about no question in particular, recorded.
    pub(super) async fn refuse(&self, fault: Fault) -> Failure {
        let answered = self.desk.answer(self.route, &self.peer, Err(fault), (self.form, Time::start())).await;
        answered.err().unwrap_or_else(|| Fault::Internal.into())
    }
}

/// A stream both ways.
struct Talk {
    asker: Asker,
    frames: Frames,
    deadline: Option<Instant>,
    standing: Standing,
    /// Questions that are being answered, each with its frame as the result; they end with the stream.
    open: JoinSet<Result<Bytes, Fault>>,
    /// How the questions ended, once they have.
    arrived: Option<Result<(), Fault>>,
}

impl Talk {
    /// The answers that are ready, at least one; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            if self.open.is_empty()
                && let Some(how) = self.arrived.take()
            {
                how?;
                return Ok(None);
            }
            let has_room = self.arrived.is_none() && self.open.len() < limits::WINDOW;
            tokio::select! {
                biased;
                fault = self.standing.lost() => return Err(self.asker.refuse(fault).await),
                message = self.frames.next(), if has_room => self.take(message),
                Some(answer) = self.open.join_next(), if !self.open.is_empty() => {
                    return Ok(Some(self.gather(answer)?));
                }
            }
        }
    }

    fn take(&mut self, message: Result<Option<Bytes>, Fault>) {
        match message {
            Ok(Some(message)) => drop(self.open.spawn(self.ask(message))),
            Ok(None) => self.arrived = Some(Ok(())),
            Err(fault) => self.arrived = Some(Err(fault)),
        }
    }

    fn ask(&self, message: Bytes) -> impl Future<Output = Result<Bytes, Fault>> + use<> {
        let asker = self.asker.clone();
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = left.unwrap_or(Duration::MAX);
        async move {
            let (id, question) = read(&message);
            framed(&id, asker.ask(question, limit).await)
        }
    }

    /// An answer, and what else is ready by now.
    fn gather(&mut self, first: Result<Result<Bytes, Fault>, JoinError>) -> Result<Bytes, Fault> {
        let mut answers = BytesMut::from(answered(first)?.as_ref());
        while answers.len() < limits::PIECE
            && let Some(more) = self.open.try_join_next()
        {
            answers.extend_from_slice(&answered(more)?);
        }
        Ok(answers.freeze())
    }
}

/// A question that failed by a mistake of this program ends the stream: nobody could say which it was.
fn answered(answer: Result<Result<Bytes, Fault>, JoinError>) -> Result<Bytes, Fault> {
    answer.unwrap_or_else(|error| {
        tracing::error!(%error, "question was not answered");
        Err(Fault::Internal)
    })
}

/// A question and what its caller calls it.
fn read(message: &Bytes) -> (String, Result<Incoming, Fault>) {
    if wire::fields(message).any(|field| field.is_err()) {
        return (String::new(), Err(Fault::field("", "malformed", "is not a message of this method")));
    }
    let id = wire::string_field(message, CORRELATION_ID).unwrap_or_default();
    if let Err(fault) = check_id(id) {
        return (String::new(), Err(fault));
    }
    let question = wire::bytes_field(message, QUESTION).ok_or_else(no_question);
    (id.to_owned(), question.and_then(|bytes| grpc::proven(ASKED, message.slice_ref(bytes))))
}

/// What a caller calls a question may not be long.
pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    let is_short = id.len() <= limits::CORRELATION;
    is_short.then_some(()).ok_or_else(|| Fault::field("correlation_id", "length", "has at most 128 bytes"))
}

/// The fault of a message without its question.
pub(super) fn no_question() -> Fault {
    Fault::field("question", "required", "is required")
}

/// What became of a question, as a message with its prefix.
fn framed(id: &str, answered: Result<Bytes, Failure>) -> Result<Bytes, Fault> {
    let (field, bytes) = match answered {
        Ok(answer) => (ANSWER, answer),
        Err(failure) => (ERROR, failure.into_details().encode_to_vec().into()),
    };
    let mut message = Vec::with_capacity(id.len() + bytes.len() + 16);
    wire::append_string_field(&mut message, CORRELATION_ID, id);
    wire::append_message_field(&mut message, field, &bytes);
    let mut frame = BytesMut::new();
    grpc::frame(&message, &mut frame)?;
    Ok(frame.freeze())
}
