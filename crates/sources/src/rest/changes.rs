//! The list of changes, page by page.

use super::{
    calls::Calls,
    fault::Fault,
    signed::{Question, Said, Signed},
};
use crate::https::{self, in_query};
use adapter_sdk::{
    Finding, IntakeError, Stop,
    formats::{answers::Page, framing::RowPlace},
    source::{Batch, Known, Source, SourceError, SourceRow},
    transport::RestFeed,
};
use domain::{Clock, Language, Timestamp};
use http::Method;
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;

/// How long a page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(30);
/// The longest rest while no call is left, so that operators are heard meanwhile.
const REST: Duration = Duration::from_secs(5);

/// A department's list of changes as a source.
pub(super) struct Changes {
    feed: &'static RestFeed,
    signed: Signed,
    clock: Arc<dyn Clock>,
    language: Language,
    runtime: Runtime,
    calls: Mutex<Calls>,
    /// Where the next page begins; none at the beginning of the list.
    cursor: Option<String>,
    /// When the poll that is under way began.
    began: Option<Timestamp>,
}

/// The position as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// [`Calls::told`].
    #[serde(default)]
    calls: Vec<i64>,
}

/// A page that was read.
struct Read {
    rows: Vec<Vec<u8>>,
    next: Option<String>,
    more: bool,
}

impl Changes {
    /// The list of `feed`.
    pub(super) fn new(
        feed: &'static RestFeed,
        signed: Signed,
        clock: Arc<dyn Clock>,
        language: Language,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let calls = Mutex::new(Calls::new(feed.calls_per_hour));
        Ok(Self { feed, signed, clock, language, runtime, calls, cursor: None, began: None })
    }

    /// A page; a cursor that is lost leads to the first page again.
    fn page(&mut self, stop: &dyn Stop) -> Result<Read, Fault> {
        match self.call(self.feed.page, stop) {
            Err(Fault::LostCursor { code }) if self.cursor.is_some() => {
                tracing::warn!(
                    list = self.feed.path,
                    code,
                    "cursor is broken or has expired; the list is read again from its beginning"
                );
                self.cursor = None;
                self.call(self.feed.page, stop)
            }
            read => read,
        }
    }

    fn call(&self, rows: u32, stop: &dyn Stop) -> Result<Read, Fault> {
        let cursor = self.cursor.as_deref().map(|cursor| format!("cursor={}&", in_query(cursor)));
        let path = format!("{}?{}limit={rows}", self.feed.path, cursor.unwrap_or_default());
        let question = Question { method: Method::GET, path: &path, body: "" };
        let permit = || if self.calls().take(self.clock.now()) { Ok(()) } else { Err(Fault::Quota) };
        let read = |body: &[u8]| self.read(body);
        let asked = self.signed.ask(&question, &permit, &read);
        self.within_limit(asked, stop)
    }

    fn read(&self, body: &[u8]) -> Result<Said<Read>, String> {
        match self.feed.answers.page(body) {
            Ok(Page::Failed { code }) => Ok(Said::Failed(code)),
            Ok(Page::Rows { rows, next, more }) => Ok(Said::Good(Read { rows, next, more })),
            Err(malformed) => Err(format!("the answer is no page of changes: {malformed}")),
        }
    }

    fn within_limit<T>(&self, asked: impl Future<Output = Result<T, Fault>>, stop: &dyn Stop) -> Result<T, Fault> {
        https::within(&self.runtime, PAGE_LIMIT, stop, asked)?
    }

    fn batch(&mut self, read: Read, began: Timestamp) -> Result<Batch, Fault> {
        let moves = read.next.is_some() && read.next != self.cursor;
        if read.more && !moves {
            let message = "there is more, but the next page would be the same one; have the department look after it";
            return Err(Fault::Malformed(message.to_owned()));
        }
        if moves {
            self.cursor = read.next;
        }
        if !read.more {
            self.began = None;
        }
        let rows =
            read.rows.into_iter().map(|bytes| SourceRow { bytes, place: RowPlace::Passing, ..SourceRow::default() });
        Ok(Batch {
            rows: rows.collect(),
            position: self.position(),
            end: !read.more,
            as_of: (!read.more).then_some(began),
            full: false,
            origin: self.feed.path.to_owned(),
        })
    }

    fn position(&self) -> Option<Vec<u8>> {
        let position = Position { cursor: self.cursor.clone(), calls: self.calls().told() };
        serde_json::to_vec(&position).ok()
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finding(&self, what: &'static str, result: &Result<(), Fault>) -> Finding {
        let place = PathBuf::from(format!("https://{}", self.signed.wire.host()));
        let fix = result.as_ref().err().map(|fault| match self.language {
            Language::English => format!("{fault}; mend the settings of the source, or ask the department"),
            Language::Chinese => format!("调用失败，请核对数据源配置或联系部门（{fault}）"),
        });
        Finding { what, place, fix }
    }
}

impl Source for Changes {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.began = None;
        self.cursor = None;
        let Some(bytes) = position else { return Ok(()) };
        let damaged = |_| IntakeError::State { what: "position in the list of changes" };
        let position: Position = serde_json::from_slice(bytes).map_err(damaged)?;
        self.cursor = position.cursor;
        self.calls().recall(&position.calls);
        Ok(())
    }

    fn next(&mut self, _known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        let now = self.clock.now();
        let began = *self.began.get_or_insert(now);
        if self.calls().left(now) == 0 {
            return Ok(Batch::default());
        }
        match self.page(stop).and_then(|read| self.batch(read, began)) {
            // The last call went into a secret that had expired.
            Err(Fault::Quota) => Ok(Batch::default()),
            other => Ok(other?),
        }
    }

    fn pause(&mut self, stop: &dyn Stop, poll: Duration) {
        let now = self.clock.now();
        let (wait, pace) = {
            let calls = self.calls();
            (calls.until_left(now), calls.pace(now))
        };
        if wait > Duration::ZERO {
            tracing::info!(list = self.feed.path, seconds = wait.as_secs(), "no calls left in this hour");
        }
        stop.pause(poll.max(pace).max(wait.min(REST)));
    }

    fn check(&mut self) -> Vec<Finding> {
        let go_on = || false;
        let secret = self.within_limit(self.signed.warm_up(), &go_on);
        let mut findings = vec![self.finding("secret.refreshed", &secret)];
        if secret.is_ok() {
            let list = self.call(1, &go_on).map(|_| ());
            findings.push(self.finding("list.answers", &list));
        }
        findings
    }

    fn quota_left(&self) -> Option<u64> {
        u64::try_from(self.calls().left(self.clock.now())).ok()
    }
}
