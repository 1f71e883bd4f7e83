use super::*;

/// Every `$ref` of the document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get("$ref") {
                found.push(target.clone());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
}

#[test]
fn every_twin_is_a_path_with_its_own_operation_id() {
    let document = document();
    let mut ids = std::collections::BTreeSet::new();
    for method in methods() {
        let twin = method.twin.as_ref().unwrap();
        let operation = &document["paths"][&twin.path][twin.verb.as_str().to_ascii_lowercase()];
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{}", method.grpc_path);
    }
}

#[test]
fn path_parameters_are_declared_and_required() {
    let parameters = document()["paths"]["/v1/resources/{id}"]["get"]["parameters"].clone();
    let id = parameters.as_array().unwrap().iter().find(|parameter| parameter["name"] == "id").cloned().unwrap();
    assert_eq!((&id["in"], &id["required"]), (&json!("path"), &json!(true)));
}

#[test]
fn everything_is_described() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert_ne!(schema["description"], "", "{name}");
        for (field, property) in schema["properties"].as_object().into_iter().flatten().filter(|_| name != "Problem") {
            assert_ne!(property["description"], "", "{name}.{field}");
        }
    }
}

#[test]
fn questions_are_closed_and_answers_open() {
    let schemas = document()["components"]["schemas"].clone();
    assert_eq!(schemas["exchange.v1.ResolveRequest"]["additionalProperties"], false);
    assert_eq!(schemas["exchange.v1.Purpose"]["additionalProperties"], false);
    assert!(schemas["exchange.v1.ResolveResponse"].get("additionalProperties").is_none());
    assert!(schemas.get("exchange.canonical.v1.NaturalPerson").is_some());
}

#[test]
fn only_statuses_that_can_occur_are_declared() {
    let document = document();
    let statuses = |path: &str, verb: &str| {
        document["paths"][path][verb]["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(statuses("/v1/resolve", "post"), ["200", "400", "403", "409", "413", "415", "429", "503"]);
    assert_eq!(statuses("/v1/resources/{id}", "get"), ["200", "400", "403", "404", "503"]);
    assert_eq!(
        statuses("/v1/departments/{department}/records", "post"),
        ["200", "400", "403", "404", "409", "413", "415", "503"]
    );
}

#[test]
fn a_method_that_streams_takes_and_gives_lines() {
    let operation = document()["paths"]["/v1/departments/{department}/records"]["post"].clone();
    for content in [&operation["requestBody"]["content"], &operation["responses"]["200"]["content"]] {
        let kinds: Vec<_> = content.as_object().unwrap().keys().collect();
        assert_eq!(kinds, ["application/x-ndjson"]);
    }
    let parameters = operation["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/Idempotency-Key"));
    let answer = &operation["responses"]["200"]["content"]["application/x-ndjson"]["schema"]["contentSchema"];
    assert_eq!(answer["$ref"], "#/components/schemas/exchange.v1.PublishResponse");
}
