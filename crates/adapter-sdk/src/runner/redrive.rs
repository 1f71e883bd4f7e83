//! Rejects put through the adapter again, from their original bytes alone.

use super::{
    config::unless_stopped,
    control,
    desk::Desk,
    lease,
    marks::DoneRow,
    outage::Outage,
    pipeline::{self, Entry},
};
use crate::{
    envelope::{At, Outgoing, Place, ROW_KIND, ROW_NUMBER, ROW_STAMP},
    error::IntakeError,
    judge::{Content, Standing},
    source::Mark,
    state::{Offsets, Unit},
};
use bus::{Delivery, Start};
use contract::v1::{RedriveCommand, RedriveTarget, Reject, RejectState};
use prost::Message;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Events taken at once.
const BATCH: usize = 1024;
/// How long to wait for the bus before looking whether to stop.
const WAIT: Duration = Duration::from_millis(200);

/// What keys of commands begin with; a view passes over them, tombstones too.
const COMMANDS: &str = "redrive/";

/// Ids of the rejects asked for, by partition and offset.
type Wanted = BTreeMap<(u32, u64), BTreeSet<String>>;

impl Desk<'_> {
    /// Does what has been asked for on the control topic.
    pub(crate) fn heed_control(&mut self) -> Result<(), IntakeError> {
        self.pipeline.control().poll()?;
        self.hold_lease()?;
        let mut heeded = Vec::new();
        while let Some(command) = self.pipeline.control().next() {
            self.redrive(command.redrive)?;
            heeded.push(command.key);
        }
        if heeded.is_empty() {
            return Ok(());
        }
        self.pipeline.drain(self.stop)?;
        self.pipeline.checkpoint(true)?;
        self.take_back(heeded)?;
        let heeded = self.pipeline.control().heeded();
        self.pipeline.state_mut().control = heeded;
        self.pipeline.checkpoint(true)
    }

    /// Writes the lease again where one of an epoch that has passed came too late.
    fn hold_lease(&mut self) -> Result<(), IntakeError> {
        match self.pipeline.control().take_hidden() {
            Some(epoch) => self.pipeline.tell(lease::message(self.setup, epoch), self.stop),
            None => Ok(()),
        }
    }

    /// Takes commands off the compacted control topic, which would keep them for ever. Only then does the position move
    /// over them, so that a crash leaves none behind; one that is heeded twice changes nothing.
    fn take_back(&mut self, keys: Vec<String>) -> Result<(), IntakeError> {
        for key in keys.into_iter().filter(|key| key.starts_with(COMMANDS)) {
            self.pipeline.make_room(self.stop)?;
            self.pipeline.tell(Outgoing::heeded(key), self.stop)?;
        }
        self.pipeline.drain(self.stop)
    }

    /// Reads the rejects where the command says that they lie, and puts each through again.
    fn redrive(&mut self, command: RedriveCommand) -> Result<(), IntakeError> {
        // What is in flight may decide about the same keys.
        self.pipeline.drain(self.stop)?;
        self.pipeline.checkpoint(false)?;
        let mut wanted = wanted(command.targets);
        let Some(start) = self.start(&mut wanted)? else { return Ok(()) };
        unless_stopped(self.stop)?;
        let mut consumer = self.setup.bus.consumer(&[start])?;
        let mut outage = Outage::new(self.setup.adapter.id());
        while !wanted.is_empty() {
            unless_stopped(self.stop)?;
            let mut events = Vec::new();
            outage.let_pass(consumer.poll(BATCH, WAIT, &mut events))?;
            if !events.is_empty() {
                outage.ended();
            }
            for delivery in events.into_iter().filter_map(control::record) {
                self.delivered(&delivery, &mut wanted)?;
            }
        }
        Ok(())
    }

    /// From where to read so that everything wanted comes by; what the topic does not hold is given up.
    fn start(&self, wanted: &mut Wanted) -> Result<Option<Start>, IntakeError> {
        let topic = &self.setup.topics.rejects;
        let mut next: Offsets = self.setup.bus.end(topic)?.iter().map(|end| (end.partition, end.offset)).collect();
        let asked = wanted.len();
        wanted.retain(|(partition, offset), _| next.get(partition).is_some_and(|end| offset < end));
        if wanted.len() < asked {
            tracing::warn!(count = asked - wanted.len(), "rejects to be redriven are not on the bus");
        }
        for (partition, offset) in wanted.keys().rev() {
            next.insert(*partition, *offset);
        }
        Ok((!wanted.is_empty()).then(|| Start { topic: topic.clone(), next }))
    }

    fn delivered(&mut self, delivery: &Delivery, wanted: &mut Wanted) -> Result<(), IntakeError> {
        let position = (delivery.position.partition, delivery.position.offset);
        let ids = wanted.remove(&position);
        // Offsets that the bus leaves out (markers, what has expired) never come.
        wanted.retain(|other, _| other.0 != position.0 || other.1 > position.1);
        let Some(ids) = ids else { return Ok(()) };
        let reject = delivery.payload.as_ref().and_then(|payload| Reject::decode(payload.as_ref()).ok());
        let Some(reject) = reject.filter(|reject| ids.contains(&reject.reject_id)) else {
            tracing::warn!(offset = position.1, "reject to be redriven is not where the command says");
            return Ok(());
        };
        self.again(&reject, delivery)
    }

    /// Translates a rejected row again. It keeps its place in the order of versions, so that what came after it stands.
    fn again(&mut self, reject: &Reject, delivery: &Delivery) -> Result<(), IntakeError> {
        let is_done = reject.state() == RejectState::Redriven
            || self.pipeline.ledger().blob(&pipeline::redriven(&reject.reject_id))?.is_some();
        if is_done {
            return Ok(());
        }
        let Some(source) = reject.source.clone().filter(|_| !reject.original.is_empty()) else {
            let (department, reject_id) = (self.setup.adapter.id(), &reject.reject_id);
            tracing::warn!(
                department,
                reject_id,
                "reject is not redriven: its row was too large for the bus and lies in the department's file alone"
            );
            return Ok(());
        };
        let now = self.setup.clock.now().timestamp_millis();
        let scope = self.setup.scope_of(&source.file);
        let header = |name| control::header(delivery, name).unwrap_or_default();
        let (intake, file, stamp) = (source.intake, source.file.clone(), header(ROW_STAMP).to_owned());
        let unit = Unit { intake, file, stamp, begun: now, scope, ..Unit::default() };
        let place = Place {
            unit: &unit,
            number: header(ROW_NUMBER).parse().ok().or(source.row).unwrap_or_default(),
            kind: header(ROW_KIND),
            at: At::stated(&source),
            bytes: &reject.original,
        };
        let standing =
            Standing { intake: unit.intake, number: place.number, full: false, scope: &unit.scope, again: true };
        let (mut judged, mut messages) = self.judged(&place, &standing)?;
        let is_accepted = !matches!(judged.content, Content::Rejected(_));
        let told = self.after(reject, &judged.content);
        if let Content::Rejected(_) = &judged.content {
            messages.clear();
        }
        if told != *reject {
            messages.push(Outgoing::reject(&told, &place));
        }
        self.redriven += 1;
        let redriven = is_accepted.then(|| reject.reject_id.clone());
        // A table's row that was refused is told anew, or waits for another like any row.
        let is_told = is_accepted && self.setup.is_asked && matches!(place.at, At::Table(_));
        let told = is_told.then(|| DoneRow {
            mark: Mark { id: place.row().id(), receipt: Vec::new() },
            verdict: judged.verdict,
            rejected: None,
            at: now,
        });
        let released = std::mem::take(&mut judged.released);
        self.pipeline.make_room(self.stop)?;
        self.pipeline.submit(judged, messages, Entry { redriven, told, released, ..Entry::default() }, self.stop)
    }

    /// The reject as it stands after another try.
    fn after(&self, reject: &Reject, content: &Content) -> Reject {
        let mut told = Reject {
            state: RejectState::Redriven.into(),
            mapping_version: self.setup.department().mapping_version.to_owned(),
            ..reject.clone()
        };
        if let Content::Rejected(rejection) = content {
            told.state = RejectState::Open.into();
            rejection.rule.id.clone_into(&mut told.rule);
            rejection.field.clone_into(&mut told.field);
            rejection.rule.sentence(self.setup.config.language).clone_into(&mut told.message);
        }
        told
    }
}

fn wanted(targets: Vec<RedriveTarget>) -> Wanted {
    let mut wanted = Wanted::new();
    for target in targets {
        if let (Ok(partition), Ok(offset)) = (u32::try_from(target.partition), u64::try_from(target.offset)) {
            wanted.entry((partition, offset)).or_default().insert(target.reject_id);
        }
    }
    wanted
}
