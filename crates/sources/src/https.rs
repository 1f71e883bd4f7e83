//! HTTPS calls to a department's server: under time limits, with answers of bounded size, over connections that are kept.

mod address;
mod wire;

pub(crate) use self::{
    address::{Address, in_query},
    wire::{Answer, Call, NoAnswer, Wire},
};

use crate::{SetupError, Surroundings};
use adapter_sdk::Stop;
use domain::Timestamp;
use security::{ClientTls, SecurityError};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Runtime;

/// How often a running call looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Why a call was given up.
#[derive(Debug)]
pub(crate) enum GivenUp {
    /// The intake was asked to stop.
    Stopped,
    /// It took longer than it may.
    Late(Duration),
}

/// What a call comes to, if it comes within `limit` and before the intake is stopped.
pub(crate) fn within<T>(
    runtime: &Runtime,
    limit: Duration,
    stop: &dyn Stop,
    asked: impl Future<Output = T>,
) -> Result<T, GivenUp> {
    let stopped = async {
        while !stop.is_stopped() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    runtime.block_on(async {
        tokio::select! {
            biased;
            answer = asked => Ok(answer),
            () = stopped => Err(GivenUp::Stopped),
            () = tokio::time::sleep(limit) => Err(GivenUp::Late(limit)),
        }
    })
}

/// By how many minutes our clock is ahead of a server's, rounded as people read clocks; less than one is none.
pub(crate) fn minutes_ahead(now: Timestamp, there: Timestamp) -> i64 {
    let seconds = (now - there).num_seconds();
    if seconds.abs() < 60 { 0 } else { (seconds.abs() + 30) / 60 * seconds.signum() }
}

/// TLS towards servers of the authority in `ca`, with our own certificate and its key where they want to see one.
pub(crate) fn tls(
    ca: &Path,
    own: (Option<&PathBuf>, Option<&PathBuf>),
    around: &Surroundings,
) -> Result<ClientTls, SetupError> {
    let clock = Arc::clone(&around.clock);
    match own {
        (None, None) => ClientTls::anonymous(ca, clock).map_err(wrong_file("source.ca")),
        (Some(cert), Some(key)) => {
            ClientTls::load(ca, cert, key, clock).map_err(wrong_file("source.ca, source.cert, source.key"))
        }
        _ => Err(wrong("source.cert")("`cert` and `key` go together; give both or none".to_owned())),
    }
}

/// A setting that cannot be used, for what is said.
pub(crate) fn wrong(setting: &'static str) -> impl Fn(String) -> SetupError {
    move |problem| SetupError::Setting { setting, problem }
}

/// A setting that names a file which cannot be used.
pub(crate) fn wrong_file(setting: &'static str) -> impl Fn(SecurityError) -> SetupError {
    move |error| SetupError::Setting { setting, problem: error.to_string() }
}
