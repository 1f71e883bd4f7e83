//! The gateway process: one mutual-TLS port for gRPC and REST, and one for those who run it.
//!
//! Wires `view`, `routing`, `policy`, `security` and `store` together. Hides HTTP, gRPC framing, JSON at the
//! edge, and the order in which parts start and stop. Both spellings of a call meet at one desk, so that they
//! cannot answer differently.
//!
//! ```no_run
//! # async fn start(process: runtime::Process) -> Result<(), Box<dyn std::error::Error>> {
//! use gateway::{Config, Gateway, open_bus};
//!
//! let config = Config::load("exchange.toml".as_ref())?;
//! let bus = open_bus(&config, process.clock())?;
//! let running = Gateway::start(&process, &config, bus).await?;
//! tracing::info!(service = %running.service, ops = %running.ops, "listening");
//! process.stopped().await;
//! # Ok(())
//! # }
//! ```
mod catalogue;
pub mod config;
mod elsewhere;
mod error;
mod gateway;
mod handlers;
mod ops;
mod proof;
mod seed;
mod service;
mod vitals;

pub use self::{
    catalogue::{catalogue_files, check_catalogue},
    config::Config,
    error::GatewayError,
    gateway::{Gateway, Links, Running, open_bus},
};
