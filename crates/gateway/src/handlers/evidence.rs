//! Proof: of one exchange, of what operators do, and the log itself.

use super::{Office, reply_of};
use crate::service::{Action, Call, Failure, Fault};
use bytes::Bytes;
use contract::v1;
use domain::{Caller, CallerKind, Outcome};
use evidence::{Evidence, EvidenceError, EvidenceId, TilePath};
use prost::Message as _;
use routing::{Deed, Reply, caller_name};

/// A piece of the log as it is read from outside.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A checkpoint.
    Note(String),
    /// A tile or a bundle of entries; a full one never changes.
    Tile {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Whether it is full.
        is_full: bool,
    },
}

impl Office {
    /// The evidence of one exchange, for those who may see it; for all others there is none.
    pub(super) fn get_evidence(
        &self,
        caller: &Caller,
        request: &v1::GetEvidenceRequest,
    ) -> Result<v1::GetEvidenceResponse, Fault> {
        let none = || Fault::NotFound("there is no such evidence, or it is not yours to see".to_owned());
        let id: EvidenceId = request.evidence_id.parse().map_err(|_| none())?;
        let log = self.parts.exchange.evidence();
        let found = log.evidence(&id).map_err(|error| self.unrecorded(&error))?;
        let Some(Evidence { mut receipt, private, .. }) = found else { return Err(none()) };
        let statement = receipt.statement.as_ref().ok_or_else(none)?;
        match self.interest(caller, statement) {
            None => return Err(none()),
            Some(Interest::Statement) => receipt.salt.clear(),
            Some(Interest::Subject) => {}
        }
        let request_signature = private.map(|private| private.signature).unwrap_or_default();
        Ok(v1::GetEvidenceResponse { receipt: Some(receipt), request_signature })
    }

    /// What a caller may know of a statement.
    fn interest(&self, caller: &Caller, statement: &v1::Statement) -> Option<Interest> {
        let is_named = caller_name(caller) == statement.consumer;
        let snapshot = self.parts.directory.now();
        let is_of_department = |resource: &str| {
            let resource = snapshot.catalogue.resources.get(resource);
            resource.is_some_and(|resource| resource.department == caller.id())
        };
        match caller.kind {
            CallerKind::Consumer | CallerKind::Node => is_named.then_some(Interest::Subject),
            CallerKind::Department => statement.resource.split(',').any(is_of_department).then_some(Interest::Subject),
            CallerKind::Operator if is_named => Some(Interest::Subject),
            CallerKind::Operator => Some(Interest::Statement),
        }
    }

    /// Keeps a witness's cosignature of a checkpoint of this log.
    pub(super) fn add_cosignature(
        &self,
        caller: &Caller,
        request: &v1::AddCosignatureRequest,
    ) -> Result<v1::AddCosignatureResponse, Fault> {
        let log = self.parts.exchange.evidence();
        let wrong = |field: &str, why: &str| Fault::field(field, "cosignature", why);
        let key = request.verifier_key.parse().map_err(|_| wrong("verifier_key", "is no verifier key of a witness"))?;
        match log.add_cosignature(&request.note, &key) {
            Ok(size) => {
                tracing::info!(%caller, size, "checkpoint cosigned");
                Ok(v1::AddCosignatureResponse { size })
            }
            Err(EvidenceError::Malformed { .. }) => {
                Err(wrong("note", "is no checkpoint of this log with a good cosignature"))
            }
            Err(error) => Err(self.unrecorded(&error)),
        }
    }

    /// A piece of the log: checkpoints and hashes for everybody, entries for those who look after the exchange.
    pub(crate) fn piece(&self, caller: &Caller, path: &str) -> Result<Piece, Fault> {
        let log = self.parts.exchange.evidence();
        let none = || Fault::NotFound("the log has no such piece".to_owned());
        match path {
            "checkpoint" => return Ok(Piece::Note(log.checkpoint())),
            "cosigned" => {
                let cosigned = log.cosigned().map_err(|error| self.unrecorded(&error))?;
                return cosigned.map(Piece::Note).ok_or_else(none);
            }
            _ => {}
        }
        let (epoch, tile) = of_epoch(path).unwrap_or_else(|| (log.epoch(), path));
        if tile == "checkpoint" {
            let newest = log.checkpoint_of(epoch).map_err(|error| self.unrecorded(&error))?;
            return newest.map(Piece::Note).ok_or_else(none);
        }
        let is_entries = matches!(TilePath::parse(tile).ok_or_else(none)?, TilePath::Entries(_));
        if is_entries && !matches!(caller.kind, CallerKind::Operator | CallerKind::Node) {
            return Err(none());
        }
        let bytes = log.tile_of(epoch, tile).map_err(|error| self.unrecorded(&error))?.ok_or_else(none)?;
        Ok(Piece::Tile { bytes, is_full: !tile.contains(".p/") })
    }

    /// Records what an operator changed or revealed, before the answer leaves.
    pub(super) async fn prove(
        &self,
        action: Action,
        call: &Call,
        done: Result<Bytes, Fault>,
    ) -> Result<Bytes, Failure> {
        let method = match action {
            Action::GetReject if !reveals(call) => None,
            Action::GetReject => Some("/exchange.v1.OperationsService/GetReject"),
            Action::Redrive => Some("/exchange.v1.OperationsService/Redrive"),
            Action::Dismiss => Some("/exchange.v1.OperationsService/Dismiss"),
            Action::Apply => Some("/exchange.v1.CatalogueService/Apply"),
            _ => None,
        };
        let Some(method) = method else { return Ok(done?) };
        let (outcome, reason) = match &done {
            Ok(_) => (Outcome::Found, ""),
            Err(fault) => (fault.outcome(), fault.told().0),
        };
        let deed = Deed {
            caller: &call.caller,
            fingerprint: call.fingerprint,
            method,
            canonical: &call.incoming.canonical,
            outcome,
            reason,
        };
        let id = self.parts.exchange.record_deed(&deed).await.map_err(|error| self.unrecorded(&error))?;
        done.map_err(|fault| Failure { fault, evidence_id: Some(id) })
    }

    /// Nothing is answered that cannot be recorded.
    pub(super) fn unrecorded(&self, error: &EvidenceError) -> Fault {
        tracing::error!(error = error as &dyn std::error::Error, "evidence cannot be kept");
        let unrecorded = reply_of(Reply::unrecorded(self.parts.language));
        unrecorded.err().unwrap_or(Fault::Internal)
    }
}

/// The epoch and the rest of `epochs/<epoch>/<piece>`.
fn of_epoch(path: &str) -> Option<(u64, &str)> {
    let (epoch, piece) = path.strip_prefix("epochs/")?.split_once('/')?;
    Some((epoch.parse().ok()?, piece))
}

/// How much of an exchange somebody may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interest {
    /// What the log says.
    Statement,
    /// With the salt, which opens the commitments to whoever knows what was asked.
    Subject,
}

fn reveals(call: &Call) -> bool {
    v1::GetRejectRequest::decode(call.incoming.request.clone()).is_ok_and(|request| request.reveal)
}
