//! Every method with its REST twin, as the protos declare them (`exchange/v1/rest.proto`).

use crate::{ContractError, MemberFault, descriptors::pool, json::shown};
use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A verb of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The request's fields are in path and query.
    Get,
    /// The request is the JSON body; fields in the path are not repeated there.
    Post,
}

impl Verb {
    /// `GET` or `POST`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// How a method is reached over REST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Verb.
    pub verb: Verb,
    /// Path; a name in braces is a field of the request.
    pub path: String,
}

impl Twin {
    /// The request's fields that stand in the path, in order.
    pub fn path_fields(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
    }
}

/// A method of a service.
#[derive(Debug, Clone)]
pub struct Method {
    /// Name of the service without package (`ExchangeService`).
    pub service: String,
    /// Name of the method (`Resolve`).
    pub name: String,
    /// Full gRPC path (`/exchange.v1.ExchangeService/Resolve`).
    pub grpc_path: String,
    /// REST twin; of a method that streams it takes and gives one JSON object a line (NDJSON).
    pub twin: Option<Twin>,
    /// Whether both ways are streams.
    pub is_streaming: bool,
    /// Message of the request.
    pub input: MessageDescriptor,
    /// Message of the answer.
    pub output: MessageDescriptor,
    /// What the method does, from the proto's comment.
    pub documentation: String,
}

/// Every method of every service, in the order of the protos.
pub fn methods() -> impl Iterator<Item = &'static Method> {
    static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
        let services: Vec<_> = pool().services().collect();
        services
            .iter()
            .flat_map(|service| service.methods().map(|method| describe(&method)).collect::<Vec<_>>())
            .collect()
    });
    METHODS.iter()
}

/// The request of a GET as a JSON value for [`crate::json::from_value`], from the names and values of its
/// path fields and query parameters (already unescaped). Lists are given by repeating the name.
///
/// # Errors
/// [`ContractError::Member`] for a name that is no scalar field of the message, one given twice, or a
/// boolean other than `true` and `false`.
pub fn query_to_json<'a>(
    message: &MessageDescriptor,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Value, ContractError> {
    let mut object = Map::new();
    for (name, text) in pairs {
        let fault = |fault| ContractError::Member { path: shown(name).to_owned(), fault };
        let field = message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name));
        let field = field.filter(is_parameter).ok_or_else(|| fault(MemberFault::Unknown))?;
        let value = parameter(&field, text).ok_or_else(|| fault(MemberFault::Type))?;
        let place = object.entry(field.name());
        match place {
            serde_json::map::Entry::Vacant(place) => {
                place.insert(if field.is_list() { Value::Array(vec![value]) } else { value });
            }
            serde_json::map::Entry::Occupied(mut place) => {
                place.get_mut().as_array_mut().ok_or_else(|| fault(MemberFault::Duplicate))?.push(value);
            }
        }
    }
    Ok(Value::Object(object))
}

/// Whether a field can be a query parameter: a scalar, an instant, or a list of either.
pub(crate) fn is_parameter(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Timestamp",
        _ => true,
    }
}

/// The comment in front of the element at `path` of a file, as one text.
pub(crate) fn documentation(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
    let comment = location.and_then(|location| location.leading_comments.as_deref()).unwrap_or_default();
    comment.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Integers are text in the JSON mapping too; only booleans need their own form.
fn parameter(field: &FieldDescriptor, text: &str) -> Option<Value> {
    match field.kind() {
        Kind::Bool => text.parse().ok().map(Value::Bool),
        _ => Some(Value::String(text.to_owned())),
    }
}

fn describe(method: &MethodDescriptor) -> Method {
    let service = method.parent_service();
    Method {
        service: service.name().to_owned(),
        name: method.name().to_owned(),
        grpc_path: format!("/{}/{}", service.full_name(), method.name()),
        twin: twin(method),
        is_streaming: method.is_client_streaming() && method.is_server_streaming(),
        input: method.input(),
        output: method.output(),
        documentation: documentation(&method.parent_file(), method.path()),
    }
}

fn twin(method: &MethodDescriptor) -> Option<Twin> {
    let extension = pool().get_extension_by_name("exchange.v1.rest")?;
    let options = method.options();
    let rest = options.get_extension(&extension);
    let path = |name: &str| {
        let rest = rest.as_message()?;
        rest.has_field_by_name(name).then(|| rest.get_field_by_name(name)?.as_str().map(str::to_owned))?
    };
    let get = path("get").map(|path| Twin { verb: Verb::Get, path });
    get.or_else(|| path("post").map(|path| Twin { verb: Verb::Post, path }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, message_of};

    #[test]
    fn the_contract_page_and_the_protos_agree() {
        let twins: Vec<_> = methods()
            .map(|method| {
                let twin = method.twin.as_ref().unwrap();
                format!("{} {} {}", method.grpc_path, twin.verb.as_str(), twin.path)
            })
            .collect();
        for expected in [
            "/exchange.v1.ExchangeService/Resolve POST /v1/resolve",
            "/exchange.v1.ExchangeService/ListCertificates POST /v1/certificates:list",
            "/exchange.v1.CatalogueService/GetResource GET /v1/resources/{id}",
            "/exchange.v1.CatalogueService/GetCaller GET /v1/whoami",
            "/exchange.v1.OperationsService/GetStatus GET /v1/operations/status",
            "/exchange.v1.PublishService/Publish POST /v1/departments/{department}/records",
        ] {
            assert!(twins.iter().any(|twin| twin == expected), "{expected}");
        }
    }

    #[test]
    fn every_method_is_described_and_its_path_fields_exist() {
        for method in methods() {
            assert!(!method.documentation.is_empty(), "{}", method.grpc_path);
            for field in method.twin.iter().flat_map(Twin::path_fields) {
                assert!(method.input.get_field_by_name(field).is_some(), "{field}");
            }
        }
    }

    #[test]
    fn identifiers_never_stand_in_a_url() {
        for method in methods().filter(|method| method.service == "ExchangeService") {
            assert_eq!(method.twin.as_ref().unwrap().verb, Verb::Post);
        }
    }

    #[test]
    fn a_query_becomes_a_request() {
        let message = message_of("ListRejectsRequest").unwrap();
        let pairs = [("rejected_after", "2026-01-01T00:00:00Z"), ("pageSize", "5"), ("state", "REJECT_STATE_OPEN")];
        let value = query_to_json(&message, pairs).unwrap();
        let bytes = json::from_value("ListRejectsRequest", &value).unwrap();
        let text = json::to_string("ListRejectsRequest", &bytes).unwrap();
        assert_eq!(text, r#"{"state":"REJECT_STATE_OPEN","rejected_after":"2026-01-01T00:00:00Z","page_size":5}"#);
    }

    #[test]
    fn a_query_is_as_strict_as_a_body() {
        let message = message_of("GetRejectRequest").unwrap();
        let refusal = |pairs: &[(&str, &str)]| match query_to_json(&message, pairs.iter().copied()).unwrap_err() {
            ContractError::Member { path, fault } => (path, fault),
            other => panic!("{other}"),
        };
        assert_eq!(refusal(&[("reveel", "true")]), ("reveel".into(), MemberFault::Unknown));
        assert_eq!(refusal(&[("reveal", "yes")]), ("reveal".into(), MemberFault::Type));
        assert_eq!(refusal(&[("reveal", "true"), ("reveal", "true")]), ("reveal".into(), MemberFault::Duplicate));
    }
}
