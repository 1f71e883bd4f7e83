//! Requests and answers on their way, counted as long as they are in memory.

use super::{
    limits,
    load::Held,
    meter::{Call, Meter},
};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a frame of HTTP/2 costs beside its data, in bytes.
const FRAME: u64 = 32;

/// A request's body.
pub(super) struct Asked {
    body: Incoming,
    meter: Arc<Meter>,
    /// Gone once the call has its answer: what a stream reads after that is not gathered.
    held: Weak<Held>,
    is_read: Arc<AtomicBool>,
}

/// An answer's body.
pub(super) struct Answer {
    body: Body,
    /// What is left of a piece that was too large to be handed over at once.
    rest: Bytes,
    _held: Held,
    _call: Call,
}

impl Asked {
    pub(super) fn new(body: Incoming, meter: Arc<Meter>, held: &Arc<Held>) -> Self {
        let is_read = Arc::new(AtomicBool::new(body.is_end_stream()));
        Self { body, meter, held: Arc::downgrade(held), is_read }
    }

    /// Tells whether the whole of it has been read.
    pub(super) fn is_read(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_read)
    }
}

impl HttpBody for Asked {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            self.is_read.store(true, Ordering::Relaxed);
            return Poll::Ready(None);
        };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if bytes > 0 {
            self.meter.were_asked(FRAME.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)));
            let taken = self.held.upgrade().map_or(Ok(()), |held| held.take(bytes));
            if let Err(crowded) = taken {
                return Poll::Ready(Some(Err(crowded.into())));
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Answer {
    /// `body` as the answer of `call`.
    pub(super) fn new(body: Body, held: Held, mut call: Call) -> Self {
        // A stream has no size; it may take as long as it likes.
        if let Some(bytes) = body.size_hint().exact() {
            held.add(usize::try_from(bytes).unwrap_or(usize::MAX));
            call.is_answered();
        }
        Self { body, rest: Bytes::new(), _held: held, _call: call }
    }

    /// At most so much of `data` that the peer's slowness is felt here.
    fn piece(&mut self, mut data: Bytes) -> Frame<Bytes> {
        self.rest = data.split_off(data.len().min(limits::PIECE));
        Frame::data(data)
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.piece(rest))));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        let frame = frame.into_data().map_or_else(|trailers| trailers, |data| self.piece(data));
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let hint = self.body.size_hint();
        let mut whole = SizeHint::new();
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper.saturating_add(rest));
        }
        whole.set_lower(hint.lower().saturating_add(rest));
        whole
    }
}
