//! Log lines on stderr.

use std::panic;
use tracing_subscriber::{EnvFilter, filter::ParseError};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The log filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("log filter {filter:?} is not a level or a list such as `info,bus=debug`")]
pub(crate) struct BadFilter {
    filter: String,
    #[source]
    source: ParseError,
}

/// Installs the subscriber and the panic hook. A second call in one process leaves the first
/// subscriber in place.
pub(crate) fn install(filter: &str, format: LogFormat) -> Result<(), BadFilter> {
    let levels = EnvFilter::try_new(filter).map_err(|source| BadFilter { filter: filter.to_owned(), source })?;
    let lines = tracing_subscriber::fmt().with_env_filter(levels).with_writer(std::io::stderr);
    // Refused only when a subscriber is there already, which then goes on serving.
    let installed = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    drop(installed);
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Logs where, never what: the text of a panic may quote the record that caused it.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or_default(), "panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_that_is_no_filter_is_refused_and_named() {
        let refused = install("bus=loud", LogFormat::Text).unwrap_err();
        assert!(refused.to_string().contains("bus=loud"));
    }
}
