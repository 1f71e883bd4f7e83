//! `OpenAPI` 3.1 of the REST side, generated from the descriptors and their comments.

mod demands;
mod schema;
#[cfg(test)]
mod tests;

use crate::rest::{self, Method, Twin, Verb, methods};
use prost_reflect::FieldDescriptor;
use serde_json::{Map, Value, json};

/// The document that `GET /v1/openapi.json` answers.
#[must_use]
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Exchange",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "REST twins of the gRPC services of package exchange.v1. Members are read in snake case and camel case; unset fields are left out of answers.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "mutualTLS": [] }],
        "paths": paths(),
        "components": {
            "schemas": schema::components(),
            "parameters": { "Exchange-Timeout": timeout(), "Idempotency-Key": idempotency_key() },
            "responses": problems(),
            "securitySchemes": {
                "mutualTLS": {
                    "type": "mutualTLS",
                    "description": "Client certificate with one URI SAN exchange://<kind>/<id>.",
                },
            },
        },
    })
}

/// Statuses that a method answers besides 200, with the name of their response.
const PROBLEMS: [(&str, &str, &str); 8] = [
    ("400", "Invalid", "The question is malformed; the fields are named."),
    ("403", "Refused", "The caller may not ask this."),
    ("404", "NotFound", "There is no such thing, or the caller may not know of it."),
    ("409", "Conflict", "Another request under the same request_id or Idempotency-Key, or a stale base revision."),
    ("413", "TooLarge", "The request is larger, or has more lines, than it may; send it in parts."),
    ("415", "MediaType", "The body is of another media type or encoding."),
    ("429", "QuotaExceeded", "A quota is used up; ask again after Retry-After."),
    ("503", "Unavailable", "Cannot be answered now; ask again after Retry-After."),
];

/// One JSON object a line.
const NDJSON: &str = "application/x-ndjson";

fn paths() -> Value {
    let mut paths = Map::new();
    for method in methods() {
        if let Some(twin) = &method.twin {
            let verb = twin.verb.as_str().to_ascii_lowercase();
            let path = paths.entry(&twin.path).or_insert_with(|| json!({}));
            if let Some(path) = path.as_object_mut() {
                path.insert(verb, operation(method, twin));
            }
        }
    }
    Value::Object(paths)
}

fn operation(method: &Method, twin: &Twin) -> Value {
    let mut operation = json!({
        "operationId": format!("{}.{}", method.service, method.name),
        "tags": [method.service],
        "summary": method.documentation,
        "parameters": parameters(method, twin),
        "responses": responses(method, twin),
    });
    if twin.verb == Verb::Post {
        operation["requestBody"] = if method.is_streaming { lines_body(method) } else { message_body(method) };
    }
    operation
}

fn message_body(method: &Method) -> Value {
    let mut content = json!({ "schema": schema::reference(method.input.full_name()) });
    if let Some(example) = demands::example(&method.input) {
        content["example"] = example;
    }
    json!({ "required": true, "content": { "application/json": content } })
}

/// The body of a method that streams: a line is the request message, to publish also the department's own object.
fn lines_body(method: &Method) -> Value {
    let message = schema::reference(method.input.full_name());
    let (line, bounds) = if takes_records(method) {
        (json!({ "anyOf": [{ "type": "object" }, message] }), "at most 1,000 lines and 16 MiB")
    } else {
        (message, "at most 16 MiB")
    };
    json!({
        "required": true,
        "description": format!(
            "{} One JSON object a line, {bounds}; gzip is taken (Content-Encoding).",
            rest::documentation(&method.input.parent_file(), method.input.path()),
        ),
        "content": { NDJSON: { "schema": lines(&line) } },
    })
}

/// Whether its lines are a department's records.
fn takes_records(method: &Method) -> bool {
    method.is_streaming && method.input.get_field_by_name("content").is_some()
}

fn lines(line: &Value) -> Value {
    json!({ "type": "string", "contentMediaType": NDJSON, "contentSchema": line })
}

fn parameters(method: &Method, twin: &Twin) -> Value {
    let in_path: Vec<_> = twin.path_fields().collect();
    let mut parameters = vec![json!({ "$ref": "#/components/parameters/Exchange-Timeout" })];
    if takes_records(method) {
        parameters.push(json!({ "$ref": "#/components/parameters/Idempotency-Key" }));
    }
    for field in method.input.fields() {
        if in_path.contains(&field.name()) {
            parameters.push(parameter(&field, "path"));
        } else if twin.verb == Verb::Get && rest::is_parameter(&field) {
            parameters.push(parameter(&field, "query"));
        }
    }
    Value::Array(parameters)
}

fn parameter(field: &FieldDescriptor, place: &str) -> Value {
    json!({
        "name": field.name(),
        "in": place,
        "required": place == "path",
        "description": rest::documentation(&field.parent_file(), field.path()),
        "schema": schema::of_field(field),
    })
}

fn responses(method: &Method, twin: &Twin) -> Value {
    let mut responses = Map::new();
    let message = schema::reference(method.output.full_name());
    let answer = if method.is_streaming {
        json!({
            "description": "One line for each line of the request, in order; each is the object in `contentSchema`.",
            "content": { NDJSON: { "schema": lines(&message) } },
        })
    } else {
        json!({
            "description": rest::documentation(&method.output.parent_file(), method.output.path()),
            "content": { "application/json": { "schema": message } },
        })
    };
    responses.insert("200".to_owned(), answer);
    for (status, name, _) in PROBLEMS {
        if can_answer(method, twin, status) {
            responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    Value::Object(responses)
}

/// Whether a method can answer a status: read off its request, so that a new method needs no table.
fn can_answer(method: &Method, twin: &Twin, status: &str) -> bool {
    let has = |name| method.input.get_field_by_name(name).is_some();
    match status {
        "404" => twin.path_fields().next().is_some(),
        "409" => has("request_id") || has("base_revision") || takes_records(method),
        "413" | "415" => twin.verb == Verb::Post,
        "429" => has("purpose"),
        _ => true,
    }
}

fn problems() -> Value {
    let responses = PROBLEMS.map(|(status, name, description)| {
        let mut response = json!({
            "description": description,
            "content": { "application/problem+json": { "schema": schema::reference("Problem") } },
        });
        if matches!(status, "429" | "503") {
            response["headers"] = json!({
                "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 0 } },
            });
        }
        (name.to_owned(), response)
    });
    Value::Object(Map::from_iter(responses))
}

fn timeout() -> Value {
    json!({
        "name": "Exchange-Timeout",
        "in": "header",
        "required": false,
        "description": "Time limit in milliseconds; shortens the server's own of 10 s.",
        "schema": { "type": "integer", "minimum": 1 },
    })
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A name of the request that the caller chooses, the same when it is sent again; kept for 24 hours.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
    })
}
