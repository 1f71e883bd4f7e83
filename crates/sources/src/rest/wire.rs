//! HTTP/1.1 over TLS, with connections kept for the next call.

use bytes::Bytes;
use chrono::DateTime;
use domain::{Clock, Timestamp};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use security::{Alpn, ClientTls};
use std::{
    error::Error,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Largest answer, in bytes.
const LARGEST: usize = 16 << 20;
/// Connections kept at most.
const KEPT: usize = 16;
/// How long a connection is kept without use: servers and firewalls forget them silently.
const KEPT_FOR: chrono::Duration = chrono::Duration::seconds(20);

/// Longest wish to be left alone that is heeded.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// The way to one server.
pub(super) struct Wire {
    tls: ClientTls,
    host: String,
    idle: Mutex<Vec<Line>>,
    clock: Arc<dyn Clock>,
}

/// What is asked.
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// A JSON text.
    pub(super) body: String,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The server's own time.
    pub(super) date: Option<Timestamp>,
    /// How long the server asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// An open connection that nobody uses now.
struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// Does the connection's work while it is polled.
    work: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    used: Timestamp,
}

/// Why a call has no answer.
enum Broken {
    /// Nothing came back: a kept connection that had been closed.
    Unanswered(String),
    /// The answer is cut off or too long.
    Cut(String),
}

impl Wire {
    /// The way to `host` (`HOST:PORT`).
    pub(super) fn new(tls: ClientTls, host: String, clock: Arc<dyn Clock>) -> Self {
        Self { tls, host, idle: Mutex::default(), clock }
    }

    /// `HOST:PORT`.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Calls; whoever drops the future ends the call and its connection. On failure says what was tried and how it failed.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, String> {
        while let Some(line) = self.kept() {
            match self.over(line, call).await {
                // The server had closed it meanwhile; it has not seen the call.
                Err(Broken::Unanswered(_)) => {}
                Err(Broken::Cut(why)) => return Err(why),
                Ok(answer) => return Ok(answer),
            }
        }
        let line = self.connect().await?;
        self.over(line, call).await.map_err(|(Broken::Unanswered(why) | Broken::Cut(why))| why)
    }

    async fn connect(&self) -> Result<Line, String> {
        let stream = self.tls.connect(&self.host, Alpn::Http1).await.map_err(|error| in_full(&error))?;
        let (sender, work) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| in_full(&error))?;
        Ok(Line { sender, work: Box::pin(work), used: self.clock.now() })
    }

    async fn over(&self, mut line: Line, call: &Call) -> Result<Answer, Broken> {
        let request = self.request(call).map_err(|error| Broken::Cut(in_full(&error)))?;
        let mut is_open = true;
        let answer = {
            let sender = &mut line.sender;
            let answered = async {
                let unanswered = |error: hyper::Error| Broken::Unanswered(in_full(&error));
                let response = sender.send_request(request).await.map_err(unanswered)?;
                read(response).await
            };
            tokio::pin!(answered);
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answered => break answer?,
                    _ = &mut line.work, if is_open => is_open = false,
                }
            }
        };
        if is_open && !line.sender.is_closed() {
            self.keep(line);
        }
        Ok(answer)
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(header::HOST, &self.host)
            .header(header::ACCEPT, "application/json");
        if call.method != Method::GET {
            request = request.header(header::CONTENT_TYPE, "application/json;charset=UTF-8");
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        request.body(Full::new(Bytes::from(call.body.clone())))
    }

    fn kept(&self) -> Option<Line> {
        let oldest = self.clock.now() - KEPT_FOR;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|line| line.used >= oldest);
        idle.pop()
    }

    fn keep(&self, line: Line) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(Line { used: self.clock.now(), ..line });
        }
    }
}

async fn read(response: http::Response<Incoming>) -> Result<Answer, Broken> {
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Broken::Cut(format!("the answer is cut off: {}", in_full(&error))))?;
        let data = frame.into_data().unwrap_or_default();
        if body.len() + data.len() > LARGEST {
            return Err(Broken::Cut(format!("the answer is longer than {} MiB", LARGEST >> 20)));
        }
        body.extend_from_slice(&data);
    }
    let date = header_text(&head.headers, header::DATE).and_then(instant);
    let retry_after = header_text(&head.headers, header::RETRY_AFTER).and_then(|text| pause(text, date));
    Ok(Answer { status: head.status, date, retry_after, body })
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

/// `Retry-After` is a number of seconds, or a date.
fn pause(text: &str, now: Option<Timestamp>) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds).min(LONGEST_PAUSE)),
        Err(_) => (instant(text)? - now?).to_std().ok().map(|pause| pause.min(LONGEST_PAUSE)),
    }
}

fn in_full(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_wait_is_seconds_or_a_date() {
        let now = instant("Sun, 01 Nov 2026 03:00:00 GMT");
        assert_eq!(pause("120", now), Some(Duration::from_mins(2)));
        assert_eq!(pause("Sun, 01 Nov 2026 03:05:00 GMT", now), Some(Duration::from_mins(5)));
        assert_eq!(pause("Sun, 01 Nov 2026 03:05:00 GMT", None), None);
        assert_eq!(pause("soon", now), None);
    }
}
