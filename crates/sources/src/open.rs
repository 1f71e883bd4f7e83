//! From a configuration to a source.

use crate::{SetupError, mariadb::TimedTable, postgres::SerialSource, rest, soap::Polls, topic::TopicSource};
use adapter_sdk::{
    Adapter, Way,
    source::Source,
    transport::{SourceSettings, Transport},
};
use domain::{Clock, Language};
use std::sync::Arc;

/// What every source is given beside its settings.
#[derive(Clone)]
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Language of what clerks and ops read.
    pub language: Language,
}

/// The source that the settings ask for, made for the adapter's way of that kind; none for the ways that are not asked: files,
/// which the runner looks for itself, and push.
///
/// # Errors
/// When the adapter has no such way, or the settings cannot be used. Whether the other side answers is found out later.
pub fn open(
    adapter: &Adapter,
    settings: &SourceSettings,
    around: &Surroundings,
) -> Result<Option<Box<dyn Source>>, SetupError> {
    let Some(way) = adapter.way(settings.kind()) else { return Err(no_such_way(adapter, settings)) };
    let source: Box<dyn Source> = match (&way.transport, settings) {
        (Transport::Topic(feed), SourceSettings::Kafka(settings)) => {
            Box::new(TopicSource::new(feed, settings, Arc::clone(&around.clock), around.language)?)
        }
        (Transport::TimeTable(table), SourceSettings::Mariadb(settings)) => {
            Box::new(TimedTable::new(table, settings, around)?)
        }
        (Transport::SerialTables(tables), SourceSettings::Postgres(settings)) => {
            Box::new(SerialSource::new(tables, settings, around)?)
        }
        (Transport::Soap(feed), SourceSettings::Soap(settings)) => Box::new(Polls::new(feed, settings, around)?),
        (Transport::Rest(feed), SourceSettings::Rest(settings)) => rest::source(feed, settings, around)?,
        _ => return Ok(None),
    };
    Ok(Some(source))
}

fn no_such_way(adapter: &Adapter, settings: &SourceSettings) -> SetupError {
    let known: Vec<_> = adapter.ways.iter().map(|way: &Way| way.transport.kind()).collect();
    SetupError::NoSuchWay { department: adapter.id(), kind: settings.kind(), known: known.join(", ") }
}
