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
use security::{Alpn, ClientTls, SecurityError};
use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Largest answer in bytes, where nobody says otherwise.
const LARGEST: usize = 16 << 20;
/// Connections kept at most.
const KEPT: usize = 16;
/// How long a connection is kept without use: servers and firewalls forget them silently.
const KEPT_FOR: chrono::Duration = chrono::Duration::seconds(20);

/// Longest wish to be left alone that is heeded.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// The way to one server.
pub(crate) struct Wire {
    tls: ClientTls,
    host: String,
    idle: Mutex<Vec<Line>>,
    clock: Arc<dyn Clock>,
    /// Largest answer, in bytes.
    largest: usize,
}

/// What is asked.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// What body and answer are (`application/json`), in UTF-8.
    pub(crate) media: &'static str,
    pub(crate) body: String,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The server's own time.
    pub(crate) date: Option<Timestamp>,
    /// How long the server asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// The character set that the header names.
    pub(crate) charset: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no whole answer: what was tried and how it failed.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// Nobody is there.
    Unreachable(String),
    /// Somebody is there, but not the one that the settings expect, or one that does not want us.
    Tls(String),
    /// The answer does not come, is cut off or too long.
    Cut(String),
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
    pub(crate) fn new(tls: ClientTls, host: String, clock: Arc<dyn Clock>) -> Self {
        Self { tls, host, idle: Mutex::default(), clock, largest: LARGEST }
    }

    /// The same way, with answers of up to so many bytes.
    pub(crate) fn up_to(self, largest: usize) -> Self {
        Self { largest, ..self }
    }

    /// `HOST:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Calls; whoever drops the future ends the call and its connection.
    pub(crate) async fn call(&self, call: &Call) -> Result<Answer, NoAnswer> {
        while let Some(line) = self.kept() {
            match self.over(line, call).await {
                // The server had closed it meanwhile; it has not seen the call.
                Err(Broken::Unanswered(_)) => {}
                Err(Broken::Cut(why)) => return Err(NoAnswer::Cut(why)),
                Ok(answer) => return Ok(answer),
            }
        }
        let line = self.connect().await?;
        self.over(line, call).await.map_err(|(Broken::Unanswered(why) | Broken::Cut(why))| NoAnswer::Cut(why))
    }

    async fn connect(&self) -> Result<Line, NoAnswer> {
        let stream = self.tls.connect(&self.host, Alpn::Http1).await.map_err(|error| NoAnswer::of(&error))?;
        let cut = |error: hyper::Error| NoAnswer::Cut(in_full(&error));
        let (sender, work) = http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
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
                read(response, self.largest).await
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
            .header(header::ACCEPT, call.media);
        if call.method != Method::GET {
            request = request.header(header::CONTENT_TYPE, format!("{};charset=UTF-8", call.media));
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

impl NoAnswer {
    fn of(error: &SecurityError) -> Self {
        let why = in_full(error);
        if matches!(error, SecurityError::Unreachable { .. }) { Self::Unreachable(why) } else { Self::Tls(why) }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreachable(why) | Self::Tls(why) | Self::Cut(why)) = self;
        f.write_str(why)
    }
}

async fn read(response: http::Response<Incoming>, largest: usize) -> Result<Answer, Broken> {
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Broken::Cut(format!("the answer is cut off: {}", in_full(&error))))?;
        let data = frame.into_data().unwrap_or_default();
        if body.len() + data.len() > largest {
            return Err(Broken::Cut(format!("the answer is longer than {} MiB", largest >> 20)));
        }
        body.extend_from_slice(&data);
    }
    let date = header_text(&head.headers, header::DATE).and_then(instant);
    let retry_after = header_text(&head.headers, header::RETRY_AFTER).and_then(|text| pause(text, date));
    let charset = header_text(&head.headers, header::CONTENT_TYPE).and_then(charset).map(str::to_owned);
    Ok(Answer { status: head.status, date, retry_after, charset, body })
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

/// The `charset` of a media type.
fn charset(media: &str) -> Option<&str> {
    let parameters = media.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let found = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    found.map(|(_, value)| value.trim().trim_matches('"')).next()
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

    #[test]
    fn a_media_type_names_its_character_set_or_none() {
        assert_eq!(charset("text/xml; Charset=\"GBK\"; x=y"), Some("GBK"));
        assert_eq!(charset("text/xml"), None);
    }
}
