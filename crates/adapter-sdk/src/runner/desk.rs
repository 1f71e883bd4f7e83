//! The desk that rows pass over: judged, made into messages, and sent on their way.

use super::{
    config::{Observer, RunnerConfig, Stop},
    control::Follower,
    pipeline::{Entry, Pipeline},
};
use crate::{
    adapter::{Adapter, FileKind},
    belief::Belief,
    envelope::{self, Outgoing, Place},
    error::IntakeError,
    judge::{self, Content, Judged, Known, Standing},
    mapping::{Department, Rejection},
    publisher::{Publisher, Topics},
    rules,
    state::{State, Unit},
    uncounted::Uncounted,
};
use bus::Bus;
use contract::topics::Header;
use domain::Clock;
use std::sync::Arc;
use store::Ledger;

/// What a runner works with.
pub(crate) struct Setup {
    pub(crate) adapter: Adapter,
    pub(crate) config: RunnerConfig,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) ledger: Arc<Ledger>,
    /// Who this run is among those that take the department's lease.
    pub(crate) holder: String,
    pub(crate) topics: Topics,
    /// Headers of every record.
    pub(crate) headers: Arc<[Header]>,
    /// Who is believed on the control topic.
    pub(crate) belief: Belief,
    /// Which of the adapter's ways the rows come.
    pub(crate) way: usize,
    /// Whether the rows come from a source that is asked, and not from files.
    pub(crate) is_asked: bool,
}

/// A step's work.
pub(crate) struct Desk<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) pipeline: &'a mut Pipeline,
    pub(crate) stop: &'a dyn Stop,
    /// Rejects translated again in this step.
    pub(crate) redriven: usize,
    /// The unit of a source that is asked.
    pub(crate) unit: &'a mut Option<Unit>,
}

impl Setup {
    pub(crate) fn department(&self) -> &'static Department {
        self.adapter.mapping.department()
    }

    /// How the rows' files look.
    pub(crate) fn files(&self) -> &FileKind {
        &self.adapter.ways[self.way].files
    }

    /// Which of all state folders this is.
    pub(crate) fn folder(&self) -> &str {
        self.holder.rsplit('/').nth(1).unwrap_or_default()
    }

    /// A pipeline that goes on from `state`; `is_fresh` says that nothing was ever seen.
    pub(crate) fn pipeline(
        &self,
        state: State,
        uncounted: Uncounted,
        control: Follower,
        is_fresh: bool,
    ) -> Result<Pipeline, IntakeError> {
        let publisher = Publisher::new(self.bus.as_ref(), self.topics.clone(), self.belief.clone())?;
        let over = if is_fresh { Known::over_empty } else { Known::new };
        let known = over(Arc::clone(&self.ledger), uncounted);
        Ok(Pipeline::new(known, publisher, state, (self.config.window_rows, self.config.window_bytes), control))
    }

    /// The area that a file's name speaks of.
    pub(crate) fn scope_of(&self, file: &str) -> String {
        self.adapter.said_by(file).unwrap_or_default().scope
    }
}

impl Desk<'_> {
    /// Makes sure, before an intake number is given out, that the lease is still held: so whoever takes it over has at most
    /// one number of ours to leave out that is not on the bus yet.
    pub(crate) fn before_a_number(&mut self) -> Result<(), IntakeError> {
        self.pipeline.control().look_to_the_end(self.setup.bus.as_ref(), self.stop)
    }

    /// Judges a row of a unit and sends what follows from it; its effects wait for the acknowledgements.
    pub(crate) fn row(&mut self, place: &Place<'_>, next_byte: u64) -> Result<(), IntakeError> {
        let standing = Standing {
            intake: place.unit.intake,
            number: place.number,
            full: place.unit.full,
            scope: &place.unit.scope,
            again: false,
        };
        let (judged, messages) = self.judged(place, &standing)?;
        let rule = match &judged.content {
            Content::Rejected(rejection) => Some(rejection.rule.id),
            _ => None,
        };
        let verdict = Some(judged.verdict);
        let entry = Entry { verdict, rule, reach: Some((next_byte, place.number)), ..Entry::default() };
        self.pipeline.submit(judged, messages, entry, self.stop)
    }

    /// A row's judgement, and the messages that follow from it. What is too large for the bus becomes a reject.
    pub(crate) fn judged(
        &self,
        place: &Place<'_>,
        standing: &Standing<'_>,
    ) -> Result<(Judged, Vec<Outgoing>), IntakeError> {
        let known = self.pipeline.known();
        let judged = judge::judge(self.setup.adapter.mapping.as_ref(), &place.row(), standing, known)?;
        let messages = self.messages(&judged, place);
        if matches!(judged.content, Content::Records(_)) && messages.iter().any(|message| self.is_too_large(message)) {
            let judged = too_large(&judged, standing, known)?;
            let messages = self.messages(&judged, place);
            return Ok((judged, messages));
        }
        Ok((judged, messages))
    }

    fn messages(&self, judged: &Judged, place: &Place<'_>) -> Vec<Outgoing> {
        match &judged.content {
            Content::Records(_) => self.records(judged, place),
            Content::Rejected(rejection) => vec![self.reject(rejection, place)],
            _ => Vec::new(),
        }
    }

    fn records(&self, judged: &Judged, place: &Place<'_>) -> Vec<Outgoing> {
        let department = self.setup.department();
        let message = |weighed| {
            let source = place.source(department);
            Outgoing::record(&envelope::record(department, weighed, source, place.received_at()), &self.setup.headers)
        };
        judged.published().filter(|record| record.on_bus.is_none()).map(message).collect()
    }

    fn reject(&self, rejection: &Rejection, place: &Place<'_>) -> Outgoing {
        let department = self.setup.department();
        let mut reject = envelope::reject(department, rejection, place, self.setup.config.language);
        let message = Outgoing::reject(&reject, place);
        if !self.is_too_large(&message) {
            return message;
        }
        // The bytes stay in the department's own file, whose place the reject states; files are never deleted.
        reject.original.clear();
        Outgoing::reject(&reject, place)
    }

    fn is_too_large(&self, message: &Outgoing) -> bool {
        message.size() > self.setup.config.max_message
    }
}

fn too_large(judged: &Judged, standing: &Standing<'_>, known: &Known) -> Result<Judged, IntakeError> {
    let first = judged.published().next();
    let rejection = Rejection {
        rule: &rules::RECORD_TOO_LARGE,
        field: "",
        resource: first.map_or("", |record| record.draft.resource),
        key: first.map(|record| record.draft.key.clone()),
    };
    Ok(judge::reject(rejection, standing, known)?)
}
