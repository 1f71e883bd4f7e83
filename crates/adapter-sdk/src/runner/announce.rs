//! What an adapter says of itself on `exchange.status`.

use super::desk::Desk;
use crate::{
    envelope::{Outgoing, timestamp},
    error::IntakeError,
    state::{self, Counters, State, Unit},
};
use contract::v1::{DepartmentIntake, IntakeRows, RuleCount, TopicPosition};
use std::collections::BTreeMap;

impl Desk<'_> {
    /// Announces where the intake stands, and waits until that is on the bus.
    pub(crate) fn announce(&mut self) -> Result<(), IntakeError> {
        self.pipeline.drain(self.stop)?;
        // What is announced takes the place of what another adapter has announced.
        self.pipeline.control().poll()?;
        let waiting_overdue = self.pipeline.overdue(self.setup.clock.now(), self.setup.adapter.id())?;
        let intake = DepartmentIntake { waiting_overdue, ..announcement(self.setup, self.pipeline.state()) };
        let message = Outgoing::intake(self.setup.department(), &intake, self.setup.clock.now());
        self.pipeline.tell(message, self.stop)?;
        self.pipeline.drain(self.stop)?;
        self.pipeline.control().bus_answered();
        Ok(())
    }

    /// A look into the folder came to its end. An empty folder is no success of the department's: what it
    /// handed over last is.
    pub(crate) fn look_ended(&mut self) -> Result<(), IntakeError> {
        self.pipeline.checkpoint(false)?;
        self.announce()
    }
}

fn announcement(setup: &super::desk::Setup, state: &State) -> DepartmentIntake {
    let department = setup.department();
    let (unit, finished) = match (&state.unit, &state.last_unit) {
        (Some(unit), _) => (unit.clone(), false),
        (None, Some(unit)) => (unit.clone(), true),
        (None, None) => (Unit::default(), false),
    };
    DepartmentIntake {
        department: department.id.to_owned(),
        intake: unit.intake,
        unit: unit.file,
        finished,
        full: unit.full,
        as_of: state::instant(state.as_of).map(timestamp),
        last_success: state::instant(state.last_success).map(timestamp),
        rows: Some(rows(&state.counters)),
        missing_from_full: state.missing_from_full.values().sum(),
        resources: department.resources.iter().map(|resource| resource.id.to_owned()).collect(),
        positions: state.records.iter().map(|(partition, offset)| position(*partition, *offset)).collect(),
        finished_units: state.units,
        finished_full_units: state.full_units,
        rejects_by_rule: state
            .counters
            .rejected_by
            .iter()
            .map(|(rule, count)| RuleCount { rule: rule.clone(), count: *count })
            .collect(),
        files_refused: state.counters.files_refused,
        source_problem: state.source_problem.clone(),
        quota_left: state.quota_left,
        ..DepartmentIntake::default()
    }
}

/// Takes over what was announced, where the adapter's own memory of it is lost, or another adapter has gone on since. What is
/// not announced stays as it is.
pub(crate) fn restore(state: &mut State, intake: DepartmentIntake) {
    let millis = |time: prost_types::Timestamp| time.seconds * 1000 + i64::from(time.nanos) / 1_000_000;
    let rows = intake.rows.unwrap_or_default();
    state.as_of = state.as_of.max(intake.as_of.map(millis));
    state.last_success = state.last_success.max(intake.last_success.map(millis));
    state.units = intake.finished_units;
    state.full_units = intake.finished_full_units;
    state.missing_from_full = BTreeMap::from([(State::RESTORED.to_owned(), intake.missing_from_full)]);
    state.intake = state.intake.max(intake.intake);
    state.counters = Counters {
        read: rows.read,
        published: rows.published,
        unchanged: rows.unchanged,
        superseded: rows.superseded,
        rejected: rows.rejected,
        skipped: rows.skipped,
        waiting: rows.waiting,
        rejected_by: intake.rejects_by_rule.into_iter().map(|rule| (rule.rule, rule.count)).collect(),
        files_refused: intake.files_refused,
        ..std::mem::take(&mut state.counters)
    };
    if intake.finished {
        let unit = Unit { intake: intake.intake, file: intake.unit, full: intake.full, ..Unit::default() };
        state.last_unit = Some(unit);
    }
}

fn rows(counters: &Counters) -> IntakeRows {
    IntakeRows {
        read: counters.read,
        published: counters.published,
        unchanged: counters.unchanged,
        superseded: counters.superseded,
        rejected: counters.rejected,
        skipped: counters.skipped,
        waiting: counters.waiting,
    }
}

fn position(partition: u32, offset: u64) -> TopicPosition {
    TopicPosition {
        partition: i32::try_from(partition).unwrap_or(i32::MAX),
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
    }
}
