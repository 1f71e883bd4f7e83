//! The client: connections over mutual TLS, questions in flight.

mod counted;

use super::{
    raw::Raw,
    records::{Questions, is_found},
};
use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use exchange_tests::Random;
use http::{Uri, uri::PathAndQuery};
use hyper_util::rt::TokioIo;
use security::{Alpn, ClientTls};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::Semaphore, task::JoinSet};
use tonic::{
    Request,
    client::Grpc,
    transport::{Channel, Endpoint},
};

/// Who asks; the node's sample consumer.
pub(super) const CONSUMER: &str = "consumer-one-window";
/// Questions open at once, however late answers are: the exchange refuses more than 512 of one caller.
const MOST_OPEN: usize = 400;
pub(super) const RESOLVE: &str = "/exchange.v1.ExchangeService/Resolve";

/// How much is asked at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Connections.
    pub(crate) connections: usize,
    /// Questions in flight over all of them.
    pub(crate) in_flight: usize,
}

/// Connections to one service.
pub(crate) struct Client {
    runtime: Runtime,
    channels: Vec<Channel>,
    questions: Questions,
    seed: u64,
}

impl Client {
    /// Connects to `address` as the sample consumer, whose certificate is in `pki`.
    pub(crate) fn connect(address: &str, pki: &Path, connections: usize, questions: Questions) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let tls = credentials(pki, CONSUMER)?;
        let channels = (0..connections).map(|_| runtime.block_on(channel(address, tls.clone())));
        let channels = channels.collect::<Result<_>>()?;
        Ok(Self { runtime, channels, questions, seed: 1 })
    }

    /// Asks one question and gives the answer.
    pub(crate) fn ask(&self, index: u64) -> Result<Bytes> {
        let channel = self.channels.first().context("no connection")?.clone();
        self.runtime.block_on(ask(&mut Grpc::new(channel), self.questions.nth(index)))
    }

    /// Keeps `in_flight` questions open for a time; how many were answered.
    pub(crate) fn saturate(&mut self, in_flight: usize, time: Duration) -> Result<u64> {
        let end = Instant::now() + time;
        let mut asking = JoinSet::new();
        for at in 0..in_flight {
            self.seed += 1;
            let channel = self.channels[at % self.channels.len()].clone();
            let work = until(end, channel, self.questions.clone(), Random::new(self.seed));
            asking.spawn_on(work, self.runtime.handle());
        }
        self.runtime.block_on(async {
            let mut answered = 0;
            while let Some(one) = asking.join_next().await {
                answered += one??;
            }
            Ok(answered)
        })
    }

    /// Asks `per_s` questions a second by the clock, whether or not the ones before are answered; how long each took from the
    /// moment at which it was due, also when it had to wait for a place. The clock steps by a millisecond: those due in a step
    /// are asked together at its end, which counts as theirs.
    pub(crate) fn paced(&mut self, per_s: f64, time: Duration) -> Result<Vec<Duration>> {
        self.seed += 1;
        let pace = Pace {
            gap: Duration::from_secs_f64(1.0 / per_s),
            time,
            channels: self.channels.clone(),
            questions: self.questions.clone(),
            random: Random::new(self.seed),
        };
        self.runtime.block_on(self.runtime.spawn(pace.keep()))?
    }
}

/// Questions by the clock.
struct Pace {
    gap: Duration,
    time: Duration,
    channels: Vec<Channel>,
    questions: Questions,
    random: Random,
}

impl Pace {
    async fn keep(mut self) -> Result<Vec<Duration>> {
        let places = Arc::new(Semaphore::new(MOST_OPEN));
        let mut asking = JoinSet::new();
        let begun = Instant::now();
        let mut due = begun;
        for channel in self.channels.iter().cycle() {
            if due >= begun + self.time {
                break;
            }
            // The timer's own step is a millisecond; those that became due in it go together.
            tokio::time::sleep_until(due.into()).await;
            let (mut grpc, question) = (Grpc::new(channel.clone()), self.questions.any(&mut self.random));
            let place = Arc::clone(&places).acquire_owned().await?;
            asking.spawn(async move {
                let _place = place;
                ask(&mut grpc, question).await.map(|_| due.elapsed())
            });
            due += self.gap;
        }
        asking.join_all().await.into_iter().collect()
    }
}

async fn until(end: Instant, channel: Channel, questions: Questions, mut random: Random) -> Result<u64> {
    let mut grpc = Grpc::new(channel);
    let mut answered = 0;
    while Instant::now() < end {
        ask(&mut grpc, questions.any(&mut random)).await?;
        answered += 1;
    }
    Ok(answered)
}

async fn ask(grpc: &mut Grpc<Channel>, question: Bytes) -> Result<Bytes> {
    grpc.ready().await?;
    let answered = grpc.unary(Request::new(question), PathAndQuery::from_static(RESOLVE), Raw).await;
    let answer = answered.map_err(|status| anyhow!("no answer: {status}"))?.into_inner();
    ensure!(is_found(&answer), "an answer without a record");
    Ok(answer)
}

/// What `caller` (`consumer-one-window`, `department-health`) shows of itself, from the certificates in `pki`.
pub(super) fn credentials(pki: &Path, caller: &str) -> Result<ClientTls> {
    let file = |end: &str| pki.join(format!("{caller}.{end}"));
    Ok(ClientTls::load(&pki.join("ca.pem"), &file("pem"), &file("key"), Arc::new(runtime::SystemClock))?)
}

/// A connection.
pub(super) async fn channel(address: &str, tls: ClientTls) -> Result<Channel> {
    // The connection below encrypts; to this layer it is a plain one.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let address = address.to_owned();
    let connector = tower::service_fn(move |_: Uri| {
        let (tls, address) = (tls.clone(), address.clone());
        async move { tls.connect(&address, Alpn::Http2).await.map(TokioIo::new) }
    });
    endpoint.connect_with_connector(connector).await.context("no connection")
}
