//! JSON Schemas (2020-12) of messages and enums, under their full proto names.

use super::demands;
use crate::{
    descriptors::pool,
    rest::{Verb, documentation, methods},
};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that requests and answers hold, and the messages that bodies are of.
pub(super) fn components() -> Value {
    let mut reached = Reached::default();
    for method in methods() {
        if method.twin.as_ref().is_some_and(|twin| twin.verb == Verb::Post) {
            reached.message(&method.input);
        }
    }
    let closed: BTreeSet<String> = reached.messages.keys().cloned().collect();
    for method in methods() {
        reached.message(&method.output);
    }
    for body in pool().all_messages().filter(|message| message.package_name() == "exchange.canonical.v1") {
        reached.message(&body);
    }
    let messages = reached.messages.into_iter().map(|(name, message)| {
        let schema = object(&message, closed.contains(&name));
        (name, schema)
    });
    let enums = reached.enums.into_iter().map(|(name, words)| (name, enumeration(&words)));
    let own = [("Any".to_owned(), any()), ("Problem".to_owned(), problem())];
    Value::Object(messages.chain(enums).chain(own).collect())
}

/// A reference to a component.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a field's value.
pub(super) fn of_field(field: &FieldDescriptor) -> Value {
    if let Some(value) = value_of_map(field) {
        return json!({ "type": "object", "additionalProperties": of_kind(&value) });
    }
    let schema = of_kind(&field.kind());
    let mut schema = if field.is_list() { json!({ "type": "array", "items": schema }) } else { schema };
    if let (Value::Object(schema), Value::Object(demands)) = (&mut schema, demands::of_field(field)) {
        schema.extend(demands);
    }
    schema
}

/// The kind of the values, when the field is a map.
fn value_of_map(field: &FieldDescriptor) -> Option<Kind> {
    let entry = Some(field.kind()).filter(|_| field.is_map())?;
    entry.as_message().map(|entry| entry.map_entry_value_field().kind())
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::String => json!({ "type": "string" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Double | Kind::Float => json!({ "type": "number" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "pattern": "^-?[0-9]{1,19}$" }),
        Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "pattern": "^[0-9]{1,20}$" }),
        Kind::Enum(words) => reference(words.full_name()),
        Kind::Message(message) => well_known(message.full_name()).unwrap_or_else(|| reference(message.full_name())),
    }
}

/// Messages with a JSON form of their own.
fn well_known(name: &str) -> Option<Value> {
    Some(match name {
        "google.protobuf.Any" => reference("Any"),
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$" }),
        "google.protobuf.Value" => json!({}),
        _ => return None,
    })
}

fn object(message: &MessageDescriptor, closed: bool) -> Value {
    let properties: Map<String, Value> =
        message.fields().map(|field| (field.name().to_owned(), property(&field))).collect();
    let mut schema = json!({
        "type": "object",
        "description": documentation(&message.parent_file(), message.path()),
        "properties": properties,
    });
    if closed {
        schema["additionalProperties"] = Value::Bool(false);
    }
    let required = demands::required(message);
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some(choice) = demands::any_of(message) {
        schema["anyOf"] = choice;
    }
    schema
}

fn property(field: &FieldDescriptor) -> Value {
    let mut schema = of_field(field);
    schema["description"] = Value::String(documentation(&field.parent_file(), field.path()));
    schema
}

fn enumeration(words: &EnumDescriptor) -> Value {
    let values: Vec<_> =
        words.values().filter(|value| value.number() != 0).map(|value| value.name().to_owned()).collect();
    let meanings: Vec<_> = words
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| format!("{}: {}", value.name(), documentation(&words.parent_file(), value.path())))
        .collect();
    let what = documentation(&words.parent_file(), words.path());
    json!({ "type": "string", "enum": values, "description": format!("{what} {}", meanings.join(" ")) })
}

fn any() -> Value {
    json!({
        "type": "object",
        "description": "A message named by its type URL, with the message's own members beside it; see the schema of that name.",
        "required": ["@type"],
        "properties": { "@type": { "type": "string", "pattern": r"^type\.googleapis\.com/" } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why there is no answer (RFC 9457).",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "pattern": "^urn:exchange:", "description": "urn:exchange:<reason>." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "reason": { "type": "string", "description": "A word of the closed list (NO_GRANT)." },
            "fields": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "rule"],
                    "properties": { "field": { "type": "string" }, "rule": { "type": "string" } },
                },
            },
            "evidence_id": { "type": "string" },
            "retry_after_s": { "type": "number", "minimum": 0 },
        },
    })
}

/// Messages and enums reachable from some messages.
#[derive(Default)]
struct Reached {
    messages: BTreeMap<String, MessageDescriptor>,
    enums: BTreeMap<String, EnumDescriptor>,
}

impl Reached {
    fn message(&mut self, message: &MessageDescriptor) {
        if well_known(message.full_name()).is_some() || self.messages.contains_key(message.full_name()) {
            return;
        }
        self.messages.insert(message.full_name().to_owned(), message.clone());
        for field in message.fields() {
            match value_of_map(&field).unwrap_or_else(|| field.kind()) {
                Kind::Message(inner) => self.message(&inner),
                Kind::Enum(words) => drop(self.enums.insert(words.full_name().to_owned(), words)),
                _ => {}
            }
        }
    }
}
