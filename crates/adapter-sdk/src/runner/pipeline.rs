//! Rows in flight: from judgement to the checkpoint that holds what they made seen.

use super::{
    control::Follower,
    marks::{DoneRow, Marks},
    overdue::Overdue,
};
use crate::{
    envelope::Outgoing,
    error::IntakeError,
    frontier::Frontier,
    judge::{Judged, Known, Verdict},
    mapping::Effect,
    publisher::Publisher,
    runner::Stop,
    source::Source,
    state::State,
    uncounted::OnBus,
};
use bus::Position;
use domain::Timestamp;
use std::time::Duration;
use store::{Commit, Ledger, Seen};

/// What a row is entered as in the counts once it is done.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// What the row counts as; none for what is no row of a unit.
    pub(crate) verdict: Option<Verdict>,
    /// The rule that rejects it.
    pub(crate) rule: Option<&'static str>,
    /// Where the unit goes on: next byte, number of this row.
    pub(crate) reach: Option<(u64, u64)>,
    /// The reject that the row takes back.
    pub(crate) redriven: Option<String>,
    /// By what the row is known again, and what its source is told of it.
    pub(crate) told: Option<DoneRow>,
    /// Where the source goes on once everything up to here is done.
    pub(crate) position: Option<Vec<u8>>,
    /// Rows that waited and are done with this one.
    pub(crate) released: Vec<String>,
}

/// What follows from a row once its every message is acknowledged and all rows before it are done.
#[derive(Debug, Default)]
struct Effects {
    entry: Entry,
    wrote: Vec<(&'static str, bool)>,
    /// Entries of records that were on the bus already, counted with this row.
    counted: Vec<String>,
    /// Where the first of its records lies.
    place: Option<Position>,
    seen: Vec<(String, String, Seen)>,
    memory: Option<(String, Vec<u8>)>,
}

/// Judged rows on their way.
pub(crate) struct Pipeline {
    known: Known,
    publisher: Publisher,
    frontier: Frontier<Effects>,
    state: State,
    commit: Commit,
    /// Sequence number of the last row that is in `commit`.
    settled: Option<u64>,
    marks: Marks,
    overdue: Overdue,
    window: (usize, usize),
    control: Follower,
    /// A commit failed, so that what is in here is no longer whole.
    broken: bool,
}

impl Pipeline {
    /// Goes on from `state`, with at most `window` rows and bytes in flight.
    pub(crate) fn new(
        known: Known,
        publisher: Publisher,
        state: State,
        window: (usize, usize),
        control: Follower,
    ) -> Self {
        let frontier = Frontier::new();
        Self {
            known,
            publisher,
            frontier,
            state,
            commit: Commit::default(),
            settled: None,
            marks: Marks::default(),
            overdue: Overdue::default(),
            window,
            control,
            broken: false,
        }
    }

    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// The control topic.
    pub(crate) fn control(&mut self) -> &mut Follower {
        &mut self.control
    }

    /// Takes over what sources were still to be told of when the process ended.
    pub(crate) fn recall_marks(&mut self, source: &dyn Source) -> Result<(), IntakeError> {
        self.marks = Marks::of(source);
        self.marks.recall(self.known.ledger())
    }

    /// The marked rows.
    pub(crate) fn marks(&mut self) -> &mut Marks {
        &mut self.marks
    }

    /// How many rows have waited for more than a day.
    pub(crate) fn overdue(&mut self, now: Timestamp, department: &'static str) -> Result<u64, IntakeError> {
        self.overdue.count(self.state.counters.waiting, self.known.ledger(), now, department)
    }

    /// Whether a marked row is done, waits, or is in flight.
    pub(crate) fn is_marked(&self, id: &str) -> Result<bool, IntakeError> {
        self.marks.is_known(id, self.known.ledger())
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.known.ledger()
    }

    /// The state as of the rows that are done.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The state, to be changed while nothing is in flight.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Also writes or removes a named blob with the next checkpoint.
    pub(crate) fn put(&mut self, name: String, value: Option<Vec<u8>>) {
        self.commit.blobs.push((name, value));
    }

    /// Sends a row's messages and keeps its effects until they are acknowledged.
    pub(crate) fn submit(
        &mut self,
        judged: Judged,
        messages: Vec<Outgoing>,
        entry: Entry,
        stop: &dyn Stop,
    ) -> Result<(), IntakeError> {
        self.known.expect(self.frontier.next_sequence(), &judged);
        if let Some(told) = &entry.told {
            self.marks.expect(&told.mark.id);
        }
        let wrote = judged
            .published()
            .map(|record| (record.draft.resource, matches!(record.draft.effect, Effect::Withdraw { .. })))
            .collect();
        let on_bus = || judged.published().filter_map(|record| record.on_bus.as_ref());
        let place = on_bus().next().map(OnBus::position);
        let counted = on_bus().map(OnBus::name).collect();
        self.send(messages, Effects { entry, wrote, counted, place, seen: judged.seen, memory: judged.memory }, stop)
    }

    /// Has the source go on at `position` once every row before is done.
    pub(crate) fn move_on(&mut self, position: Vec<u8>) {
        let entry = Entry { position: Some(position), ..Entry::default() };
        self.frontier.push(0, Effects { entry, ..Effects::default() });
    }

    /// Sends messages that no row stands behind.
    pub(crate) fn tell(&mut self, message: Outgoing, stop: &dyn Stop) -> Result<(), IntakeError> {
        self.send(vec![message], Effects::default(), stop)
    }

    /// Waits until there is room for another row; says whether it had to.
    pub(crate) fn make_room(&mut self, stop: &dyn Stop) -> Result<bool, IntakeError> {
        let mut full = false;
        while self.frontier.len() >= self.window.0 || self.publisher.bytes() >= self.window.1 {
            self.publisher.wait(stop)?;
            self.settle()?;
            full = true;
        }
        Ok(full)
    }

    /// Waits until nothing is in flight.
    pub(crate) fn drain(&mut self, stop: &dyn Stop) -> Result<(), IntakeError> {
        self.settle()?;
        while !(self.frontier.is_empty() && self.publisher.is_idle()) {
            self.publisher.wait(stop)?;
            self.settle()?;
        }
        Ok(())
    }

    /// Takes in what has been acknowledged meanwhile, and writes it down.
    pub(crate) fn turn(&mut self) -> Result<(), IntakeError> {
        self.publisher.poll(Duration::ZERO)?;
        self.settle()?;
        self.checkpoint(false)
    }

    /// Writes down what is done, all of it in one step; `durable` survives a loss of power. Nothing once another adapter is
    /// seen to have taken over.
    pub(crate) fn checkpoint(&mut self, durable: bool) -> Result<(), IntakeError> {
        self.control.poll()?;
        if self.frontier.is_empty() {
            for (partition, next) in self.publisher.reached() {
                let reached = self.state.records.entry(*partition).or_default();
                *reached = (*reached).max(*next);
            }
        }
        let mut commit = std::mem::take(&mut self.commit);
        commit.blobs.push((State::BLOB.to_owned(), Some(self.state.to_blob()?)));
        commit.durable = durable;
        if let Some(sequence) = self.settled {
            // Should the commit fail, this pipeline is given up, and what it laid over the ledger with it.
            let seen = commit.seen.iter().map(|(resource, key, _)| (resource.as_str(), key.as_str()));
            let entities = commit.memories.iter().map(|(entity, _)| entity.as_str());
            self.known.settle(sequence, seen, entities);
        }
        self.broken = true;
        self.known.ledger().commit(commit)?;
        self.broken = false;
        self.marks.written();
        Ok(())
    }

    /// A last checkpoint before the pipeline is given up; what it cannot save is read again.
    pub(crate) fn keep_what_is_done(&mut self) {
        if !self.broken
            && let Err(error) = self.turn()
        {
            tracing::debug!(%error, "last checkpoint failed");
        }
    }

    fn send(&mut self, messages: Vec<Outgoing>, effects: Effects, stop: &dyn Stop) -> Result<(), IntakeError> {
        let sequence = self.frontier.push(messages.len(), effects);
        for message in messages {
            self.publisher.send(sequence, message, stop)?;
        }
        Ok(())
    }

    /// Moves the finished prefix from the frontier into the next checkpoint.
    fn settle(&mut self) -> Result<(), IntakeError> {
        for (sequence, position) in self.publisher.take_done() {
            if let Some(effects) = self.frontier.acknowledge(sequence) {
                effects.place = effects.place.or(position);
            }
        }
        while let Some((sequence, effects)) = self.frontier.pop() {
            self.settled = Some(sequence);
            // A row that is accounted for in part must not be written down: this pipeline is given up then.
            let accounted = self.account(effects);
            self.broken |= accounted.is_err();
            accounted?;
        }
        Ok(())
    }

    fn account(&mut self, effects: Effects) -> Result<(), IntakeError> {
        let counters = &mut self.state.counters;
        for (resource, withdrawal) in effects.wrote {
            counters.wrote(resource, withdrawal);
        }
        let Entry { verdict, rule, reach, redriven: id, told, position, released } = effects.entry;
        self.commit.blobs.extend(effects.counted.into_iter().map(|name| (name, None)));
        if let Some(verdict) = verdict {
            counters.count(verdict);
        }
        if let Some(rule) = rule {
            counters.refused_by(rule);
        }
        if let Some(id) = id {
            counters.redriven += 1;
            self.commit.blobs.push((redriven(&id), Some(Vec::new())));
        }
        if let Some((unit, (byte, number))) = self.state.unit.as_mut().zip(reach) {
            (unit.byte, unit.number) = (byte, number);
        }
        if let Some(position) = position {
            self.commit.blobs.push((POSITION.to_owned(), Some(position)));
        }
        if verdict.is_none() && told.as_ref().is_some_and(|told| told.verdict == Verdict::Waiting) {
            self.state.counters.rejected_waits();
        }
        let place = effects.place.map(|place| (place.partition, place.offset));
        if let Some(told) = told {
            self.marks.done(told, place, &mut self.commit.blobs)?;
        }
        for id in released {
            if self.marks.release(&id, place, self.known.ledger(), &mut self.commit.blobs)? {
                self.state.counters.released();
            }
        }
        self.commit.seen.extend(effects.seen);
        self.commit.memories.extend(effects.memory);
        Ok(())
    }
}

/// Name of the blob that says where the source goes on.
pub(crate) const POSITION: &str = "position";

/// Name of the blob that says that a reject was driven again and accepted.
pub(crate) fn redriven(id: &str) -> String {
    format!("redriven/{id}")
}
