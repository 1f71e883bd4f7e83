//! Many pieces over one connection.

use super::{Client, connection::Open, refusal};
use anyhow::Result;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;
use tokio::runtime::Runtime;

/// Reads pieces one after the other, waiting on the calling thread.
pub(crate) struct Session<'a> {
    client: &'a Client,
    runtime: Runtime,
    open: Option<Open>,
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
    let request = || Request::get(path).header(header::HOST, &client.server).body(Full::default());
    if let Some(mut kept) = open.take().filter(Open::is_open)
        && let Ok(reply) = kept.ask(request()?).await
    {
        *open = Some(kept);
        return Ok(reply);
    }
    let mut fresh = client.open().await?;
    let reply = fresh.ask(request()?).await.map_err(|broken| client.broken(&broken))?;
    *open = Some(fresh);
    Ok(reply)
}
