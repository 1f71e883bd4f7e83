//! The one way in and the one way out.

use crate::{
    Asking, Departure, Finished, Form, Method,
    accesses::ListSubjectAccesses,
    account::{Account, Deed},
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
    token::{self, Versions},
    verify::Verify,
};
use chrono::FixedOffset;
use domain::{CallerKind, Clock, Language, Outcome, Reason, Timestamp};
use evidence::{EvidenceError, Log};
use policy::{Denial, Gate};
use security::{digest::Digest32, seal::SealingKey};
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
    /// Where every answer is recorded before it leaves.
    pub evidence: Log,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("offset", &self.offset)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

impl Kept {
    /// The earlier answer in a form.
    fn again(&self, form: Form) -> Judged<'static> {
        if self.form == form { Judged::Again(self.finished.clone()) } else { Judged::Otherwise(self.answered.clone()) }
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
    versions: Versions,
}

/// What came of judging a question.
enum Judged<'a> {
    /// The earlier answer to the same request.
    Again(Finished),
    /// The same answer, which left in another form.
    Otherwise(Answered),
    /// A new answer; with an id, the turn of its request and the digest of the question.
    New(Answered, Option<(Turn<'a>, Digest32)>),
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
            versions: Versions::default(),
        }
    }

    /// The same with departments that can be asked at query time.
    #[must_use]
    pub fn with_providers(self, providers: Providers) -> Self {
        Self { providers, ..self }
    }

    /// Answers one question, within `deadline` and never more than the server's time limit of 10 s. What leaves is
    /// recorded; when that fails, nothing is answered.
    ///
    /// Needs a tokio runtime with time; dropping the future ends the question unanswered.
    pub async fn answer(&self, asking: &Asking<'_>, deadline: Duration) -> Finished {
        let now = self.clock.now();
        // Boxed: the callers' own futures are copied when they are made, and would each have room for this one.
        let (finished, repeated) = Box::pin(self.handle(asking, (now, deadline.min(TIME_LIMIT)))).await;
        self.leave(asking, (now, repeated), finished)
    }

    /// Records that a question was not answered for a reason that lies before its judgement; gives the id of the evidence.
    ///
    /// # Errors
    /// When evidence cannot be written.
    pub async fn record(
        &self,
        asking: &Asking<'_>,
        outcome: Outcome,
        told: (&str, &str),
    ) -> Result<String, EvidenceError> {
        let account = Account::new(*asking, self.clock.now());
        account.refuse(&self.settings.evidence, (outcome, told.0, told.1)).await
    }

    /// Records what somebody did who asks no question; gives the id of the evidence.
    ///
    /// # Errors
    /// When evidence cannot be written.
    pub async fn record_deed(&self, deed: &Deed<'_>) -> Result<String, EvidenceError> {
        let recorded = deed.record(&self.settings.evidence, self.clock.now()).await?;
        Ok(recorded.id.to_string())
    }

    /// The evidence of this node.
    pub fn evidence(&self) -> &Log {
        &self.settings.evidence
    }

    /// Every answer passes here, exactly once, with its bytes made and its evidence durable.
    fn leave(&self, asking: &Asking<'_>, asked: (Timestamp, bool), finished: Finished) -> Finished {
        let (came, repeated) = asked;
        (self.settings.watch)(&Departure {
            caller: asking.caller,
            method: asking.method,
            outcome: finished.outcome,
            reason: finished.reason,
            resource: finished.resource.as_deref(),
            took: (self.clock.now() - came).to_std().unwrap_or_default(),
            repeated,
        });
        finished
    }

    async fn handle(&self, asking: &Asking<'_>, (now, limit): (Timestamp, Duration)) -> (Finished, bool) {
        let mut account = Account::new(*asking, now);
        if asking.caller.kind != CallerKind::Consumer {
            let denial = Denial { reason: Reason::CallerKind, grant: None, retry_after: None };
            return (Box::pin(self.stopped(&mut account, Stop::Refused(denial))).await, false);
        }
        let snapshot = self.directory.now();
        let ground = Ground {
            asking,
            caller: asking.caller,
            snapshot: &snapshot,
            now,
            clock: &*self.clock,
            gate: &self.gate,
            shelf: &self.shelf,
            projections: &self.projections,
            providers: &self.providers,
            settings: &self.settings,
            mark: 0,
        };
        // What most ask is in place, all else in boxes of its own, or it would make room for the largest.
        match asking.method {
            Method::Resolve => self.ask::<Resolve>(ground, limit, account).await,
            Method::Verify => Box::pin(self.ask::<Verify>(ground, limit, account)).await,
            Method::ListCertificates => Box::pin(self.ask::<ListCertificates>(ground, limit, account)).await,
            Method::GetEquity => Box::pin(self.ask::<GetEquity>(ground, limit, account)).await,
            Method::ListSubjectAccesses => Box::pin(self.ask::<ListSubjectAccesses>(ground, limit, account)).await,
        }
    }

    async fn ask<Q: Question>(
        &self,
        mut ground: Ground<'_, V>,
        limit: Duration,
        mut account: Account<'_>,
    ) -> (Finished, bool) {
        let opened = front::open(&ground).and_then(|opened| {
            account.opened(&opened.common);
            Q::read(&ground, opened)
        });
        let judged = match opened {
            Ok(question) => self.read(&mut ground, limit, (question, &mut account)).await,
            Err(stop) => Err(stop),
        };
        let proved = match judged {
            Ok(Judged::Again(finished)) => return (finished, true),
            Ok(Judged::Otherwise(answered)) => account.answer(&self.settings.evidence, &answered).await,
            Ok(Judged::New(answered, turn)) => self.prove(&ground, &account, (answered, turn)).await,
            Err(stop) => return (Box::pin(self.stopped(&mut account, stop)).await, false),
        };
        match proved {
            Ok(finished) => (finished, false),
            Err(error) => (Stop::Away(Away::Evidence(error)).finish(account.resource(), self.settings.language), false),
        }
    }

    /// Judges and answers a well-formed question within its time.
    async fn read<Q: Question>(
        &self,
        ground: &mut Ground<'_, V>,
        limit: Duration,
        (question, account): (Q, &mut Account<'_>),
    ) -> Result<Judged<'_>, Stop> {
        account.read(question.resource(), question.subject());
        let mark = self.settings.evidence.mark(question.subject(), ground.now).map_err(Away::Evidence)?;
        account.marked(mark);
        ground.mark = mark.short();
        let judged = tokio::time::timeout(limit, self.judged(ground, question, account)).await;
        judged.unwrap_or(Err(Stop::Away(Away::TimeLimit)))
    }

    /// Grant, earlier answer, quota, view: in this order.
    async fn judged<Q: Question>(
        &self,
        ground: &Ground<'_, V>,
        mut question: Q,
        account: &mut Account<'_>,
    ) -> Result<Judged<'_>, Stop> {
        let approved = question.judge(ground)?;
        account.approved(&approved, |grant| self.versions.of(grant));
        let turn = self.turn(ground, &question).await;
        if let Some(earlier) = turn.as_ref().and_then(|turn| turn.earlier(ground.now)) {
            if earlier.question != question.common().digest {
                return Err(Stop::Conflict);
            }
            // Grants that changed since may show less: then it is a new question.
            if earlier.standing == token::digest_of_grants(ground.grants()) {
                return Ok(earlier.again(ground.asking.form));
            }
        }
        let permits = self.gate.count(approved, ground.now)?;
        account.counted();
        let answered = question.answer(ground, &permits).await?;
        Ok(Judged::New(answered, turn.map(|turn| (turn, question.common().digest))))
    }

    /// Records an answer; it is kept for the same request only once that is done.
    async fn prove(
        &self,
        ground: &Ground<'_, V>,
        account: &Account<'_>,
        (answered, turn): (Answered, Option<(Turn<'_>, Digest32)>),
    ) -> Result<Finished, EvidenceError> {
        let finished = account.answer(&self.settings.evidence, &answered).await?;
        if let Some((turn, question)) = turn {
            let standing = token::digest_of_grants(ground.grants());
            let (form, finished, at) = (ground.asking.form, finished.clone(), ground.now);
            turn.keep(Kept { question, standing, answered, form, finished, at });
        }
        Ok(finished)
    }

    /// Records why there is no answer.
    async fn stopped(&self, account: &mut Account<'_>, stop: Stop) -> Finished {
        if let Stop::Refused(denial) = &stop {
            account.denied(denial);
        }
        let language = self.settings.language;
        let mut finished = stop.finish(account.resource(), language);
        let (reason, detail) = (finished.reply.reason(), finished.reply.detail());
        match account.refuse(&self.settings.evidence, (finished.outcome, reason, &detail)).await {
            Ok(id) => {
                finished.evidence_id = Some(id);
                finished
            }
            Err(error) => Stop::Away(Away::Evidence(error)).finish(account.resource(), language),
        }
    }

    /// Waits for an equal request that is being answered.
    async fn turn<Q: Question>(&self, ground: &Ground<'_, V>, question: &Q) -> Option<Turn<'_>> {
        let id = question.common().request_id?;
        Some(self.repeats.enter(Request { caller: ground.caller.id().to_owned(), method: Q::METHOD, id }).await)
    }
}
