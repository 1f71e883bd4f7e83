//! Reading requests: their bodies and their time limits.

use super::{Fault, connection::Crowded, limits};
use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::{
    error::Error,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// The time that a call may take, from its first byte on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    began: Instant,
    limit: Duration,
}

impl Time {
    /// The server's limit, counted from now.
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), limit: limits::CALL }
    }

    /// The same, shortened by what the caller says in `Exchange-Timeout` (milliseconds).
    pub(super) fn shortened_by_rest(self, headers: &HeaderMap) -> Result<Self, Fault> {
        let Some(value) = headers.get("exchange-timeout") else { return Ok(self) };
        let milliseconds = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|ms| *ms > 0);
        let asked = milliseconds.map(Duration::from_millis);
        let asked = asked.ok_or_else(|| Fault::field("Exchange-Timeout", "duration", "is a number of milliseconds"))?;
        Ok(Self { limit: self.limit.min(asked), ..self })
    }

    /// The same, shortened by the deadline of gRPC.
    pub(super) fn shortened_by_grpc(self, headers: &HeaderMap) -> Result<Self, Fault> {
        let Some(value) = headers.get("grpc-timeout") else { return Ok(self) };
        let asked = value.to_str().ok().and_then(grpc_timeout);
        let asked = asked.ok_or_else(|| Fault::field("grpc-timeout", "duration", "is a number and a unit"))?;
        Ok(Self { limit: self.limit.min(asked), ..self })
    }

    /// What the caller gives a stream as a whole (`grpc-timeout`); the server gives it none.
    pub(super) fn of_stream(headers: &HeaderMap) -> Result<Option<Duration>, Fault> {
        let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
        let asked = value.to_str().ok().and_then(grpc_timeout);
        asked.map(Some).ok_or_else(|| Fault::field("grpc-timeout", "duration", "is a number and a unit"))
    }

    /// The same, shortened.
    pub(super) fn within(self, limit: Duration) -> Self {
        Self { limit: self.limit.min(limit), ..self }
    }

    /// What is left.
    pub(super) fn left(self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }

    /// When it began.
    pub(super) fn began(self) -> Instant {
        self.began
    }
}

/// The whole body, at most `limit` bytes and as long as there is time.
pub(super) async fn read(body: Body, limit: usize, time: Time) -> Result<Bytes, Fault> {
    // Who says so in advance need not be heard out.
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Fault::TooLarge);
    }
    let collected = timeout(time.left(), Limited::new(body, limit).collect()).await;
    let collected = collected.map_err(|_| Fault::away("the request did not arrive in time"))?;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if is_caused_by::<LengthLimitError>(error.as_ref()) {
            Fault::TooLarge
        } else if is_caused_by::<Crowded>(error.as_ref()) {
            Fault::away("too many large requests are open")
        } else {
            Fault::field("", "malformed", "the body did not arrive as a whole")
        }
    })
}

fn is_caused_by<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |cause| (*cause).source()).any(<dyn Error>::is::<E>)
}

/// `TimeoutValue TimeoutUnit` of the gRPC protocol: at most eight digits and one letter.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = Some(number).filter(|number| number.len() <= 8 && number.bytes().all(|b| b.is_ascii_digit()))?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_hours(number)),
        "M" => Some(Duration::from_mins(number)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_of_grpc_are_read_as_the_protocol_writes_them() {
        assert_eq!(grpc_timeout("2S"), Some(Duration::from_secs(2)));
        assert_eq!(grpc_timeout("100m"), Some(Duration::from_millis(100)));
        assert_eq!(grpc_timeout("99999999H"), Some(Duration::from_hours(99_999_999)));
        for bad in ["", "S", "123456789S", "-1S", "1", "1s", "1秒"] {
            assert_eq!(grpc_timeout(bad), None, "{bad}");
        }
    }

    #[test]
    fn callers_only_shorten_the_limit() {
        let mut headers = HeaderMap::new();
        headers.insert("exchange-timeout", "60000".parse().unwrap());
        assert_eq!(Time::start().shortened_by_rest(&headers).unwrap().limit, limits::CALL);
        headers.insert("exchange-timeout", "200".parse().unwrap());
        assert_eq!(Time::start().shortened_by_rest(&headers).unwrap().limit, Duration::from_millis(200));
        headers.insert("exchange-timeout", "soon".parse().unwrap());
        assert!(matches!(Time::start().shortened_by_rest(&headers), Err(Fault::Invalid(_))));
    }
}
