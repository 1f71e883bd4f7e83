//! What can be called, and by whom.

use super::Fault;
use bytes::Bytes;
use contract::json;
use domain::{Caller, CallerKind};
use routing::{Asking, Form, Method};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A request as it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    /// The encoded request message.
    pub(crate) request: Bytes,
    /// The RFC 8785 form of its JSON without the signature; empty where no evidence is made of it.
    pub(crate) canonical: Bytes,
}

impl Incoming {
    /// A request with the canonical form of its JSON.
    ///
    /// # Errors
    /// The JSON has no canonical form.
    pub(crate) fn of(request: Bytes, mut value: Value) -> Result<Self, Fault> {
        if let Value::Object(members) = &mut value {
            members.remove("request_signature");
            members.remove("requestSignature");
        }
        Ok(Self { request, canonical: json::canonical(&value)?.into() })
    }
}

/// A call on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) caller: Caller,
    /// The certificate that the caller showed, DER.
    pub(crate) certificate: Arc<[u8]>,
    /// The SHA-256 of that certificate.
    pub(crate) fingerprint: [u8; 32],
    /// What was read.
    pub(crate) incoming: Incoming,
    /// In which form the answer leaves.
    pub(crate) form: Form,
    /// How long it may take from now on.
    pub(crate) limit: Duration,
}

impl Call {
    /// The same as a question to the exchange.
    pub(crate) fn asking(&self, method: Method) -> Asking<'_> {
        Asking {
            caller: &self.caller,
            certificate: &self.certificate,
            fingerprint: self.fingerprint,
            method,
            request: &self.incoming.request,
            canonical: &self.incoming.canonical,
            form: self.form,
        }
    }
}

/// What a method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A question to the exchange.
    Ask(Method),
    /// `CatalogueService/ListResources`.
    ListResources,
    /// `CatalogueService/GetResource`.
    GetResource,
    /// `CatalogueService/ListGrants`.
    ListGrants,
    /// `CatalogueService/Plan`.
    Plan,
    /// `CatalogueService/Apply`.
    Apply,
    /// `CatalogueService/Export`.
    Export,
    /// `CatalogueService/GetCaller`.
    GetCaller,
    /// `OperationsService/GetStatus`.
    GetStatus,
    /// `OperationsService/ListRejects`.
    ListRejects,
    /// `OperationsService/GetReject`.
    GetReject,
    /// `OperationsService/Redrive`.
    Redrive,
    /// `OperationsService/Dismiss`.
    Dismiss,
    /// `PublishService/Publish`.
    Publish,
    /// `EvidenceService/GetEvidence`.
    GetEvidence,
    /// `EvidenceService/AddCosignature`.
    AddCosignature,
}

impl Action {
    /// The action of a method of the contract; `None` when this build does not have it.
    pub(crate) fn of(method: &contract::rest::Method) -> Option<Self> {
        let action = match (method.service.as_str(), method.name.as_str()) {
            ("CatalogueService", "ListResources") => Self::ListResources,
            ("CatalogueService", "GetResource") => Self::GetResource,
            ("CatalogueService", "ListGrants") => Self::ListGrants,
            ("CatalogueService", "Plan") => Self::Plan,
            ("CatalogueService", "Apply") => Self::Apply,
            ("CatalogueService", "Export") => Self::Export,
            ("CatalogueService", "GetCaller") => Self::GetCaller,
            ("OperationsService", "GetStatus") => Self::GetStatus,
            ("OperationsService", "ListRejects") => Self::ListRejects,
            ("OperationsService", "GetReject") => Self::GetReject,
            ("OperationsService", "Redrive") => Self::Redrive,
            ("OperationsService", "Dismiss") => Self::Dismiss,
            ("PublishService", "Publish") => Self::Publish,
            ("EvidenceService", "GetEvidence") => Self::GetEvidence,
            ("EvidenceService", "AddCosignature") => Self::AddCosignature,
            // Each question on it is one of `Resolve`.
            ("ExchangeService", "ResolveStream") => Self::Ask(Method::Resolve),
            ("ExchangeService" | "EvidenceService", name) => Self::Ask(Method::from_name(name)?),
            _ => return None,
        };
        Some(action)
    }

    /// Whether a caller of `kind` may do it (contract.md §2).
    pub(crate) fn is_for(self, kind: CallerKind) -> bool {
        match self {
            Self::Ask(_) => kind == CallerKind::Consumer,
            Self::Publish => kind == CallerKind::Department,
            Self::ListResources | Self::GetResource | Self::ListGrants | Self::GetCaller => kind != CallerKind::Node,
            Self::GetEvidence => true,
            Self::AddCosignature => matches!(kind, CallerKind::Department | CallerKind::Node),
            _ => kind == CallerKind::Operator,
        }
    }

    /// Whether evidence is made of it: of questions, and of what operators change or reveal.
    pub(crate) fn is_proven(self) -> bool {
        matches!(self, Self::Ask(_) | Self::Apply | Self::Redrive | Self::Dismiss | Self::GetReject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(path: &str) -> Vec<CallerKind> {
        let method = contract::rest::methods().find(|method| method.grpc_path.ends_with(path)).unwrap();
        let action = Action::of(method).unwrap();
        let kinds = [CallerKind::Consumer, CallerKind::Department, CallerKind::Operator, CallerKind::Node];
        kinds.into_iter().filter(|kind| action.is_for(*kind)).collect()
    }

    #[test]
    fn every_method_of_the_contract_is_there() {
        for method in contract::rest::methods() {
            assert!(Action::of(method).is_some(), "{}", method.grpc_path);
        }
    }

    #[test]
    fn each_kind_of_caller_has_its_methods() {
        use CallerKind::{Consumer, Department, Operator};
        assert_eq!(may("/Resolve"), [Consumer]);
        assert_eq!(may("/ListResources"), [Consumer, Department, Operator]);
        assert_eq!(may("/GetCaller"), [Consumer, Department, Operator]);
        assert_eq!(may("/Apply"), [Operator]);
        assert_eq!(may("/Export"), [Operator]);
        assert_eq!(may("/GetReject"), [Operator]);
        assert_eq!(may("/Publish"), [Department]);
        assert_eq!(may("/ListSubjectAccesses"), [Consumer]);
        assert_eq!(may("/AddCosignature"), [Department, CallerKind::Node]);
    }
}
