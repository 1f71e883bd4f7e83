//! The life of a process from start to exit code.

use crate::{Failure, LogFormat, Process, process::caught, telemetry};
use std::{future::Future, num::NonZeroUsize, process::ExitCode, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that was told to end twice (128 + SIGINT).
const INTERRUPTED: i32 = 130;

/// Threads for tasks, also on a machine of one core.
const LEAST_THREADS: usize = 4;

/// How a process is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Level or filter of the log, such as `info` or `warn,bus=debug`.
    pub log: String,
    /// How log lines are written.
    pub format: LogFormat,
    /// How long the stop waits for tasks and threads.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { log: "info".to_owned(), format: LogFormat::Text, grace: Duration::from_secs(20) }
    }
}

/// Ended by the body of the process itself not ending.
#[derive(Debug, thiserror::Error)]
#[error("process did not end within the grace period")]
struct Hung;

/// The body of the process panicked; where is in the log.
#[derive(Debug, thiserror::Error)]
#[error("process panicked")]
struct Panicked;

/// Runs a process: installs the log, starts the tokio runtime, turns SIGINT and SIGTERM into a
/// stop (a second one ends the process at once), runs `body`, stops all it has spawned and waits
/// for it, and turns the first failure into the exit code.
///
/// The process ends when `body` ends; a body that serves until told otherwise awaits
/// [`Process::stopped`].
pub fn run<B, F>(name: &'static str, options: Options, body: B) -> ExitCode
where
    B: FnOnce(Process) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let Options { log, format, grace } = options;
    if let Err(refused) = telemetry::install(&log, format) {
        eprintln!("{name}: {refused}");
        return ExitCode::from(2);
    }
    tracing::info!(name, version = env!("CARGO_PKG_VERSION"), "started");
    match live(grace, body) {
        Ok(()) => {
            tracing::info!(name, "ended");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            tracing::error!(name, error = %failure, "ended by a failure");
            ExitCode::from(failure.code())
        }
    }
}

fn live<B, F>(grace: Duration, body: B) -> Result<(), Failure>
where
    B: FnOnce(Process) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    // A read of the store that must wait for the disk keeps its thread from other questions: there are more than cores.
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = (2 * cores).max(LEAST_THREADS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let outcome = runtime.block_on(async {
        let process = Process::start().ok_or("no tokio runtime")?;
        let signals = Signals::listen()?;
        runtime.spawn(signals.stop(process.stop()));
        live_in(&process, grace, body(process.clone())).await
    });
    // Blocking calls that ignored the stop must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

async fn live_in<F>(process: &Process, grace: Duration, body: F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let orderly = async {
        let outcome = caught(body).await.unwrap_or_else(|| Err(Panicked.into()));
        // The failure of a task that stopped the process explains more than what the body then met.
        process.finish(grace).await.and(outcome)
    };
    let too_long = async {
        process.stopped().await;
        tokio::time::sleep(grace).await;
    };
    // One grace period for all: what is left of it when the body ends is what the tasks get.
    tokio::select! {
        biased;
        outcome = orderly => outcome,
        () = too_long => process.finish(Duration::ZERO).await.and(Err(Hung.into())),
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn stop(mut self, stop: CancellationToken) {
        self.next().await;
        tracing::info!("stopping; a second signal ends the process at once");
        stop.cancel();
        self.next().await;
        std::process::exit(INTERRUPTED);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests;
