//! Many pieces over one connection.

use super::{Client, refusal};
use anyhow::Result;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use security::{Alpn, TlsStream};
use serde_json::Value;
use std::pin::Pin;
use tokio::{net::TcpStream, runtime::Runtime};

/// Reads pieces one after the other, waiting on the calling thread.
pub(crate) struct Session<'a> {
    client: &'a Client,
    runtime: Runtime,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Driver>>,
}

/// Moves the bytes of a connection; must be polled for anything to happen on it.
type Driver = Connection<TokioIo<TlsStream<TcpStream>>, Full<Bytes>>;

/// Why there was no reply on a connection.
enum Broken {
    /// The server closed it: another may do.
    Closed,
    Failed(hyper::Error),
}

impl<'a> Session<'a> {
    /// A session that connects when it is first used.
    pub(crate) fn new(client: &'a Client) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, open: None })
    }

    /// The bytes at a path; none where the exchange has nothing for us there.
    pub(crate) fn get(&mut self, path: &str) -> Result<Option<Bytes>> {
        let Self { client, runtime, open } = self;
        let limited = async { tokio::time::timeout(client.limit, fetch(client, open, path)).await };
        let (status, bytes) = runtime.block_on(limited).map_err(|_| client.late())??;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if status.is_success() {
            return Ok(Some(bytes));
        }
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Err(refusal(status, &problem).into())
    }
}

/// Asks once more on a new connection when the one at hand has gone stale.
async fn fetch(client: &Client, open: &mut Option<Open>, path: &str) -> Result<(StatusCode, Bytes)> {
    if let Some(mut kept) = open.take()
        && let Ok(reply) = kept.get(&client.server, path).await
    {
        *open = Some(kept);
        return Ok(reply);
    }
    let stream = client.tls.connect(&client.server, Alpn::Http1).await.map_err(|error| client.unconnected(&error))?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| client.broken(&error))?;
    let mut fresh = Open { sender, connection: Box::pin(connection) };
    let reply = fresh.get(&client.server, path).await.map_err(|broken| match broken {
        Broken::Closed => client.away("it closed the connection"),
        Broken::Failed(error) => client.broken(&error),
    })?;
    *open = Some(fresh);
    Ok(reply)
}

impl Open {
    async fn get(&mut self, host: &str, path: &str) -> Result<(StatusCode, Bytes), Broken> {
        let request =
            Request::get(path).header(header::HOST, host).body(Full::default()).map_err(|_| Broken::Closed)?;
        let Self { sender, connection } = self;
        let answered = async {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            Ok((status, response.into_body().collect().await?.to_bytes()))
        };
        tokio::select! {
            answered = answered => answered.map_err(Broken::Failed),
            ended = connection => Err(ended.err().map_or(Broken::Closed, Broken::Failed)),
        }
    }
}
