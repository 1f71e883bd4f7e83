//! What every source that is asked promises, over real databases, servers of the interface documents, and a bus.
//!
//! Where a database is not installed its tests say so and pass; with `CI=true` they fail.
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has failed")]

mod databases;
mod servers;
mod topics;

use adapter_sdk::{Adapter, source::Source, transport::SourceSettings};
use domain::{Clock, Language, ManualClock};
use sources::Surroundings;
use std::sync::Arc;

adapter_sdk::source_conformance!(rest, crate::servers::taxes);
adapter_sdk::source_conformance!(soap, crate::servers::enterprises);
adapter_sdk::source_conformance!(topic, crate::topics::quotas);
adapter_sdk::source_conformance!(mariadb, crate::databases::marriages);
adapter_sdk::source_conformance!(postgres, crate::databases::titles);

/// A clock that stands at the machine's time, as databases have theirs from it.
fn clock() -> Arc<dyn Clock> {
    #[expect(clippy::disallowed_methods, reason = "a test whose database has the machine's time")]
    let now = chrono::Utc::now();
    Arc::new(ManualClock::at(now))
}

fn open(adapter: &Adapter, settings: &SourceSettings, clock: &Arc<dyn Clock>) -> Box<dyn Source> {
    let around = Surroundings { clock: Arc::clone(clock), language: Language::English };
    sources::open(adapter, settings, &around).unwrap().unwrap()
}

/// The digits behind `mark` in a row.
fn number_behind(mark: &str, row: &[u8]) -> u32 {
    let row = String::from_utf8_lossy(row);
    let (_, rest) = row.split_once(mark).unwrap();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap()
}
