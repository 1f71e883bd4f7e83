//! What a command leaves behind: results on stdout, everything else on stderr, and an exit code (contract.md §4).

use anyhow::Result;
use runtime::config::ConfigError;
use serde_json::Value;
use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
};

/// Failed, or a proof or claim that does not hold.
pub(crate) const FAILED: u8 = 1;
/// Bad usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// Refused.
pub(crate) const REFUSED: u8 = 3;
/// Not found, no coverage, withdrawn, ambiguous.
pub(crate) const NOTHING: u8 = 4;
/// Unavailable.
pub(crate) const UNAVAILABLE: u8 = 5;

/// A failure that has an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    /// What is wrong and how to mend it.
    pub(crate) message: String,
}

/// A failure of bad usage.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    Failure { code: USAGE, message: message.into() }.into()
}

/// A proof that does not hold.
pub(crate) fn wrong(message: impl Into<String>) -> anyhow::Error {
    Failure { code: FAILED, message: message.into() }.into()
}

/// Says what went wrong, and the exit code for it.
pub(crate) fn fail(failure: &anyhow::Error) -> ExitCode {
    if let Some(error) = failure.downcast_ref::<std::io::Error>()
        && error.kind() == ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    eprintln!("exchange: {failure:#}");
    let of_its_own = failure.downcast_ref::<Failure>().map(|failure| failure.code);
    let configuration = failure.chain().any(<dyn std::error::Error>::is::<ConfigError>).then_some(USAGE);
    ExitCode::from(of_its_own.or(configuration).unwrap_or(FAILED))
}

/// Prints a line on stdout.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Prints an object on one line.
pub(crate) fn json(value: &Value) -> Result<()> {
    line(&value.to_string())
}

/// An error with all its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
