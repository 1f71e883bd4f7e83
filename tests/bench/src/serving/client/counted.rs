//! So many questions, and no more: each a call of its own, or all on one stream.

use super::{Client, Raw, ask};
use crate::serving::records::{Questions, is_found};
use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use contract::wire;
use exchange_tests::Random;
use http::uri::PathAndQuery;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, client::Grpc, transport::Channel};

const STREAM: &str = "/exchange.v1.ExchangeService/ResolveStream";
/// Fields of what goes up and down.
const CORRELATION_ID: u32 = 1;
const QUESTION: u32 = 2;
const ANSWER: u32 = 2;

impl Client {
    /// Asks `count` questions as calls of their own, `in_flight` of them open; how long each took.
    pub(crate) fn calls(&mut self, count: u64, in_flight: usize) -> Result<Vec<Duration>> {
        let left = Arc::new(AtomicU64::new(count));
        let mut asking = JoinSet::new();
        for at in 0..in_flight {
            self.seed += 1;
            let channel = self.channels[at % self.channels.len()].clone();
            let work = calls(Arc::clone(&left), channel, self.questions.clone(), Random::new(self.seed));
            asking.spawn_on(work, self.runtime.handle());
        }
        self.runtime.block_on(async {
            let mut times = Vec::new();
            while let Some(some) = asking.join_next().await {
                times.extend(some??);
            }
            Ok(times)
        })
    }

    /// Asks `count` questions on one stream, `in_flight` of them without an answer yet; how long each took.
    pub(crate) fn stream(&mut self, count: usize, in_flight: usize) -> Result<Vec<Duration>> {
        self.seed += 1;
        let channel = self.channels.first().context("no connection")?.clone();
        let (up, questions) = mpsc::channel(in_flight);
        let talk = Talk {
            up: Some(up),
            begun: Vec::with_capacity(count),
            count,
            questions: self.questions.clone(),
            random: Random::new(self.seed),
        };
        self.runtime.block_on(self.runtime.spawn(talk.hold(channel, questions, in_flight)))?
    }
}

async fn calls(
    left: Arc<AtomicU64>,
    channel: Channel,
    questions: Questions,
    mut random: Random,
) -> Result<Vec<Duration>> {
    let mut grpc = Grpc::new(channel);
    let mut times = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let begun = Instant::now();
        ask(&mut grpc, questions.any(&mut random)).await?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// A stream of questions under way.
struct Talk {
    /// Where questions go; none once all are asked.
    up: Option<mpsc::Sender<Bytes>>,
    /// When each was asked; none once it is answered.
    begun: Vec<Option<Instant>>,
    count: usize,
    questions: Questions,
    random: Random,
}

impl Talk {
    async fn hold(
        mut self,
        channel: Channel,
        questions: mpsc::Receiver<Bytes>,
        in_flight: usize,
    ) -> Result<Vec<Duration>> {
        for _ in 0..in_flight {
            self.ask()?;
        }
        let mut grpc = Grpc::new(channel);
        grpc.ready().await?;
        let questions = Request::new(ReceiverStream::new(questions));
        let called = grpc.streaming(questions, PathAndQuery::from_static(STREAM), Raw).await;
        let mut answers = called.map_err(|status| anyhow!("no stream: {status}"))?.into_inner();
        let mut times = Vec::with_capacity(self.count);
        while let Some(answer) = answers.message().await.map_err(|status| anyhow!("the stream broke: {status}"))? {
            times.push(self.answered(&answer)?);
            self.ask()?;
        }
        ensure!(times.len() == self.count, "{} of {} questions were answered", times.len(), self.count);
        Ok(times)
    }

    /// Asks the next question, if there is one; there is always room for one more than is answered.
    fn ask(&mut self) -> Result<()> {
        let number = self.begun.len();
        let Some(up) = self.up.as_ref().filter(|_| number < self.count) else {
            self.up = None;
            return Ok(());
        };
        let mut message = Vec::with_capacity(192);
        wire::append_string_field(&mut message, CORRELATION_ID, &number.to_string());
        wire::append_message_field(&mut message, QUESTION, &self.questions.any(&mut self.random));
        self.begun.push(Some(Instant::now()));
        up.try_send(message.into()).context("the stream takes no more questions")
    }

    /// How long an answer took; it is the only one to its question.
    fn answered(&mut self, message: &[u8]) -> Result<Duration> {
        let answer = wire::bytes_field(message, ANSWER).unwrap_or_default();
        ensure!(is_found(answer), "an answer without a record");
        let number = wire::string_field(message, CORRELATION_ID).unwrap_or_default().parse::<usize>()?;
        let begun = self.begun.get_mut(number).and_then(Option::take);
        Ok(begun.context("an answer to no open question")?.elapsed())
    }
}
