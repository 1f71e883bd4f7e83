//! What can be called, and by whom.

use bytes::Bytes;
use domain::{Caller, CallerKind};
use routing::Method;
use std::time::Duration;

/// A call on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) caller: Caller,
    /// The encoded request message.
    pub(crate) request: Bytes,
    /// How long it may take from now on.
    pub(crate) limit: Duration,
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
}

impl Action {
    /// The action of a method of the contract; `None` when this build does not have it.
    pub(crate) fn of(method: &contract::rest::Method) -> Option<Self> {
        let action = match (method.service.as_str(), method.name.as_str()) {
            ("ExchangeService", name) => Self::Ask(Method::from_name(name)?),
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
            _ => kind == CallerKind::Operator,
        }
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
    }
}
