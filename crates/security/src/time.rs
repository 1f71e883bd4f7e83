//! The clock as the TLS library wants it.

use domain::{Clock, Timestamp};
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use std::{fmt, sync::Arc, time::Duration};

/// 9999-12-31, the last day that X.509 can write.
const LAST: u64 = 253_402_214_400;

/// The house's clock, for certificate checks inside the TLS library.
pub(crate) struct TlsClock(pub(crate) Arc<dyn Clock>);

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(since_epoch(self.0.now())))
    }
}

impl fmt::Debug for TlsClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsClock")
    }
}

/// Whole seconds since 1970, kept within what X.509 can write.
pub(crate) fn since_epoch(instant: Timestamp) -> Duration {
    let seconds = u64::try_from(instant.timestamp()).unwrap_or(0);
    Duration::from_secs(seconds.min(LAST))
}
