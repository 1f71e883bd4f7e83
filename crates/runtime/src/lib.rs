//! The skeleton every process of the exchange stands on: start, telemetry, health, metrics,
//! configuration, and an orderly stop.
//!
//! Hides the machine. Only this crate reads the system clock and the environment, and only this
//! crate spawns tasks and threads, so that a stop can wait for all of them. Libraries return
//! futures and take a [`domain::Clock`].
//!
//! ```no_run
//! use runtime::{Failure, Options, run};
//!
//! fn main() -> std::process::ExitCode {
//!     run("gateway", Options::default(), |process| async move {
//!         let stop = process.stop();
//!         let ready = process.health().part("listener");
//!         process.spawn("listener", async move {
//!             ready.ready();
//!             stop.cancelled().await;
//!             Ok::<(), Failure>(())
//!         });
//!         process.stopped().await;
//!         Ok(())
//!     })
//! }
//! ```
pub mod config;

mod clock;
mod environment;
mod failure;
mod health;
mod metrics;
mod process;
mod skeleton;
mod stop;
mod telemetry;

pub use self::{
    clock::SystemClock,
    environment::environment,
    failure::Failure,
    health::{Health, Part},
    metrics::{OPENMETRICS_CONTENT_TYPE, Registry},
    process::Process,
    skeleton::{Options, run},
    stop::Stop,
    telemetry::LogFormat,
};
