//! The one way in and the one way out.

use crate::{
    Departure, Finished, Method, Reply,
    answered::Answered,
    certificates::ListCertificates,
    equity::GetEquity,
    front,
    ground::Ground,
    live::Providers,
    project::Projections,
    question::Question,
    reader::Shelf,
    repeat::{Kept, Repeats, Request, Turn},
    resolve::Resolve,
    stop::{Away, Stop},
    token,
    verify::Verify,
};
use chrono::FixedOffset;
use domain::{Caller, CallerKind, Clock, Language, Reason, Timestamp};
use policy::{Denial, Gate};
use security::seal::SealingKey;
use std::{fmt, sync::Arc, time::Duration};
use store::ViewReader;
use view::Directory;

/// Server time limit of a question.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Is told of every answer as it leaves; for metrics and logs.
pub type Watch = Box<dyn Fn(&Departure<'_>) + Send + Sync>;

/// Settings of the node.
pub struct Settings {
    /// Days, and the end of a certificate's validity, are in this offset.
    pub offset: FixedOffset,
    /// Language of sentences for people.
    pub language: Language,
    /// Seals page tokens.
    pub key: SealingKey,
    /// Is told of every answer.
    pub watch: Watch,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("offset", &self.offset)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Answers questions from a view.
pub struct Exchange<V> {
    shelf: Shelf<V>,
    directory: Arc<Directory>,
    gate: Arc<Gate>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    providers: Providers,
    projections: Projections,
    repeats: Repeats,
}

impl<V: ViewReader> Exchange<V> {
    /// An exchange over `view`, judged by what `directory` has in force.
    pub fn new(view: V, directory: Arc<Directory>, gate: Arc<Gate>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self {
            shelf: Shelf::new(view),
            directory,
            gate,
            clock,
            settings,
            providers: Providers::new(),
            projections: Projections::default(),
            repeats: Repeats::default(),
        }
    }

    /// The same with departments that can be asked at query time.
    #[must_use]
    pub fn with_providers(self, providers: Providers) -> Self {
        Self { providers, ..self }
    }

    /// Answers one question: `request` is the encoded request message of `method`. Takes at most
    /// `deadline`, and never more than the server's time limit of 10 s.
    ///
    /// Needs a tokio runtime with time; dropping the future ends the question unanswered.
    pub async fn answer(&self, caller: &Caller, method: Method, request: &[u8], deadline: Duration) -> Finished {
        let now = self.clock.now();
        let (finished, repeated) = self.handle(caller, method, request, (now, deadline.min(TIME_LIMIT))).await;
        self.leave(caller, method, (now, repeated), finished)
    }

    /// Every answer passes here, exactly once, with its bytes made.
    fn leave(&self, caller: &Caller, method: Method, asked: (Timestamp, bool), finished: Finished) -> Finished {
        let (came, repeated) = asked;
        (self.settings.watch)(&Departure {
            caller,
            method,
            outcome: finished.outcome,
            reason: finished.reason,
            resource: finished.resource.as_deref(),
            took: (self.clock.now() - came).to_std().unwrap_or_default(),
            repeated,
        });
        finished
    }

    async fn handle(
        &self,
        caller: &Caller,
        method: Method,
        request: &[u8],
        time: (Timestamp, Duration),
    ) -> (Finished, bool) {
        if caller.kind != CallerKind::Consumer {
            let denial = Denial { reason: Reason::CallerKind, grant: None, retry_after: None };
            return (Stop::Refused(denial).finish(None, self.settings.language), false);
        }
        let (now, limit) = time;
        let snapshot = self.directory.now();
        let ground = Ground {
            caller,
            snapshot: &snapshot,
            now,
            clock: &*self.clock,
            gate: &self.gate,
            shelf: &self.shelf,
            projections: &self.projections,
            providers: &self.providers,
            settings: &self.settings,
        };
        match method {
            Method::Resolve => self.ask::<Resolve>(&ground, request, limit).await,
            Method::Verify => self.ask::<Verify>(&ground, request, limit).await,
            Method::ListCertificates => self.ask::<ListCertificates>(&ground, request, limit).await,
            Method::GetEquity => self.ask::<GetEquity>(&ground, request, limit).await,
        }
    }

    async fn ask<Q: Question>(&self, ground: &Ground<'_, V>, request: &[u8], limit: Duration) -> (Finished, bool) {
        let question = match front::open(ground, request).and_then(|opened| Q::read(ground, opened)) {
            Ok(question) => question,
            Err(stop) => return (stop.finish(None, self.settings.language), false),
        };
        let resource = question.resource().map(ToOwned::to_owned);
        let answered = tokio::time::timeout(limit, self.judged(ground, question)).await;
        match answered.unwrap_or(Err(Stop::Away(Away::TimeLimit))) {
            Ok((answered, repeated)) => {
                let reply = Reply::Answer(answered.bytes);
                (Finished { outcome: answered.outcome, reason: None, resource, reply }, repeated)
            }
            Err(stop) => (stop.finish(resource, self.settings.language), false),
        }
    }

    /// Grant, earlier answer, quota, view: in this order.
    async fn judged<Q: Question>(&self, ground: &Ground<'_, V>, mut question: Q) -> Result<(Answered, bool), Stop> {
        let approved = question.judge(ground)?;
        let turn = self.turn(ground, &question).await;
        if let Some(earlier) = turn.as_ref().and_then(|turn| turn.earlier(ground.now)) {
            if earlier.question != question.common().digest {
                return Err(Stop::Conflict);
            }
            // Grants that changed since may show less: then it is a new question.
            if earlier.standing == token::digest_of_grants(ground.grants()) {
                return Ok((earlier.answered.clone(), true));
            }
        }
        let permits = self.gate.count(approved, ground.now)?;
        let answered = question.answer(ground, &permits).await?;
        if let Some(turn) = turn {
            let standing = token::digest_of_grants(ground.grants());
            let question = question.common().digest;
            turn.keep(Kept { question, standing, answered: answered.clone(), at: ground.now });
        }
        Ok((answered, false))
    }

    /// Waits for an equal request that is being answered.
    async fn turn<Q: Question>(&self, ground: &Ground<'_, V>, question: &Q) -> Option<Turn<'_>> {
        let id = question.common().request_id?;
        Some(self.repeats.enter(Request { caller: ground.caller.id().to_owned(), method: Q::METHOD, id }).await)
    }
}
