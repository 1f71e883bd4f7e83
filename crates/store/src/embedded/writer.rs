//! The writing end.

use super::{control, records, rejects, tables::Tables};
use crate::{Applied, Batch, Fresh, Positions, StoreError, ViewWriter};

/// The writing end of an [`EmbeddedView`](crate::EmbeddedView).
pub struct EmbeddedViewWriter {
    tables: Tables,
    /// There when the view held no record at first: then it need not be asked of most keys.
    fresh: Option<Fresh>,
}

impl EmbeddedViewWriter {
    pub(super) fn new(tables: Tables) -> Result<Self, StoreError> {
        let fresh = tables.has_no_records()?.then(Fresh::empty);
        Ok(Self { tables, fresh })
    }
}

impl ViewWriter for EmbeddedViewWriter {
    fn positions(&self) -> Result<Positions, StoreError> {
        control::positions(&self.tables, &self.tables.snapshot())
    }

    fn apply(&mut self, batch: Batch) -> Result<Applied, StoreError> {
        let before = self.positions()?;
        let mut step = self.tables.step();
        let applied = records::write(&mut step, self.fresh.as_mut(), batch.records)?;
        rejects::write(&mut step, batch.rejects)?;
        // Control state has no versions of its own: what lies wholly in the past has been applied.
        if !is_past(&batch.positions, &before) {
            let reached = furthest(before, &batch.positions);
            control::write(&mut step, batch.control)?;
            control::write_intakes(&mut step, batch.intakes, &reached)?;
            control::write_positions(&mut step, &batch.positions, &reached)?;
        }
        step.commit()?;
        Ok(applied)
    }

    fn persist(&mut self) -> Result<(), StoreError> {
        self.tables.persist()
    }
}

fn is_past(positions: &Positions, before: &Positions) -> bool {
    let reached = |place| before.get(place).copied().unwrap_or_default();
    positions.iter().all(|(place, offset)| *offset <= reached(place))
        && positions.iter().any(|(place, offset)| *offset < reached(place))
}

fn furthest(mut before: Positions, positions: &Positions) -> Positions {
    for (place, offset) in positions {
        let reached = before.entry(place.clone()).or_default();
        *reached = (*reached).max(*offset);
    }
    before
}
