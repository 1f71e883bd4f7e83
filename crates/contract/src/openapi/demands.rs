//! What requests and answers hold beyond their types: proto3 has no words for it, the contract page does.

use domain::IdentifierKind;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

/// Something that is no blank.
const TEXT: &str = r"\S";
/// 12, 31 or 33 characters.
const MATTER: &str = "^[0-9A-Za-z]{12}([0-9A-Za-z]{19}([0-9A-Za-z]{2})?)?$";
/// Or nothing, which is as good as absent.
const UUID: &str = "^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$";
/// Zero or more.
const DURATION: &str = r"^[0-9]{1,9}(\.[0-9]{1,9})?s$";

/// Members without which a request is answered `400`, and those that every answer has.
const REQUIRED: &[(&str, &[&str])] = &[
    ("exchange.canonical.v1.Identifier", &["kind", "value"]),
    ("exchange.v1.AddCosignatureRequest", &["note", "verifier_key"]),
    ("exchange.v1.ApplyRequest", &["base_revision"]),
    ("exchange.v1.CatalogueFile", &["path"]),
    ("exchange.v1.Claim", &["item", "value"]),
    ("exchange.v1.Confirmation", &["kind", "reference"]),
    ("exchange.v1.DismissRequest", &["reject_ids", "reason"]),
    ("exchange.v1.GetEquityRequest", &["by", "direction", "depth", "purpose"]),
    ("exchange.v1.GetEquityResponse", &["outcome", "receipt"]),
    ("exchange.v1.ListCertificatesRequest", &["by", "purpose"]),
    ("exchange.v1.ListCertificatesResponse", &["receipt"]),
    ("exchange.v1.ListSubjectAccessesRequest", &["by", "purpose"]),
    ("exchange.v1.ListSubjectAccessesResponse", &["receipt"]),
    ("exchange.v1.Purpose", &["matter", "case_number"]),
    ("exchange.v1.ResolveRequest", &["resource", "by", "purpose"]),
    ("exchange.v1.ResolveResponse", &["outcome", "receipt"]),
    ("exchange.v1.VerifyRequest", &["resource", "by", "claims", "purpose"]),
    ("exchange.v1.VerifyResponse", &["outcome", "receipt"]),
];

/// Members of a message that must be there.
pub(super) fn required(message: &MessageDescriptor) -> &'static [&'static str] {
    let of_message = |(name, _): &&(&str, &[&str])| *name == message.full_name();
    REQUIRED.iter().find(of_message).map_or(&[], |(_, members)| members)
}

/// Of which members at least one must be there.
pub(super) fn any_of(message: &MessageDescriptor) -> Option<Value> {
    let members: &[&str] = match message.full_name() {
        "exchange.v1.RedriveRequest" => &["reject_ids", "department", "rule"],
        _ => return None,
    };
    Some(members.iter().map(|member| json!({ "required": [member] })).collect())
}

/// What a field's value must be beside its type, as members of its schema.
pub(super) fn of_field(field: &FieldDescriptor) -> Value {
    let message = field.parent_message();
    let is_required = required(message).contains(&field.name());
    match (message.name(), field.name()) {
        ("Identifier", "kind") => json!({ "enum": kinds() }),
        ("Purpose", "matter") => json!({ "pattern": MATTER }),
        ("Purpose", "case_number") => json!({ "pattern": TEXT, "maxLength": 64 }),
        ("Purpose", "reason") => json!({ "maxLength": 200 }),
        ("Confirmation", _) | ("DismissRequest", "reason") => json!({ "pattern": TEXT, "maxLength": 200 }),
        ("GetEquityRequest", "depth") => json!({ "minimum": 1, "maximum": 10 }),
        ("DismissRequest" | "RedriveRequest", "reject_ids") => json!({ "minItems": 1, "maxItems": 1_000 }),
        (_, "claims") => json!({ "minItems": 1, "maxItems": 50 }),
        (_, "types") => json!({ "maxItems": 200 }),
        ("Claim", "value") => json!({ "pattern": TEXT, "maxLength": 4_096 }),
        (_, "request_id") => json!({ "pattern": UUID }),
        (_, "max_age") => json!({ "pattern": DURATION }),
        (_, "page_size") => json!({ "maximum": 1_000 }),
        _ if is_required && field.kind() == Kind::String && !field.is_list() => json!({ "pattern": TEXT }),
        _ => json!({}),
    }
}

/// A request as somebody would send it, where its members depend on each other.
pub(super) fn example(message: &MessageDescriptor) -> Option<Value> {
    let by = json!({ "kind": "citizen-number", "value": "11010519491231002X" });
    let purpose = json!({ "matter": "000172149001", "case_number": "2026-0001" });
    Some(match message.name() {
        "ResolveRequest" => json!({ "resource": "natural-person", "by": by, "items": ["name"], "purpose": purpose }),
        "VerifyRequest" => {
            let claims = json!([{ "item": "name", "value": "张三" }]);
            json!({ "resource": "natural-person", "by": by, "claims": claims, "purpose": purpose })
        }
        "ListCertificatesRequest" => json!({ "by": by, "types": ["birth-certificate"], "purpose": purpose }),
        "GetEquityRequest" => json!({ "by": by, "direction": "DIRECTION_DOWN", "depth": 3, "purpose": purpose }),
        "ListSubjectAccessesRequest" => json!({ "by": by, "purpose": purpose }),
        _ => return None,
    })
}

fn kinds() -> Vec<&'static str> {
    IdentifierKind::ALL.iter().map(|kind| kind.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message_of;

    #[test]
    fn examples_are_requests_with_all_that_is_required() {
        for method in crate::rest::methods() {
            let Some(example) = example(&method.input) else { continue };
            crate::json::from_value(method.input.full_name(), &example).unwrap();
            for member in required(&method.input) {
                assert!(example.get(member).is_some(), "{}.{member}", method.input.name());
            }
        }
    }

    #[test]
    fn every_member_that_is_required_is_one() {
        for (name, members) in REQUIRED {
            let message = message_of(name).unwrap_or_else(|| panic!("{name}"));
            for member in *members {
                assert!(message.get_field_by_name(member).is_some(), "{name}.{member}");
            }
        }
    }
}
