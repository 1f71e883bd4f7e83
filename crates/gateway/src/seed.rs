//! The catalogue's folder, applied on start by a node that has the bus to itself.

use crate::{Config, GatewayError, Running, catalogue, config::BusKind};
use domain::{Clock, catalogue::Catalogue};
use runtime::{Part, Process};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use view::{ViewError, plan, publish_plan, revision};

/// How often it is looked whether the view has got that far.
const LOOK: Duration = Duration::from_millis(20);
/// How long trouble with the bus is let pass before the next try.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The catalogue in the configured folder, for a node that applies it.
pub(crate) fn files(config: &Config) -> Result<Option<Catalogue>, GatewayError> {
    let Some(dir) = config.catalogue.dir.as_deref().filter(|_| config.bus.kind == BusKind::Embedded) else {
        return Ok(None);
    };
    catalogue::read_folder(dir).map(Some)
}

/// Applies it once the view has caught up; what the folder lacks stays in force.
pub(crate) fn spawn(process: &Process, running: &Running, config: &Config, wanted: Option<Catalogue>) {
    let Some(wanted) = wanted else { return };
    let seed = Seed {
        running: running.clone(),
        wanted,
        node: config.node.id.clone(),
        clock: process.clock(),
        part: process.health().part("catalogue"),
    };
    let stop = process.stop();
    process.spawn("catalogue", async move { stop.run_until_cancelled(seed.apply()).await.unwrap_or(Ok(())) });
}

struct Seed {
    running: Running,
    wanted: Catalogue,
    node: String,
    clock: Arc<dyn Clock>,
    part: Part,
}

impl Seed {
    async fn apply(self) -> Result<(), GatewayError> {
        while !self.running.progress.now().caught_up {
            sleep(LOOK).await;
        }
        loop {
            match self.publish().await {
                Ok(()) => break,
                Err(error) if passes(&error) => {
                    self.part.not_ready("the bus does not take the catalogue");
                    sleep(BACK_OFF).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.part.ready();
        Ok(())
    }

    async fn publish(&self) -> Result<(), ViewError> {
        let Running { directory, outbox, .. } = &self.running;
        let current = directory.now();
        let planned = plan(&current.catalogue, &self.wanted, false);
        if planned.differences.is_empty() {
            return Ok(());
        }
        publish_plan(&planned, directory, outbox, &self.node, self.clock.now()).await?;
        tracing::info!(differences = planned.differences.len(), "catalogue folder applied");
        let after = catalogue::after(&current.catalogue, &planned);
        catalogue::in_force(directory, &revision(&after)).await;
        Ok(())
    }
}

fn passes(error: &ViewError) -> bool {
    match error {
        ViewError::Bus(error) => error.is_retryable(),
        ViewError::StaleRevision { .. } | ViewError::NotConfirmed => true,
        ViewError::Store(_) => false,
    }
}
