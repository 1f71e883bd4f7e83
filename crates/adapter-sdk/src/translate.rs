//! Calls a mapping so that no row can stop the rest: a mapping that panics, or breaks its own promises, rejects the row.

use crate::{
    mapping::{Draft, Mapping, Rejection, Row, Translated},
    rules,
};
use contract::canonical::v1 as canonical;
use domain::Version;
use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    static TRANSLATING: Cell<bool> = const { Cell::new(false) };
}
static QUIET: Once = Once::new();

/// Translates a row.
pub(crate) fn translate(mapping: &dyn Mapping, row: &Row<'_>, memory: Option<&[u8]>) -> Translated {
    match guarded(|| mapping.translate(row, memory)) {
        Some(Translated::Records { drafts, .. }) if !keeps_promises(mapping, &drafts) => failed(),
        Some(translated) => translated,
        None => failed(),
    }
}

/// The entity a row speaks of; none when the mapping panics, which [`translate`] then finds out for itself.
pub(crate) fn entity(mapping: &dyn Mapping, row: &Row<'_>) -> Option<String> {
    guarded(|| mapping.entity(row)).flatten()
}

/// What a published record implies of its entity.
pub(crate) fn recall(mapping: &dyn Mapping, record: &canonical::Record) -> Option<(String, Vec<u8>)> {
    guarded(|| mapping.recall(record)).flatten()
}

/// What a record on the bus whose rows come again adds to what is remembered of its entity.
pub(crate) fn note_on_bus(mapping: &dyn Mapping, record: &canonical::Record, memory: Option<&[u8]>) -> Option<Vec<u8>> {
    guarded(|| mapping.note_on_bus(record, memory)).flatten()
}

fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    QUIET.call_once(silence_row_panics);
    TRANSLATING.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    TRANSLATING.set(false);
    result.ok()
}

/// A panic's message may quote the row (a slice index names the text), and rows are personal data: only the place in the
/// code is told.
fn silence_row_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if TRANSLATING.get() {
            let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
            tracing::error!(file, line, "mapping panicked");
        } else {
            before(info);
        }
    }));
}

fn keeps_promises(mapping: &dyn Mapping, drafts: &[Draft]) -> bool {
    let published = |draft: &Draft| mapping.department().resources.iter().any(|resource| resource.id == draft.resource);
    let stamped = |draft: &Draft| Version::is_stamp(&draft.stamp);
    // Two records of one key in one row would share a version.
    let alone = |place: usize, draft: &Draft| {
        drafts[..place].iter().all(|other| (other.resource, &other.key) != (draft.resource, &draft.key))
    };
    !drafts.is_empty()
        && drafts
            .iter()
            .enumerate()
            .all(|(place, draft)| !draft.key.is_empty() && published(draft) && stamped(draft) && alone(place, draft))
}

fn failed() -> Translated {
    Translated::Rejected(Rejection { rule: &rules::MAPPING_FAILED, field: "", resource: "", key: None })
}
