//! Questions that are asked of the department at query time.

use super::{
    breaker::Breaker,
    fault::{Fault, shown},
    signed::{Question, Said, Signed},
};
use adapter_sdk::transport::{LiveAnswer, LiveFeed, RestFeed};
use domain::{Clock, Identifier};
use http::Method;
use routing::{Live, LiveFault, LiveFuture, LiveRecord};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// Questions that are under way at once; others wait within their time limit.
const AT_ONCE: usize = 32;
/// When to ask again after a failure that says nothing about it.
const SOON: Duration = Duration::from_secs(1);
/// When to ask again after one that somebody has to mend.
const LATER: Duration = Duration::from_mins(1);

/// A department that is asked now. Nothing of an answer is kept.
pub(super) struct LiveDesk {
    feed: &'static RestFeed,
    signed: Signed,
    breaker: Breaker,
    slots: Semaphore,
    clock: Arc<dyn Clock>,
    /// Instead of what the department's page says.
    limit: Option<Duration>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    code: String,
    /// `null` is an answer, nothing at all is none.
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

impl LiveDesk {
    pub(super) fn new(feed: &'static RestFeed, signed: Signed, clock: Arc<dyn Clock>) -> Self {
        let breaker = Breaker::new(Arc::clone(&clock));
        Self { feed, signed, breaker, slots: Semaphore::new(AT_ONCE), clock, limit: None }
    }

    /// The same with another time limit for an answer.
    #[cfg(test)]
    pub(super) fn limited(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    async fn answer(&self, resource: &str, by: &Identifier) -> Result<Option<LiveRecord>, LiveFault> {
        let feed = self.feed.live.iter().find(|feed| feed.resource == resource);
        let asked = feed.and_then(|feed| Some((feed, (feed.question)(by)?)));
        let Some((feed, question)) = asked else {
            return Err(fault(format!("{resource} cannot be asked by this kind of identifier"), LATER));
        };
        let limit = self.limit.unwrap_or(feed.answers_within);
        match timeout(limit, self.slots.acquire()).await {
            Ok(Ok(_slot)) => self.ask(feed, &question, (by, limit)).await,
            _ => Err(fault("too many questions are waiting for the department".to_owned(), SOON)),
        }
    }

    async fn ask(
        &self,
        feed: &LiveFeed,
        question: &str,
        (by, limit): (&Identifier, Duration),
    ) -> Result<Option<LiveRecord>, LiveFault> {
        let left_alone = |wait| fault("the department has failed and is left alone for a while".to_owned(), wait);
        let pass = self.breaker.enter().map_err(left_alone)?;
        let question = Question { method: Method::POST, path: feed.path, body: question };
        let read = |body: &[u8]| read(feed, by, body);
        let asked = timeout(limit, self.signed.ask(&question, &|| Ok(()), &read)).await;
        match asked.unwrap_or(Err(Fault::TimeLimit(limit))) {
            Ok(answer) => {
                pass.succeeded();
                Ok(answer.map(|record| self.record(record)))
            }
            Err(wrong) => {
                pass.failed(wrong.retry_after());
                let usual = if matches!(wrong, Fault::Refused(_)) { LATER } else { SOON };
                Err(fault(wrong.to_string(), wrong.retry_after().unwrap_or(usual)))
            }
        }
    }

    fn record(&self, record: adapter_sdk::transport::LiveRecord) -> LiveRecord {
        LiveRecord {
            key: record.key,
            version: record.stamp,
            source_time: record.source_time,
            received_at: self.clock.now(),
            body: record.body,
        }
    }
}

impl Live for LiveDesk {
    fn ask<'a>(&'a self, resource: &'a str, by: &'a Identifier) -> LiveFuture<'a> {
        Box::pin(self.answer(resource, by))
    }
}

/// Anything that is not plainly an answer about whom it was asked about is none.
fn read(
    feed: &LiveFeed,
    by: &Identifier,
    body: &[u8],
) -> Result<Said<Option<adapter_sdk::transport::LiveRecord>>, String> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(body).map_err(|_| "the answer is no answer of this interface".to_owned())?;
    if envelope.code != "00" {
        return Ok(Said::Failed(shown(&envelope.code)));
    }
    let Some(data) = envelope.data else { return Err("the answer holds no data".to_owned()) };
    match (feed.read)(by, data.get().as_bytes()) {
        LiveAnswer::Known(record) => Ok(Said::Good(Some(record))),
        LiveAnswer::Unknown => Ok(Said::Good(None)),
        LiveAnswer::Unusable(what) => Err(format!("the answer cannot be used: {what}")),
    }
}

fn present<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

fn fault(message: String, retry_after: Duration) -> LiveFault {
    LiveFault { message, retry_after }
}
