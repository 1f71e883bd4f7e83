//! Calling an exchange from the command line: REST over mutual TLS.

mod connection;
mod session;

pub(crate) use self::session::Session;

use self::connection::{Broken, Open};
use crate::{
    args::Connection,
    output::{FAILED, Failure, REFUSED, UNAVAILABLE, USAGE, chain, usage},
};
use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use runtime::SystemClock;
use security::{Alpn, ClientTls, Refusal, SecurityError, sign::Signer};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// A server and how to call it.
pub(crate) struct Client {
    server: String,
    tls: ClientTls,
    limit: Duration,
    files: Option<Files>,
}

/// Whom the client trusts and what it shows (PEM).
pub(crate) struct Files {
    /// The authorities that it trusts.
    pub(crate) ca: PathBuf,
    /// Its certificate.
    pub(crate) cert: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// An answer: its text as the server sent it, which is what its evidence covers.
pub(crate) struct Answer {
    /// The text.
    pub(crate) text: String,
    /// The same, read.
    pub(crate) value: Value,
}

/// What came: an answer, or a problem.
pub(crate) struct Reply {
    status: StatusCode,
    /// The text as the server sent it.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    server: Option<String>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Client {
    /// A client for what the command line says, then the profile it names, then the environment.
    pub(crate) fn new(connection: &Connection) -> Result<Self> {
        let profile = connection.profile.as_deref().map(profile).transpose()?.unwrap_or_default();
        let file = |given: &Option<PathBuf>, kept: Option<PathBuf>, name: &str| {
            let variable = format!("EXCHANGE_{}", name.to_uppercase());
            let found = given.clone().or(kept).or_else(|| runtime::environment(&variable).map(PathBuf::from));
            found.ok_or_else(|| usage(format!("no --{name} given; name it, set {variable}, or use --profile")))
        };
        let server = connection.server.clone().or(profile.server).or_else(|| runtime::environment("EXCHANGE_SERVER"));
        let server = server.unwrap_or_else(|| "127.0.0.1:7443".to_owned());
        let ca = file(&connection.ca, profile.ca, "ca")?;
        let cert = file(&connection.cert, profile.cert, "cert")?;
        let key = file(&connection.key, profile.key, "key")?;
        let tls = ClientTls::load(&ca, &cert, &key, Arc::new(SystemClock))
            .map_err(|error| Failure { code: USAGE, message: chain(&error) })?;
        let limit = Duration::from_secs(connection.timeout.max(1));
        Ok(Self { server, tls, limit, files: Some(Files { ca, cert, key }) })
    }

    /// A client of a server that is already known.
    pub(crate) fn with(server: String, tls: ClientTls) -> Self {
        Self { server, tls, limit: Duration::from_secs(15), files: None }
    }

    /// The client's files, where it was made from them.
    pub(crate) fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// What signs as this client, where it was made from files.
    pub(crate) fn signer(&self) -> Result<Option<Signer>> {
        let load = |files: &Files| Signer::load(&files.cert, &files.key);
        self.files().map(load).transpose().map_err(|error| usage(chain(&error)))
    }

    /// Asks and waits on the calling thread.
    pub(crate) fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.ask(method, path, body))
    }

    /// Asks.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let text = body.map(ToString::to_string).unwrap_or_default();
        self.reply(method, path, text).await?.answer()
    }

    /// Asks with a body as it stands and waits on the calling thread: what came, an answer or a problem.
    pub(crate) fn post(&self, path: &str, body: String) -> Result<Reply> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.reply(Method::POST, path, body))
    }

    async fn reply(&self, method: Method, path: &str, body: String) -> Result<Reply> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request, body.into()).await
    }

    /// Sends lines, packed, under a key of the request, and waits on the calling thread; the lines of the answer.
    pub(crate) fn publish(&self, path: &str, key: &str, packed: Vec<u8>) -> Result<Vec<Value>> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(header::CONTENT_ENCODING, "gzip")
            .header("idempotency-key", key);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let text = runtime.block_on(self.send(request, packed.into()))?.judged()?;
        text.lines().map(|line| serde_json::from_str(line).context("the answer is not NDJSON")).collect()
    }

    async fn send(&self, request: http::request::Builder, body: Bytes) -> Result<Reply> {
        let sent = tokio::time::timeout(self.limit, self.exchange(request, body)).await;
        sent.map_err(|_| self.late())?
    }

    async fn exchange(&self, request: http::request::Builder, body: Bytes) -> Result<Reply> {
        let mut open = self.open().await?;
        let request = request
            .header(header::HOST, &self.server)
            .header("exchange-timeout", self.limit.as_millis().to_string())
            .body(Full::new(body))?;
        let (status, bytes) = open.ask(request).await.map_err(|broken| self.broken(&broken))?;
        Ok(Reply { status, text: String::from_utf8(bytes.to_vec()).context("the answer is not UTF-8")? })
    }

    async fn open(&self) -> Result<Open, Failure> {
        let stream = self.tls.connect(&self.server, Alpn::Http1).await.map_err(|error| self.unconnected(&error))?;
        Open::over(stream).await.map_err(|broken| self.broken(&broken))
    }

    /// A connection that ended: refused in the handshake, which under TLS 1.3 shows only now, or away.
    fn broken(&self, broken: &Broken) -> Failure {
        match broken {
            Broken::Closed => self.away("the connection has ended"),
            Broken::Failed(error) => match security::refused_by_server(error) {
                Some(refusal) => self.refused(refusal),
                None => self.away(&chain(error)),
            },
        }
    }

    fn unconnected(&self, error: &SecurityError) -> Failure {
        if let Some(refusal) = security::refused_by_server(error) {
            return self.refused(refusal);
        }
        match error {
            SecurityError::BadAddress { .. } => Failure { code: USAGE, message: chain(error) },
            SecurityError::Handshake { refusal, .. } if *refusal != Refusal::Protocol => {
                let message = format!("{} is not trusted: its {refusal}; does --ca name its authority?", self.server);
                Failure { code: USAGE, message }
            }
            _ => self.away(&chain(error)),
        }
    }

    fn refused(&self, refusal: Refusal) -> Failure {
        let message = format!("{} refuses this certificate: {refusal}", self.server);
        Failure { code: REFUSED, message }
    }

    fn late(&self) -> Failure {
        self.away(&format!("no answer within {} s", self.limit.as_secs()))
    }

    fn away(&self, why: &str) -> Failure {
        Failure { code: UNAVAILABLE, message: format!("{} does not answer: {why}", self.server) }
    }
}

impl Reply {
    /// Whether it is an answer rather than a problem.
    pub(crate) fn is_answer(&self) -> bool {
        self.status.is_success()
    }

    /// The answer.
    ///
    /// # Errors
    /// It is a problem.
    pub(crate) fn answer(self) -> Result<Answer> {
        let text = self.judged()?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { text, value })
    }

    fn judged(self) -> Result<String> {
        if self.is_answer() {
            return Ok(self.text);
        }
        let problem: Value = serde_json::from_str(&self.text).unwrap_or(Value::Null);
        Err(refusal(self.status, &problem).into())
    }
}

/// What a problem+json answer says, with the exit code for it.
fn refusal(status: StatusCode, problem: &Value) -> Failure {
    let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let code = match status.as_u16() {
        403 | 429 => REFUSED,
        400 => USAGE,
        502..=504 => UNAVAILABLE,
        _ => FAILED,
    };
    let mut message = match text("detail") {
        detail if detail.is_empty() => format!("the exchange answered {status}"),
        detail => detail,
    };
    if code == REFUSED {
        message = format!("refused ({}): {message}", text("reason"));
    }
    for field in problem["fields"].as_array().into_iter().flatten() {
        let (name, rule) = (field["field"].as_str().unwrap_or_default(), field["rule"].as_str().unwrap_or_default());
        message = format!("{message}\n  {name}: {rule}");
    }
    if let Some(id) = problem["evidence_id"].as_str() {
        message = format!("{message}\n  evidence: {id}");
    }
    Failure { code, message }
}

fn profile(name: &str) -> Result<Profile> {
    let home = runtime::environment("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| runtime::environment("HOME").map(|home| PathBuf::from(home).join(".config")))
        .ok_or_else(|| usage("neither XDG_CONFIG_HOME nor HOME is set, so there is no profile to read"))?;
    let path = home.join("exchange/profiles.toml");
    let mut profiles: BTreeMap<String, Profile> = runtime::config::load(&path)?;
    let found = profiles.remove(name);
    found.ok_or_else(|| usage(format!("{} has no profile `{name}`", path.display())))
}
