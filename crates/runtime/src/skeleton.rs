//! The life of a process from start to exit code.

use crate::{Failure, LogFormat, Process, process::caught, telemetry};
use std::{future::Future, process::ExitCode, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that was told to end twice (128 + SIGINT).
const INTERRUPTED: i32 = 130;

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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
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
    let too_long = async {
        process.stopped().await;
        tokio::time::sleep(grace).await;
    };
    let outcome = tokio::select! {
        outcome = caught(body) => outcome.unwrap_or_else(|| Err(Panicked.into())),
        () = too_long => Err(Hung.into()),
    };
    // The failure of a task that stopped the process explains more than what the body then met.
    let ended = process.finish(grace).await;
    ended.and(outcome)
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
mod tests {
    use super::*;

    fn run_quietly<F>(body: impl FnOnce(Process) -> F) -> ExitCode
    where
        F: Future<Output = Result<(), Failure>>,
    {
        run("test", Options { log: "off".to_owned(), ..Options::default() }, body)
    }

    #[test]
    fn body_that_ends_well_ends_with_zero() {
        assert_eq!(run_quietly(|_| async { Ok(()) }), ExitCode::SUCCESS);
    }

    #[test]
    fn failure_of_the_body_is_the_exit_code() {
        let code = run_quietly(|_| async { Err(Failure::from("refused").with_code(3)) });
        assert_eq!(code, ExitCode::from(3));
    }

    #[test]
    fn panic_of_the_body_is_a_failure() {
        let code = run_quietly(|_| async {
            std::hint::black_box(None::<u8>).map(drop).expect("broken");
            Ok(())
        });
        assert_eq!(code, ExitCode::from(1));
    }

    #[test]
    fn failing_task_ends_a_body_that_waits_for_the_stop() {
        let code = run_quietly(|process| async move {
            process.spawn("task", async { Err::<(), _>(Failure::from("away").with_code(5)) });
            process.stopped().await;
            Ok(())
        });
        assert_eq!(code, ExitCode::from(5));
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_ignores_the_stop_is_left_behind() {
        let process = Process::start().unwrap();
        process.stop().cancel();
        let outcome = live_in(&process, Duration::from_secs(20), std::future::pending()).await;
        assert_eq!(outcome.unwrap_err().to_string(), "process did not end within the grace period");
    }

    #[test]
    fn filter_that_is_no_filter_is_bad_usage() {
        let options = Options { log: "bus=loud".to_owned(), ..Options::default() };
        assert_eq!(run("test", options, |_| async { Ok(()) }), ExitCode::from(2));
    }
}
