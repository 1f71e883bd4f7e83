//! The one writer of the view.

mod belief;
mod control;
mod intake_batch;

use self::{
    control::ControlChange,
    intake_batch::{Gathered, Reading, Written},
};
use crate::{Directory, Progress, ViewError, topics};
use bus::{Bus, BusError, Consumer, Event};
use contract::v1::DepartmentIntake;
use domain::{
    Clock, Timestamp,
    catalogue::{Catalogue, EntryKind},
};
use prost::Message;
use security::control::Identity;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    iter,
    sync::Arc,
    time::Duration,
};
use store::{Positions, StoreError, ViewReader, ViewWriter};
use tracing::{debug, error, info, warn};

/// Messages applied in one step.
const STEP: usize = 2_000;
/// How long a step waits for the first message; one wakes it at once.
const WAIT: Duration = Duration::from_millis(100);
/// How often lag is measured and applied batches are made to survive a loss of power.
const HOUSEKEEPING: chrono::Duration = chrono::Duration::seconds(1);
/// How long trouble with bus or store is let pass before the next try.
const BACK_OFF: Duration = Duration::from_millis(250);

/// Waits for at most so long, and says whether the loop is to end.
type Wait<'a> = &'a dyn Fn(Duration) -> bool;

/// What a materialiser works with.
pub struct Parts<W, R> {
    /// The bus that it follows.
    pub bus: Arc<dyn Bus>,
    /// The writing end of the view.
    pub writer: W,
    /// The reading end of the view.
    pub reader: R,
    /// Where it puts catalogue and announcements in force.
    pub directory: Arc<Directory>,
    /// Where it says how far it is.
    pub progress: Arc<Progress>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Departments to follow beside those of the catalogue.
    pub departments: BTreeSet<String>,
    /// Whose entries on the control topic are believed; without it everybody's are.
    pub identity: Option<Arc<dyn Identity>>,
}

/// Follows the bus into the store: record by record, each batch with its positions.
pub struct Materialiser<W, R> {
    parts: Parts<W, R>,
    catalogue: Catalogue,
    written: Written,
    followed: BTreeSet<String>,
    /// None while the bus is away, or when it must be read again from the store's positions.
    consumer: Option<Box<dyn Consumer>>,
    positions: Positions,
    behind: BTreeSet<(String, u32)>,
    kept_house: Timestamp,
    dirty: bool,
    in_trouble: bool,
    /// The revision last told in the log.
    told: String,
}

impl<W: ViewWriter, R: ViewReader> Materialiser<W, R> {
    /// Reads what the store holds and puts it in force. The bus need not be there yet: the first step that
    /// finds it starts where the store's positions end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(parts: Parts<W, R>) -> Result<Self, ViewError> {
        let control = pollster::block_on(parts.reader.control())?;
        let positions = parts.writer.positions()?;
        let kept_house = parts.clock.now();
        let mut this = Self {
            parts,
            catalogue: Catalogue::default(),
            written: Written::new(),
            followed: BTreeSet::new(),
            consumer: None,
            positions,
            behind: BTreeSet::new(),
            kept_house,
            dirty: false,
            in_trouble: false,
            told: String::new(),
        };
        for (key, payload) in &control {
            let Some(change) = ControlChange::read(key, Some(payload)) else { continue };
            if !change.is_readable() {
                let topic = contract::topics::CONTROL.to_owned();
                this.parts.progress.change(|lag| *lag.unreadable.entry(topic).or_default() += 1);
            }
            this.written.insert(key.clone(), change.written());
            this.make(change);
        }
        this.followed = departments(&this.parts.departments, &this.catalogue);
        this.parts.directory.set_newest_entry(newest(&this.written));
        this.parts.directory.set_catalogue(this.catalogue.clone());
        this.announce_intakes()?;
        Ok(this)
    }

    /// Follows until `wait`, which waits for at most so long, says that it is to end; then makes everything
    /// applied survive.
    ///
    /// # Errors
    /// What waiting cannot mend: a lost position, a damaged log or store.
    pub fn run(mut self, wait: &dyn Fn(Duration) -> bool) -> Result<(), ViewError> {
        while !wait(Duration::ZERO) {
            match self.advance(wait) {
                Ok(_) => {}
                Err(error) if !passes(&error) => return Err(error),
                // The end cuts a connection short.
                Err(_) if wait(Duration::ZERO) => {}
                Err(error) => self.let_pass(&error, wait),
            }
        }
        Ok(self.parts.writer.persist()?)
    }

    /// Applies what has arrived, waiting shortly for the first message; how many messages it applied.
    ///
    /// # Errors
    /// Nothing of the step is in the view then, and the next step reads it again.
    pub fn step(&mut self) -> Result<usize, ViewError> {
        self.advance(&|_| false)
    }

    fn advance(&mut self, wait: Wait<'_>) -> Result<usize, ViewError> {
        let mut events = Vec::new();
        let mut consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => self.connect(wait)?,
        };
        // A consumer that failed is not used again: what it had read is read anew from the store's positions.
        consumer.poll(STEP, WAIT, &mut events)?;
        self.consumer = Some(consumer);
        let mut is_alive = !events.is_empty();
        let gathered = self.gather(events);
        let count = gathered.messages;
        if count > 0 {
            self.apply(gathered, wait)?;
        }
        is_alive |= self.keep_house()?;
        if is_alive && self.in_trouble {
            self.recover();
        }
        Ok(count)
    }

    fn gather(&mut self, events: Vec<Event>) -> Gathered {
        let mut gathered = Gathered::default();
        let reading = Reading {
            catalogue: &self.catalogue,
            progress: &self.parts.progress,
            identity: self.parts.identity.as_deref(),
            written: &self.written,
        };
        for event in events {
            match event {
                Event::Record(delivery) => {
                    self.behind.insert((delivery.topic.to_string(), delivery.position.partition));
                    gathered.add(&delivery, reading);
                }
                Event::End { topic, next } => gathered.ends.push((topic.to_string(), next.partition)),
            }
        }
        if gathered.messages == 0 {
            self.reach_ends(&gathered.ends);
        }
        gathered
    }

    fn apply(&mut self, gathered: Gathered, wait: Wait<'_>) -> Result<(), ViewError> {
        let Gathered { batch, changes, written, ends, counts, .. } = gathered;
        let reached = batch.positions.clone();
        if let Err(error) = self.parts.writer.apply(batch) {
            // The consumer has moved on; read the same messages again from the store's positions.
            self.consumer = None;
            return Err(error.into());
        }
        self.dirty = true;
        self.positions.extend(reached);
        self.written.extend(written);
        self.parts.progress.change(|lag| {
            for (name, count) in counts {
                *lag.taken.entry(name).or_default() += count;
            }
        });
        // The store has them, so they are not read again: nothing that fails may come before them.
        let in_force = if changes.is_empty() { Ok(()) } else { self.put_in_force(changes, wait) };
        self.announce_intakes()?;
        in_force?;
        self.reach_ends(&ends);
        Ok(())
    }

    fn announce_intakes(&self) -> Result<(), StoreError> {
        let stored = pollster::block_on(self.parts.reader.intakes())?;
        let read = |(department, payload): (String, bytes::Bytes)| {
            DepartmentIntake::decode(payload).ok().map(|intake| (department, intake))
        };
        let intakes: BTreeMap<_, _> = stored.into_iter().filter_map(read).collect();
        if *self.parts.directory.now().intakes != intakes {
            self.parts.directory.set_intakes(intakes);
        }
        Ok(())
    }

    fn put_in_force(&mut self, changes: Vec<ControlChange>, wait: Wait<'_>) -> Result<(), ViewError> {
        let count = changes.len();
        // Before the catalogue: whoever plans from it writes later than everything in it.
        self.parts.directory.set_newest_entry(newest(&self.written));
        for change in changes {
            self.make(change);
        }
        let wanted = departments(&self.parts.departments, &self.catalogue);
        let followed = std::mem::replace(&mut self.followed, wanted);
        let mut connected = Ok(());
        if followed != self.followed {
            // Whoever sees a new department may publish to it: its topics first. The bus may take its time for
            // them, which a grant that is taken back must not wait for.
            self.parts.directory.set_catalogue(self.without_new_departments(&followed));
            self.consumer = None;
            connected = self.connect(wait).map(|consumer| self.consumer = Some(consumer));
        }
        self.parts.directory.set_catalogue(self.catalogue.clone());
        debug!(entries = count, "catalogue entries in force");
        Ok(connected?)
    }

    fn make(&mut self, change: ControlChange) {
        let name = change.name();
        let is_readable = change.is_readable();
        if !is_readable {
            error!(entry = name, "catalogue entry cannot be read and is out of force; apply it again");
        }
        self.parts.progress.change(|lag| {
            lag.unreadable_entries.remove(&name);
            lag.unreadable_entries.extend((!is_readable).then_some(name));
        });
        change.make(&mut self.catalogue);
    }

    fn without_new_departments(&self, followed: &BTreeSet<String>) -> Catalogue {
        let mut catalogue = self.catalogue.clone();
        for new in self.followed.difference(followed) {
            catalogue.remove(EntryKind::Department, new);
        }
        catalogue
    }

    /// Follows from the store's positions. Until each partition has been read to its end once, the view is
    /// not caught up. Each call may block for seconds when the bus is away; between them the end is looked for.
    fn connect(&mut self, wait: Wait<'_>) -> Result<Box<dyn Consumer>, BusError> {
        let bus = self.parts.bus.as_ref();
        let topics = topics::followed(&self.followed);
        bus.create_topics(&topics)?;
        for topic in &topics {
            if wait(Duration::ZERO) {
                return Err(BusError::Unavailable("it is no longer waited for".to_owned()));
            }
            let ends = bus.end(&topic.name)?;
            self.behind.extend(ends.into_iter().map(|end| (topic.name.clone(), end.partition)));
        }
        bus.consumer(&topics::starts(&topics, &self.positions))
    }

    fn reach_ends(&mut self, ends: &[(String, u32)]) {
        for end in ends {
            self.behind.remove(end);
        }
        let caught_up = self.behind.is_empty();
        let is_behind = |department: &str| {
            let topic = contract::topics::records(department);
            self.behind.iter().any(|(name, _)| *name == topic)
        };
        self.parts.progress.change(|lag| {
            lag.caught_up |= caught_up;
            let level = lag.records.iter_mut().filter(|(department, _)| !is_behind(department));
            level.for_each(|(_, records)| *records = 0);
        });
    }

    /// Whether it was time, and bus and store did their part.
    fn keep_house(&mut self) -> Result<bool, ViewError> {
        let now = self.parts.clock.now();
        if now - self.kept_house < HOUSEKEEPING {
            return Ok(false);
        }
        self.kept_house = now;
        if self.dirty {
            self.parts.writer.persist()?;
            self.dirty = false;
        }
        self.tell_catalogue();
        self.measure_lag()?;
        Ok(true)
    }

    /// One line for the many entries that come together.
    fn tell_catalogue(&mut self) {
        let snapshot = self.parts.directory.now();
        if self.behind.is_empty() && snapshot.revision != self.told {
            info!(entries = snapshot.catalogue.entries().count(), revision = snapshot.revision, "catalogue in force");
            self.told.clone_from(&snapshot.revision);
        }
    }

    fn measure_lag(&self) -> Result<(), BusError> {
        let mut records = BTreeMap::new();
        for department in &self.followed {
            let topic = contract::topics::records(department);
            let ends = self.parts.bus.end(&topic)?;
            let reached = |partition| self.positions.get(&(topic.clone(), partition)).copied().unwrap_or_default();
            let lag = ends.iter().map(|end| end.offset.saturating_sub(reached(end.partition))).sum();
            records.insert(department.clone(), lag);
        }
        self.parts.progress.change(|lag| lag.records = records);
        Ok(())
    }

    fn let_pass(&mut self, error: &ViewError, wait: Wait<'_>) {
        let error = in_full(error);
        if !std::mem::replace(&mut self.in_trouble, true) {
            warn!(error, "the view is not following; trying until it does");
        }
        self.parts.progress.change(|lag| lag.trouble = Some(error));
        // Whether it is to end is asked for next.
        let _ = wait(BACK_OFF);
    }

    fn recover(&mut self) {
        info!("the view follows again");
        self.in_trouble = false;
        self.parts.progress.change(|lag| lag.trouble = None);
    }
}

fn passes(error: &ViewError) -> bool {
    match error {
        ViewError::Bus(error) => error.is_retryable(),
        ViewError::Store(error) => error.is_retryable(),
        _ => false,
    }
}

fn newest(written: &Written) -> Option<Timestamp> {
    written.values().copied().max().flatten()
}

fn departments(local: &BTreeSet<String>, catalogue: &Catalogue) -> BTreeSet<String> {
    local.iter().chain(catalogue.departments.keys()).cloned().collect()
}

fn in_full(error: &ViewError) -> String {
    let causes = iter::successors(error.source(), |cause| (**cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
