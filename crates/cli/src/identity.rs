//! Who this process is on the bus: the node's certificate, followed as its files change.

use crate::output::USAGE;
use gateway::config::{BusKind, Config};
use runtime::{Failure, Process, Stop};
use security::{NoBindings, ServerTls, control::Identity};
use std::{sync::Arc, time::Duration};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// By which certificates the adapters of this process judge and sign what is on the control topic. None where an adapter's
/// machine has none of the files of `[tls]`, which is said in the log.
pub(crate) fn identity(process: &Process, config: &Config) -> Result<Option<Arc<dyn Identity>>, Failure> {
    let tls = &config.tls;
    let is_without = config.bus.kind == BusKind::Kafka && ![&tls.ca, &tls.cert, &tls.key].iter().any(|it| it.exists());
    if is_without {
        tracing::warn!(
            "there are no certificates of [tls] here: commands and leases on the control topic are taken from anybody, and no node that asks for signatures believes this one's"
        );
        return Ok(None);
    }
    let files = ServerTls::load(&tls.files(), Arc::new(NoBindings), process.clock());
    let files = files.map_err(|error| Failure::from(error).with_code(USAGE))?;
    let followed = Arc::clone(&files);
    process.spawn_thread("identity", move |stop: Stop| {
        while !stop.wait(LOOK) {
            if let Err(error) = followed.reload_if_changed() {
                tracing::warn!(%error, "changed certificates cannot be used; the old ones stay");
            }
        }
        Ok::<_, Failure>(())
    });
    Ok(Some(files))
}
