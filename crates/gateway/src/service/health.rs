//! `grpc.health.v1`: serving while every part of the process is ready.

use crate::vitals::Vitals;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::{Interval, interval};
use tokio_stream::{Stream, StreamExt as _, wrappers::IntervalStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server::Health,
};

/// How often a watcher is told of changes.
const TELL: Duration = Duration::from_secs(1);

/// Answers the health service.
#[derive(Clone)]
pub(super) struct Checks {
    vitals: Arc<Vitals>,
    services: Arc<BTreeSet<String>>,
    stop: CancellationToken,
}

impl Checks {
    /// Knows the services of the contract, and the empty name for the whole.
    pub(super) fn new(vitals: Arc<Vitals>, stop: CancellationToken) -> Self {
        let own = contract::rest::methods().map(|method| format!("exchange.v1.{}", method.service));
        let services = own.chain([String::new()]).collect();
        Self { vitals, services: Arc::new(services), stop }
    }

    fn status(&self, service: &str) -> ServingStatus {
        if !self.services.contains(service) {
            return ServingStatus::ServiceUnknown;
        }
        if self.vitals.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing }
    }
}

#[tonic::async_trait]
impl Health for Checks {
    type WatchStream = std::pin::Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match self.status(&request.into_inner().service) {
            ServingStatus::ServiceUnknown => Err(Status::not_found("there is no such service")),
            status => Ok(Response::new(HealthCheckResponse { status: status.into() })),
        }
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        Ok(Response::new(Box::pin(self.clone().changes(service, interval(TELL)))))
    }
}

impl Checks {
    fn changes(
        self,
        service: String,
        ticks: Interval,
    ) -> impl Stream<Item = Result<HealthCheckResponse, Status>> + Send {
        let stop = self.stop.clone();
        let mut told = None;
        IntervalStream::new(ticks)
            .take_while(move |_| !stop.is_cancelled())
            .map(move |_| self.status(&service))
            .filter(move |status| told.replace(*status) != Some(*status))
            .map(|status| Ok(HealthCheckResponse { status: status.into() }))
    }
}
