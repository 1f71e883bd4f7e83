//! One caller that does one thing after the other.

use super::{
    client::{CONSUMER, RESOLVE, channel, credentials},
    raw::Raw,
    records::is_found,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use contract::v1::{PublishRequest, PublishResponse, PublishResult};
use http::uri::PathAndQuery;
use prost::Message as _;
use std::path::Path;
use tokio::runtime::Runtime;
use tonic::{Request, client::Grpc, transport::Channel};

const PUBLISH: &str = "/exchange.v1.PublishService/Publish";

/// A caller on a connection of its own.
pub(crate) struct Caller {
    runtime: Runtime,
    channel: Channel,
}

impl Caller {
    /// The sample consumer, whose certificate is in `pki`.
    pub(crate) fn consumer(address: &str, pki: &Path) -> Result<Self> {
        Self::connect(address, pki, CONSUMER)
    }

    /// Somebody else (`department-health`).
    pub(crate) fn connect(address: &str, pki: &Path, name: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let channel = runtime.block_on(channel(address, credentials(pki, name)?))?;
        Ok(Self { runtime, channel })
    }

    /// Whether the answer to a question has a record.
    pub(crate) fn finds(&self, question: &Bytes) -> Result<bool> {
        let mut grpc = Grpc::new(self.channel.clone());
        self.runtime.block_on(async {
            grpc.ready().await?;
            let path = PathAndQuery::from_static(RESOLVE);
            let answered = grpc.unary(Request::new(question.clone()), path, Raw).await;
            let answer = answered.map_err(|status| anyhow!("no answer: {status}"))?;
            Ok(is_found(answer.get_ref()))
        })
    }

    /// Pushes one record of its department; comes back when it is accepted.
    pub(crate) fn push(&self, content: String) -> Result<()> {
        let request = PublishRequest { content, ..PublishRequest::default() };
        let records = tokio_stream::once(Bytes::from(request.encode_to_vec()));
        let mut grpc = Grpc::new(self.channel.clone());
        self.runtime.block_on(async {
            grpc.ready().await?;
            let path = PathAndQuery::from_static(PUBLISH);
            let called = grpc.streaming(Request::new(records), path, Raw).await;
            let mut answers = called.map_err(|status| anyhow!("nothing is published: {status}"))?.into_inner();
            let answer = answers.message().await.map_err(|status| anyhow!("not accepted: {status}"))?;
            let answer = PublishResponse::decode(answer.context("a push without an answer")?)?;
            ensure!(answer.result() == PublishResult::Accepted, "not accepted, by rule {:?}", answer.rule);
            Ok(())
        })
    }
}
