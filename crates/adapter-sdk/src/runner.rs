//! Takes in what a department hands over, for as long as it is let.

mod announce;
mod asked;
mod config;
mod control;
mod desk;
mod lease;
mod marks;
mod outage;
mod overdue;
mod pipeline;
mod recall;
mod redrive;
#[cfg(test)]
mod tests;
mod unit;
mod why;

pub use self::config::{Observer, Progress, RunnerConfig, Stop};

use self::{
    asked::{Asked, Looked},
    config::unless_stopped,
    control::Follower,
    desk::{Desk, Setup},
    outage::Outage,
    pipeline::Pipeline,
    unit::{Fate, Pair},
};
use crate::{
    adapter::Adapter,
    belief::Belief,
    envelope,
    error::IntakeError,
    files::{Dropped, Inbox},
    publisher::Topics,
    source::Source,
    state::{Counters, State, Unit},
    transport::{Completion, Transport},
};
use bus::{Bus, BusError};
use domain::{Clock, Timestamp};
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::Ledger;

/// Shortest and longest pause after an error that may pass.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// The longest part of a pause after which operators are heard.
const HEARD: Duration = Duration::from_secs(5);
/// How often an idle adapter says that it is alive.
const HEARTBEAT: chrono::Duration = chrono::Duration::seconds(30);

/// How often a source that is asked and has nothing new says so: the feed is known until then.
const PULSE: chrono::Duration = chrono::Duration::seconds(5);

/// What one look into the folder led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Files taken in.
    pub taken: usize,
    /// Files refused whole.
    pub refused: usize,
    /// Files that were taken in before, byte for byte.
    pub repeated: usize,
    /// Files that may be good later and lie where they are.
    pub waiting: usize,
    /// Rows taken in from a source that is asked.
    pub rows: u64,
    /// Rejects that were translated again.
    pub redriven: usize,
}

/// Runs a department's adapter on the calling thread.
///
/// A step that fails loses nothing: the next begins at the checkpoint.
pub struct Runner {
    setup: Setup,
    feed: Feed,
    session: Option<Session>,
    announced: Option<Timestamp>,
    outage: Outage,
    /// Epoch of the lease that was taken.
    epoch: Option<u64>,
    /// The ledger was empty when it was opened, and nothing has been recalled into it.
    is_fresh: bool,
}

/// What lasts from the checkpoint it was begun at until something fails.
struct Session {
    pipeline: Pipeline,
    unit: Option<Unit>,
}

/// Where rows come from.
enum Feed {
    Dropped(Box<Drops>),
    Asked(Asked),
}

/// A department's folder.
struct Drops {
    inbox: Inbox,
    /// Pairs that wait for their department, as they stood when they were looked at.
    waiting: HashMap<String, Pair>,
}

impl Runner {
    /// Takes in files from [`RunnerConfig::inbox`]; opens the adapter's state in [`RunnerConfig::state_dir`].
    ///
    /// # Errors
    /// When the state cannot be opened, or is another department's.
    pub fn new(
        adapter: Adapter,
        config: RunnerConfig,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IntakeError> {
        let completion = adapter.ways.iter().find_map(|way| match way.transport {
            Transport::Files(completion) => Some(completion),
            _ => None,
        });
        let inbox = Inbox::new(adapter.id(), config.inbox.clone(), completion.unwrap_or(Completion::FlagFile));
        let feed = Feed::Dropped(Box::new(Drops { inbox, waiting: HashMap::new() }));
        Self::over(feed, adapter, config, (bus, clock))
    }

    /// Takes in what a source gives when it is asked; opens the adapter's state in [`RunnerConfig::state_dir`].
    ///
    /// # Errors
    /// When the state cannot be opened, or is another department's.
    pub fn asking(
        source: Box<dyn Source>,
        adapter: Adapter,
        config: RunnerConfig,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IntakeError> {
        Self::over(Feed::Asked(Asked { source, open: false }), adapter, config, (bus, clock))
    }

    fn over(
        feed: Feed,
        adapter: Adapter,
        config: RunnerConfig,
        (bus, clock): (Arc<dyn Bus>, Arc<dyn Clock>),
    ) -> Result<Self, IntakeError> {
        let ledger = Arc::new(Ledger::open(&config.state_dir, adapter.id())?);
        let is_fresh = ledger.is_empty()?;
        let holder = lease::holder(&config.node, &ledger)?;
        let topics = Topics::of(adapter.id());
        let headers = envelope::headers_of_records(adapter.mapping.department());
        let outage = Outage::new(adapter.id());
        let way = adapter.ways.iter().position(|way| matches!(way.transport, Transport::Files(_))).unwrap_or_default();
        let is_asked = matches!(feed, Feed::Asked(_));
        let belief = Belief::new(config.identity.clone());
        let observer = Arc::new(());
        let setup =
            Setup { adapter, config, bus, clock, observer, ledger, holder, topics, headers, belief, way, is_asked };
        Ok(Self { setup, feed, session: None, announced: None, outage, epoch: None, is_fresh })
    }

    /// Tells `observer` how the work goes on.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.setup.observer = observer;
        self
    }

    /// The department's id.
    #[must_use]
    pub fn department(&self) -> &'static str {
        self.setup.adapter.id()
    }

    /// Rows as of the last checkpoint.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn counters(&self) -> Result<Counters, IntakeError> {
        let state = self.setup.ledger.blob(State::BLOB)?;
        Ok(state.map(|blob| State::read(&blob)).transpose()?.unwrap_or_default().counters)
    }

    /// Works until it is told to stop, looking into the folder every [`RunnerConfig::poll`]. What may pass is waited for.
    ///
    /// # Errors
    /// What waiting does not mend.
    pub fn run(&mut self, stop: &dyn Stop) -> Result<(), IntakeError> {
        let mut patience = PATIENCE.0;
        while !stop.is_stopped() {
            match self.step(stop) {
                Ok(_) => {
                    patience = PATIENCE.0;
                    self.outage.ended();
                    self.rest(stop);
                }
                Err(IntakeError::Stopped) => break,
                Err(error) if error.is_retryable() => {
                    self.tell(&error);
                    self.leave_alone(error.wait().unwrap_or(patience), stop)?;
                    patience = (patience * 2).min(PATIENCE.1);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks into the folder once and takes in everything that is complete.
    ///
    /// # Errors
    /// Any [`IntakeError`]; what is done is kept.
    pub fn step(&mut self, stop: &dyn Stop) -> Result<Step, IntakeError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.connect(stop)?,
        };
        let result = self.work(&mut session, stop);
        match &result {
            Ok(_) | Err(IntakeError::Source(_)) => self.session = Some(session),
            // The next step reads again what is not in the checkpoint; the more is in, the less is repeated.
            Err(_) => session.pipeline.keep_what_is_done(),
        }
        result
    }

    /// Passes the time for which a source asks to be left alone, a day at the most; what operators ask for is done meanwhile.
    fn leave_alone(&mut self, time: Duration, stop: &dyn Stop) -> Result<(), IntakeError> {
        let mut left = time;
        while !left.is_zero() && !stop.is_stopped() {
            let part = left.min(HEARD);
            stop.pause(part);
            left -= part;
            if !left.is_zero() && !stop.is_stopped() {
                self.hear(stop)?;
            }
        }
        Ok(())
    }

    /// Does what operators ask for, as long as the session goes well.
    fn hear(&mut self, stop: &dyn Stop) -> Result<(), IntakeError> {
        let Some(mut session) = self.session.take() else { return Ok(()) };
        let Session { pipeline, unit } = &mut session;
        let mut desk = Desk { setup: &self.setup, pipeline, stop, redriven: 0, unit };
        match desk.heed_control() {
            Ok(()) => self.session = Some(session),
            Err(error) => {
                session.pipeline.keep_what_is_done();
                match error {
                    IntakeError::Stopped => {}
                    error if error.is_retryable() => self.tell(&error),
                    error => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn rest(&mut self, stop: &dyn Stop) {
        let poll = self.setup.config.poll;
        match &mut self.feed {
            Feed::Dropped(_) => stop.pause(poll),
            Feed::Asked(asked) => asked.source.pause(stop, poll),
        }
    }

    /// Says what keeps the intake waiting.
    fn tell(&mut self, error: &IntakeError) {
        match error {
            IntakeError::Bus(error @ BusError::Unavailable(_)) => self.outage.began(error),
            // Said when it began.
            IntakeError::Source(_) => {}
            error => tracing::warn!(department = self.department(), error = chain(error), "intake waits"),
        }
    }

    fn connect(&mut self, stop: &dyn Stop) -> Result<Session, IntakeError> {
        let setup = &self.setup;
        unless_stopped(stop)?;
        setup.bus.create_topics(&setup.topics.needed(setup.config.partitions))?;
        let taken = lease::take(setup, self.epoch, stop)?;
        self.epoch = Some(taken.lease.epoch);
        // An attempt that fails may have recalled something.
        let was_fresh = std::mem::take(&mut self.is_fresh);
        let (state, uncounted) = recall::catch_up(setup, &taken.next, stop)?;
        // What is recalled bears an intake number, and no row is taken in without one.
        let is_fresh = was_fresh && state.intake == 0;
        unless_stopped(stop)?;
        let control =
            Follower::new(setup.bus.as_ref(), setup.adapter.id(), &state.control, (taken.lease, setup.belief.clone()))?;
        unless_stopped(stop)?;
        let mut pipeline = setup.pipeline(state, uncounted, control, is_fresh)?;
        if let Feed::Asked(asked) = &mut self.feed {
            asked.open = false;
            pipeline.recall_marks(asked.source.as_ref())?;
        }
        self.announced = None;
        Ok(Session { pipeline, unit: None })
    }

    fn work(&mut self, session: &mut Session, stop: &dyn Stop) -> Result<Step, IntakeError> {
        let Session { pipeline, unit } = session;
        let mut desk = Desk { setup: &self.setup, pipeline, stop, redriven: 0, unit };
        desk.heed_control()?;
        if self.announced.is_none() {
            desk.announce()?;
        }
        let (mut done, heartbeat, told) = match &mut self.feed {
            Feed::Dropped(drops) => (look_into(&mut desk, drops)?, HEARTBEAT, false),
            Feed::Asked(asked) => {
                let looked = desk.ask(asked);
                let now = self.setup.clock.now();
                // That the adapter lives is said while its source is away, too.
                if matches!(looked, Err(IntakeError::Source(_)))
                    && self.announced.is_none_or(|last| now - last >= HEARTBEAT)
                {
                    desk.announce()?;
                    self.announced = Some(now);
                }
                let looked = looked?;
                // Who only waits to be pushed to learns nothing by waiting.
                let heartbeat = if looked.ended { PULSE } else { HEARTBEAT };
                (looked.into(), heartbeat, looked.told)
            }
        };
        let now = self.setup.clock.now();
        let due = self.announced.is_none_or(|last| now - last >= heartbeat);
        if told {
            self.announced = Some(now);
        } else if due || done != (Step { waiting: done.waiting, ..Step::default() }) {
            desk.look_ended()?;
            self.announced = Some(now);
        }
        done.redriven = desk.redriven;
        Ok(done)
    }
}

/// Takes in everything in the folder that is complete.
fn look_into(desk: &mut Desk<'_>, drops: &mut Drops) -> Result<Step, IntakeError> {
    let mut done = Step::default();
    let Drops { inbox, waiting } = drops;
    desk.give_up_lost_unit(inbox)?;
    for dropped in in_order(inbox.scan(desk.setup.files(), desk.setup.clock.now())?, desk.pipeline.state()) {
        unless_stopped(desk.stop)?;
        match desk.take(inbox, &dropped, waiting)? {
            Fate::Taken => done.taken += 1,
            Fate::Refused => done.refused += 1,
            Fate::Repeated => done.repeated += 1,
            Fate::Waiting => done.waiting += 1,
        }
    }
    desk.clear_lone_flags(inbox)?;
    Ok(done)
}

impl From<Looked> for Step {
    fn from(looked: Looked) -> Self {
        Self { rows: looked.rows, ..Self::default() }
    }
}

/// A unit that was begun is ended before another begins.
fn in_order(mut found: Vec<Dropped>, state: &State) -> Vec<Dropped> {
    let begun = state.unit.as_ref().map(|unit| unit.file.as_str());
    found.sort_by_key(|dropped| begun != Some(dropped.name.as_str()));
    found
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
