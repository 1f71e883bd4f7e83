//! The one writer of the view.

mod intake_batch;

use self::intake_batch::Gathered;
use crate::{Directory, Progress, ViewError, topics};
use bus::{Bus, BusError, Consumer, Event};
use contract::v1::{ControlEntry, DepartmentIntake};
use domain::{
    Clock, Timestamp,
    catalogue::{Catalogue, Entry, EntryKind},
};
use prost::Message;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{Positions, StoreError, ViewReader, ViewWriter};
use tracing::{info, warn};

/// Messages applied in one step.
const STEP: usize = 2_000;
/// How long a step waits for the first message; one wakes it at once.
const WAIT: Duration = Duration::from_millis(100);
/// How often lag is measured and applied batches are made to survive a loss of power.
const HOUSEKEEPING: chrono::Duration = chrono::Duration::seconds(1);
/// How long trouble with bus or store is let pass before the next try.
const BACK_OFF: Duration = Duration::from_millis(250);

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
}

/// Follows the bus into the store: record by record, each batch with its positions.
pub struct Materialiser<W, R> {
    parts: Parts<W, R>,
    catalogue: Catalogue,
    followed: BTreeSet<String>,
    /// None while the bus is away, or when it must be read again from the store's positions.
    consumer: Option<Box<dyn Consumer>>,
    positions: Positions,
    behind: BTreeSet<(String, u32)>,
    kept_house: Timestamp,
    dirty: bool,
}

impl<W: ViewWriter, R: ViewReader> Materialiser<W, R> {
    /// Reads what the store holds and puts it in force. The bus need not be there yet: the first step that
    /// finds it starts where the store's positions end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(parts: Parts<W, R>) -> Result<Self, ViewError> {
        let control = pollster::block_on(parts.reader.control())?;
        let mut catalogue = Catalogue::default();
        for payload in control.values() {
            merge(&mut catalogue, payload);
        }
        let positions = parts.writer.positions()?;
        let followed = departments(&parts.departments, &catalogue);
        let kept_house = parts.clock.now();
        let this = Self {
            parts,
            catalogue,
            followed,
            consumer: None,
            positions,
            behind: BTreeSet::new(),
            kept_house,
            dirty: false,
        };
        this.parts.directory.set_catalogue(this.catalogue.clone());
        this.announce_intakes()?;
        Ok(this)
    }

    /// Follows until `stop`, then makes everything applied survive.
    ///
    /// # Errors
    /// What waiting cannot mend: a lost position, a damaged log or store.
    pub fn run(mut self, stop: &dyn Fn() -> bool) -> Result<(), ViewError> {
        while !stop() {
            match self.step() {
                Ok(_) => {}
                Err(error) if passes(&error) => self.let_pass(&error, stop),
                Err(error) => return Err(error),
            }
        }
        Ok(self.parts.writer.persist()?)
    }

    /// Applies what has arrived, waiting shortly for the first message; how many messages it applied.
    ///
    /// # Errors
    /// Nothing of the step is in the view then, and the next step reads it again.
    pub fn step(&mut self) -> Result<usize, ViewError> {
        let mut events = Vec::new();
        let mut consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => self.connect()?,
        };
        // A consumer that failed is not used again: what it had read is read anew from the store's positions.
        consumer.poll(STEP, WAIT, &mut events)?;
        self.consumer = Some(consumer);
        let gathered = self.gather(events);
        let count = gathered.messages;
        if count > 0 {
            self.apply(gathered)?;
        }
        self.keep_house()?;
        Ok(count)
    }

    fn gather(&mut self, events: Vec<Event>) -> Gathered {
        let mut gathered = Gathered::default();
        for event in events {
            match event {
                Event::Record(delivery) => {
                    self.behind.insert((delivery.topic.to_string(), delivery.position.partition));
                    gathered.add(&delivery, &self.catalogue, &self.parts.progress);
                }
                Event::End { topic, next } => gathered.ends.push((topic.to_string(), next.partition)),
            }
        }
        if gathered.messages == 0 {
            self.reach_ends(&gathered.ends);
        }
        gathered
    }

    fn apply(&mut self, gathered: Gathered) -> Result<(), ViewError> {
        let Gathered { batch, entries, ends, counts, .. } = gathered;
        let reached = batch.positions.clone();
        if let Err(error) = self.parts.writer.apply(batch) {
            // The consumer has moved on; read the same messages again from the store's positions.
            self.consumer = None;
            return Err(error.into());
        }
        self.dirty = true;
        self.positions.extend(reached);
        self.parts.progress.change(|lag| {
            for (name, count) in counts {
                *lag.changed.entry(name).or_default() += count;
            }
        });
        self.announce_intakes()?;
        if !entries.is_empty() {
            self.put_in_force(&entries)?;
        }
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

    fn put_in_force(&mut self, entries: &[ControlEntry]) -> Result<(), ViewError> {
        for entry in entries {
            merge_entry(&mut self.catalogue, entry);
        }
        let wanted = departments(&self.parts.departments, &self.catalogue);
        let followed = std::mem::replace(&mut self.followed, wanted);
        let mut connected = Ok(());
        if followed != self.followed {
            // Its topics first: whoever sees a new department may publish to it.
            self.consumer = None;
            connected = self.connect().map(|consumer| self.consumer = Some(consumer));
        }
        self.parts.directory.set_catalogue(self.catalogue.clone());
        info!(entries = entries.len(), "catalogue entries in force");
        Ok(connected?)
    }

    /// Follows from the store's positions. Until each partition has been read to its end once, the view is
    /// not caught up.
    fn connect(&mut self) -> Result<Box<dyn Consumer>, BusError> {
        let bus = self.parts.bus.as_ref();
        let topics = topics::followed(&self.followed);
        bus.create_topics(&topics)?;
        for topic in &topics {
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
            lag.trouble = None;
            let level = lag.records.iter_mut().filter(|(department, _)| !is_behind(department));
            level.for_each(|(_, records)| *records = 0);
        });
    }

    fn keep_house(&mut self) -> Result<(), ViewError> {
        let now = self.parts.clock.now();
        if now - self.kept_house < HOUSEKEEPING {
            return Ok(());
        }
        self.kept_house = now;
        if self.dirty {
            self.parts.writer.persist()?;
            self.dirty = false;
        }
        self.measure_lag()?;
        Ok(())
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

    fn let_pass(&self, error: &ViewError, stop: &dyn Fn() -> bool) {
        warn!(%error, "the view is not following; trying again");
        self.parts.progress.change(|lag| lag.trouble = Some(error.to_string()));
        if !stop() {
            std::thread::sleep(BACK_OFF);
        }
    }
}

fn passes(error: &ViewError) -> bool {
    match error {
        ViewError::Bus(error) => error.is_retryable(),
        ViewError::Store(error) => error.is_retryable(),
        _ => false,
    }
}

fn departments(local: &BTreeSet<String>, catalogue: &Catalogue) -> BTreeSet<String> {
    local.iter().chain(catalogue.departments.keys()).cloned().collect()
}

/// Puts a control message into the catalogue; commands to adapters are none of ours.
fn merge(catalogue: &mut Catalogue, payload: &[u8]) {
    if let Ok(entry) = ControlEntry::decode(payload) {
        merge_entry(catalogue, &entry);
    }
}

fn merge_entry(catalogue: &mut Catalogue, entry: &ControlEntry) {
    let Some(kind) = EntryKind::from_word(&entry.kind) else { return };
    if entry.removed {
        catalogue.remove(kind, &entry.id);
        return;
    }
    let path = format!("{}/{}.toml", kind.folder(), entry.id);
    match Entry::parse(kind, &path, &entry.content) {
        Ok(parsed) if parsed.id() == entry.id => catalogue.insert(parsed),
        _ => warn!(kind = kind.as_str(), id = %entry.id, "control entry cannot be read and is ignored"),
    }
}
