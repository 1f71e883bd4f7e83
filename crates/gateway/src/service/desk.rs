//! Where gRPC and REST meet: every call is answered, counted and timed here.

use super::{Action, Call, Failure, Fault, Incoming, body::Time};
use crate::handlers::Office;
use adapter_sdk::push::PushHandle;
use bytes::Bytes;
use contract::rest::Method;
use domain::{Caller, CallerKind, Outcome};
use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use routing::Form;
use runtime::Registry;
use security::Peer;
use std::sync::Arc;

/// Upper bounds of the buckets of a call's duration, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

type Label = (&'static str, String);
type Durations = Family<[Label; 2], Histogram, fn() -> Histogram>;

/// What becomes of a call.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What it counts as.
    pub(crate) outcome: Outcome,
    /// The answer, or why there is none: of questions in the form asked for, of other calls the encoded message.
    pub(crate) reply: Result<Bytes, Failure>,
}

impl Answered {
    /// A call whose answer says nothing about records.
    pub(crate) fn of(reply: Result<Bytes, Fault>) -> Self {
        Self::proven(reply.map_err(Failure::from))
    }

    /// The same, where evidence may have been made.
    pub(crate) fn proven(reply: Result<Bytes, Failure>) -> Self {
        let outcome = reply.as_ref().map_or_else(|failure| failure.fault.outcome(), |_| Outcome::Found);
        Self { outcome, reply }
    }
}

/// A method of the contract that this build has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    /// The method.
    pub(super) method: &'static Method,
    /// What it does.
    pub(super) action: Action,
}

impl Route {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        contract::rest::methods().filter_map(|method| Some(Self { method, action: Action::of(method)? }))
    }
}

/// Answers calls.
pub(crate) struct Desk {
    office: Arc<Office>,
    requests: Family<[Label; 4], Counter>,
    durations: Durations,
    over_quota: Family<[Label; 1], Counter>,
}

impl Desk {
    /// A desk before `office`, counting on `metrics`.
    pub(crate) fn new(office: Arc<Office>, metrics: &Registry) -> Self {
        let durations = Durations::new_with_constructor(|| Histogram::new(BUCKETS));
        Self {
            office,
            requests: metrics.register(
                "exchange_requests_total",
                "Answers, refusals included, by outcome",
                Family::default(),
            ),
            durations: metrics.register("exchange_request_duration_seconds", "How long answers took", durations),
            over_quota: metrics.register(
                "exchange_quota_refused_total",
                "Questions refused because a quota was used up",
                Family::default(),
            ),
        }
    }

    /// Answers a call, or says what is wrong with one that could not be read.
    pub(super) async fn answer(
        &self,
        route: Route,
        peer: &Peer,
        request: Result<Incoming, Fault>,
        (form, time): (Form, Time),
    ) -> Result<Bytes, Failure> {
        let kind = peer.caller.kind;
        let fault = match &request {
            _ if !route.action.is_for(kind) => Some(self.office.wrong_kind(kind)),
            Err(fault) => Some(fault.clone()),
            Ok(_) => None,
        };
        let call = Call {
            caller: peer.caller.clone(),
            certificate: Arc::clone(&peer.certificate),
            fingerprint: peer.fingerprint,
            incoming: request.unwrap_or_default(),
            form,
            limit: time.left(),
        };
        let answered = match fault {
            Some(fault) => Box::pin(self.office.unanswered(route.action, &call, fault)).await,
            None => self.office.handle(route.action, call).await,
        };
        self.count(route, &peer.caller, &answered, time);
        answered.reply
    }

    /// The intake that a caller may push to: its own. Decided before anything of the request is read.
    pub(super) fn intake(&self, route: Route, caller: &Caller, department: &str) -> Result<PushHandle, Fault> {
        if route.action.is_for(caller.kind) {
            self.office.intake(caller, department)
        } else {
            Err(self.office.wrong_kind(caller.kind))
        }
    }

    /// The handlers.
    pub(super) fn office(&self) -> &Office {
        &self.office
    }

    /// Counts a call that was answered elsewhere.
    pub(super) fn note(&self, route: Route, caller: &Caller, answered: Result<(), Fault>, time: Time) {
        self.count(route, caller, &Answered::of(answered.map(|()| Bytes::new())), time);
    }

    fn count(&self, route: Route, caller: &Caller, answered: &Answered, time: Time) {
        let consumer = self.consumer_label(caller);
        let service = ("service", route.method.service.clone());
        let method = ("method", route.method.name.clone());
        let outcome = ("outcome", answered.outcome.label().to_owned());
        let fault = answered.reply.as_ref().err().map(|failure| &failure.fault);
        if let Some(Fault::Refused { reason, .. }) = fault
            && reason.is_quota()
        {
            self.over_quota.get_or_create(&[("consumer", consumer.clone())]).inc();
        }
        self.durations.get_or_create(&[service.clone(), method.clone()]).observe(time.began().elapsed().as_secs_f64());
        self.requests.get_or_create(&[service, method, outcome, ("consumer", consumer)]).inc();
    }

    /// Consumers by name when the catalogue knows them, so that labels are a closed set; others by kind.
    fn consumer_label(&self, caller: &Caller) -> String {
        let is_known = caller.kind == CallerKind::Consumer && self.office.knows_consumer(caller.id());
        if is_known { caller.id() } else { caller.kind.as_str() }.to_owned()
    }
}
