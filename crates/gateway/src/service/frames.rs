//! Streams of gRPC: messages as they arrive, and how a stream ends.

use super::{Failure, Fault, grpc::PREFIX, limits, publish};
use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::BodyExt as _;
use hyper::body::Frame;

/// The messages of a request as they arrive.
pub(super) struct Frames {
    body: Body,
    buffer: BytesMut,
    is_gzip: bool,
    ended: bool,
}

impl Frames {
    /// The messages of a body.
    pub(super) fn new(headers: &HeaderMap, body: Body) -> Self {
        let is_gzip = headers.get("grpc-encoding").is_some_and(|name| name == "gzip");
        Self { body, buffer: BytesMut::new(), is_gzip, ended: false }
    }

    /// The next message; none at the end. Nothing is lost when it is given up while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            if let Some(message) = self.buffered()? {
                return Ok(Some(message));
            }
            if self.ended {
                return self.buffer.is_empty().then_some(None).ok_or_else(torn);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => frame.data_ref().into_iter().for_each(|data| self.buffer.extend_from_slice(data)),
                Some(Err(_)) => return Err(torn()),
                None => self.ended = true,
            }
        }
    }

    /// The next message, if it has arrived.
    pub(super) async fn at_hand(&mut self) -> Result<Option<Bytes>, Fault> {
        tokio::select! {
            biased;
            message = self.next() => message,
            () = std::future::ready(()) => Ok(None),
        }
    }

    fn buffered(&mut self) -> Result<Option<Bytes>, Fault> {
        let Some((prefix, _)) = self.buffer.split_at_checked(PREFIX) else { return Ok(None) };
        let (mut length, is_packed) = (&prefix[1..], prefix[0] != 0);
        let length = usize::try_from(length.get_u32()).unwrap_or(usize::MAX);
        if length > limits::REQUEST {
            return Err(Fault::TooLarge);
        }
        if is_packed && !self.is_gzip {
            return Err(Fault::MediaType);
        }
        if self.buffer.len() < PREFIX + length {
            return Ok(None);
        }
        self.buffer.advance(PREFIX);
        let message = self.buffer.split_to(length).freeze();
        if is_packed { publish::gunzip(&message, limits::REQUEST).map(Some) } else { Ok(Some(message)) }
    }
}

fn torn() -> Fault {
    Fault::field("", "malformed", "the stream did not arrive as a whole")
}

/// How a stream ends that is answered to its end.
pub(super) fn end() -> Frame<Bytes> {
    Frame::trailers(HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))]))
}

/// How a stream ends that is not.
pub(super) fn trailers(failure: Failure) -> Frame<Bytes> {
    let mut headers = std::mem::take(failure.into_status().into_http::<Body>().headers_mut());
    headers.remove(header::CONTENT_TYPE);
    Frame::trailers(headers)
}
