//! Values of items in JSON form.

use domain::text::fold_for_comparison;
use prost_types::{ListValue, Struct, Value as WireValue, value::Kind};
use serde_json::{Map, Value};

/// Whether two resources say the same: names differ in no more than the form of middle dots and blanks.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => fold_for_comparison(one) == fold_for_comparison(other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

/// A party with its name alone; of several parties each.
pub(super) fn name_of_party(party: &Value) -> Option<Value> {
    match party {
        Value::Array(parties) => Some(Value::Array(parties.iter().filter_map(name_of_party).collect())),
        _ => Some(Value::Object(Map::from_iter([("name".to_owned(), party.get("name")?.clone())]))),
    }
}

/// A value for the wire.
pub(super) fn to_wire(value: &Value) -> WireValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(values) => Kind::ListValue(ListValue { values: values.iter().map(to_wire).collect() }),
        Value::Object(members) => {
            let fields = members.iter().map(|(name, value)| (name.clone(), to_wire(value))).collect();
            Kind::StructValue(Struct { fields })
        }
    };
    WireValue { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_compared_with_their_dots_folded() {
        assert!(is_same(&json!({"name": "爱·丽丝"}), &json!({"name": "爱•丽丝"})));
        assert!(!is_same(&json!({"name": "爱·丽丝"}), &json!({"name": "爱·丽丝", "kind": "PARTY_KIND_PERSON"})));
        assert!(!is_same(&json!(["110"]), &json!(["110", "210"])));
        assert!(is_same(&json!(3), &json!(3)) && !is_same(&json!(3), &json!("3")));
    }

    #[test]
    fn of_a_party_only_the_name_is_left() {
        assert_eq!(name_of_party(&json!({"name": "张", "identifier": {}})), Some(json!({"name": "张"})));
        assert_eq!(name_of_party(&json!([{"name": "张", "kind": "x"}, {}])), Some(json!([{"name": "张"}])));
        assert_eq!(name_of_party(&json!("张")), None);
    }
}
