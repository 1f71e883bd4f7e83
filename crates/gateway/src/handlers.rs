//! What each method does once caller and form are known. Questions go on to `routing`.

mod catalogue;
mod evidence;
mod mask;
mod operations;
mod page;
mod publish;
mod rejects;
mod standing;
mod whoami;

use crate::{
    service::{Action, Answered, Call, Failure, Fault},
    vitals::Vitals,
};
use adapter_sdk::push::PushHandle;
use bytes::Bytes;
use contract::v1;
use domain::{CallerKind, Clock, Language, Reason};
use policy::Gate;
use prost::Message;
use routing::{Exchange, Finished, Method, Reply};
use security::seal::SealingKey;
use std::{collections::BTreeMap, sync::Arc};
use store::StoreError;
use tokio::{sync::Mutex, time::timeout};
use view::{Directory, Outbox};

/// The reading end of the store of this build.
pub(crate) type View = store::EmbeddedViewReader;

pub(crate) use self::{evidence::Piece, publish::response, standing::Standing};

/// What an office works with.
pub(crate) struct Parts {
    /// Id of the node.
    pub(crate) node: String,
    /// Language of sentences for people.
    pub(crate) language: Language,
    /// What is in force.
    pub(crate) directory: Arc<Directory>,
    /// Answers questions.
    pub(crate) exchange: Exchange<View>,
    /// Knows what is left of quotas.
    pub(crate) gate: Arc<Gate>,
    /// Rejects.
    pub(crate) view: View,
    /// Writes to the bus.
    pub(crate) outbox: Outbox,
    /// How the process is.
    pub(crate) vitals: Arc<Vitals>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Seals page tokens.
    pub(crate) key: SealingKey,
    /// The intakes of departments that push, by department.
    pub(crate) pushes: BTreeMap<String, PushHandle>,
}

/// Does what callers ask for.
pub(crate) struct Office {
    parts: Parts,
    /// One change of the catalogue at a time, until it is in force.
    applying: Mutex<()>,
}

impl Office {
    /// An office with these parts.
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, applying: Mutex::default() }
    }

    /// Whether the catalogue in force has this consumer.
    pub(crate) fn knows_consumer(&self, id: &str) -> bool {
        self.parts.directory.now().catalogue.consumers.contains_key(id)
    }

    /// The refusal of a kind of caller that may not call a method.
    pub(crate) fn wrong_kind(&self, kind: CallerKind) -> Fault {
        let detail = match self.parts.language {
            Language::English => format!("a caller of kind {} may not call this method", kind.as_str()),
            Language::Chinese => format!("{} 类调用方不得调用该方法", kind.as_str()),
        };
        Fault::Refused { reason: Reason::CallerKind, detail, retry_after: None }
    }

    /// Does it, within the call's time.
    pub(crate) async fn handle(&self, action: Action, call: Call) -> Answered {
        if let Action::Ask(method) = action {
            return self.ask(method, call).await;
        }
        let done = timeout(call.limit, self.serve(action, &call)).await;
        let done = done.unwrap_or_else(|_| Err(Fault::away("it took longer than the time limit")));
        Answered::proven(self.prove(action, &call, done).await)
    }

    /// A call that is not answered for a reason of the edge: a question is recorded all the same.
    pub(crate) async fn unanswered(&self, action: Action, call: &Call, fault: Fault) -> Answered {
        let Action::Ask(method) = action else { return Answered::of(Err(fault)) };
        let (reason, detail) = fault.told();
        let recorded = self.parts.exchange.record(&call.asking(method), fault.outcome(), (reason, &detail)).await;
        Answered::proven(Err(match recorded {
            Ok(id) => Failure { fault, evidence_id: Some(id) },
            // Nothing is answered before the log is open, which is for the same reason.
            Err(_) if !self.parts.vitals.is_counted() => fault.into(),
            Err(error) => self.unrecorded(&error).into(),
        }))
    }

    async fn ask(&self, method: Method, call: Call) -> Answered {
        if let Err(fault) = self.require_view() {
            return Box::pin(self.unanswered(Action::Ask(method), &call, fault)).await;
        }
        let finished = self.parts.exchange.answer(&call.asking(method), call.limit).await;
        let Finished { outcome, reply, evidence_id, .. } = finished;
        Answered { outcome, reply: reply_of(reply).map_err(|fault| Failure { fault, evidence_id }) }
    }

    /// Nothing is decided by a catalogue that may be of yesterday.
    fn require_view(&self) -> Result<(), Fault> {
        let is_there = self.parts.vitals.has_caught_up() && self.parts.vitals.is_counted();
        if is_there { Ok(()) } else { Err(Fault::away("the exchange is starting and still reading the bus")) }
    }

    async fn serve(&self, action: Action, call: &Call) -> Result<Bytes, Fault> {
        let caller = &call.caller;
        match action {
            // Answered elsewhere.
            Action::Ask(_) | Action::Publish => Err(Fault::Internal),
            Action::ListResources => encode(self.list_resources(caller, decode(call)?)),
            Action::GetResource => encode(self.get_resource(&decode(call)?)),
            Action::ListGrants => encode(self.list_grants(caller, decode(call)?)),
            Action::Plan => encode(self.plan(&decode(call)?)),
            Action::Apply => encode(self.apply(caller, &decode(call)?).await),
            Action::Export => encode(decode(call).map(|v1::ExportRequest {}| self.export())),
            Action::GetCaller => encode(self.get_caller(caller)),
            Action::GetStatus => encode(self.status().await),
            Action::ListRejects => encode(self.list_rejects(caller, decode(call)?).await),
            Action::GetReject => encode(self.get_reject(caller, &decode(call)?).await),
            Action::Redrive => encode(self.redrive(caller, decode(call)?).await),
            Action::Dismiss => encode(self.dismiss(caller, decode(call)?).await),
            Action::GetEvidence => encode(self.get_evidence(caller, &decode(call)?)),
            Action::AddCosignature => encode(self.add_cosignature(caller, &decode(call)?)),
        }
    }
}

fn decode<M: Message + Default>(call: &Call) -> Result<M, Fault> {
    M::decode(call.incoming.request.clone())
        .map_err(|_| Fault::field("", "malformed", "is not a message of this method"))
}

fn encode<M: Message>(answer: Result<M, Fault>) -> Result<Bytes, Fault> {
    answer.map(|answer| answer.encode_to_vec().into())
}

fn reply_of(reply: Reply) -> Result<Bytes, Fault> {
    match reply {
        Reply::Answer(bytes) => Ok(bytes),
        Reply::Refused { reason, detail, retry_after } => Err(Fault::Refused { reason, detail, retry_after }),
        Reply::Invalid { fields } => Err(Fault::Invalid(fields)),
        Reply::Conflict { detail } => Err(Fault::Conflict(detail)),
        Reply::Unavailable { retry_after, detail } => Err(Fault::Unavailable { retry_after, detail }),
    }
}

/// The store failed; the log has more.
fn store_away(error: &StoreError) -> Fault {
    tracing::error!(%error, "store cannot be read");
    Fault::away("the store cannot be read now")
}
