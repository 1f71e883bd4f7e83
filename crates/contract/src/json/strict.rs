//! What the generic decoder lets pass or does not locate: duplicates, nulls, unknown members, misfits.

use super::ANY;
use crate::{ContractError, MemberFault, any, message_of};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use std::fmt;

/// A JSON value that still has every member, duplicates included.
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    /// The value, if no member is null or given twice.
    pub(super) fn into_value(self, path: &str) -> Result<Value, ContractError> {
        Ok(match self {
            Self::Null => return Err(fault(path.to_owned(), MemberFault::Null)),
            Self::Bool(value) => Value::Bool(value),
            Self::Number(value) => Value::Number(value),
            Self::String(value) => Value::String(value),
            Self::Array(nodes) => {
                let values = nodes.into_iter().enumerate().map(|(index, node)| node.into_value(&element(path, index)));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => Value::Object(object(members, path)?),
        })
    }
}

fn object(members: Vec<(String, Node)>, path: &str) -> Result<Map<String, Value>, ContractError> {
    let mut object = Map::new();
    for (name, node) in members {
        let path = member(path, &name);
        if object.insert(name, node.into_value(&path)?).is_some() {
            return Err(fault(path, MemberFault::Duplicate));
        }
    }
    Ok(object)
}

/// Refuses members that the message lacks, or that are given in both spellings.
pub(super) fn check_members(message: &MessageDescriptor, value: &Value, path: &str) -> Result<(), ContractError> {
    let Value::Object(object) = value else { return Ok(()) };
    if message.full_name() == ANY {
        return match body_of(object) {
            Some((body, rest)) => check_members(&body, &Value::Object(rest), path),
            None => Ok(()),
        };
    }
    if is_well_known(message) {
        return Ok(());
    }
    let mut seen = Vec::new();
    for (name, value) in object {
        let path = member(path, name);
        let field = field_of(message, name).ok_or_else(|| fault(path.clone(), MemberFault::Unknown))?;
        if seen.contains(&field.number()) {
            return Err(fault(path, MemberFault::Duplicate));
        }
        seen.push(field.number());
        check_field(&field, value, &path)?;
    }
    Ok(())
}

fn check_field(field: &FieldDescriptor, value: &Value, path: &str) -> Result<(), ContractError> {
    match (field.kind(), value) {
        (_, Value::Null) => Err(fault(path.to_owned(), MemberFault::Null)),
        (Kind::Message(message), Value::Array(values)) if field.is_list() => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| check_members(&message, value, &element(path, index))),
        (Kind::Message(message), _) if !field.is_map() => check_members(&message, value, path),
        _ => Ok(()),
    }
}

/// The path of the first member whose value does not fit its type.
pub(super) fn misfit(message: &MessageDescriptor, value: &Value, path: &str) -> String {
    let Value::Object(object) = value else { return path.to_owned() };
    if is_well_known(message) {
        return path.to_owned();
    }
    let wrong = object.iter().find(|(name, value)| {
        let alone = Map::from_iter([((*name).clone(), (*value).clone())]);
        DynamicMessage::deserialize(message.clone(), Value::Object(alone)).is_err()
    });
    let Some((name, value)) = wrong else { return path.to_owned() };
    let path = member(path, name);
    match (field_of(message, name).map(|field| (field.kind(), field.is_list())), value) {
        (Some((Kind::Message(inner), true)), Value::Array(values)) => values
            .iter()
            .enumerate()
            .find(|(_, value)| DynamicMessage::deserialize(inner.clone(), *value).is_err())
            .map_or_else(|| path.clone(), |(index, value)| misfit(&inner, value, &element(&path, index))),
        (Some((Kind::Message(inner), false)), Value::Object(_)) => misfit(&inner, value, &path),
        _ => path,
    }
}

/// A fault at a path.
pub(super) fn fault(path: String, fault: MemberFault) -> ContractError {
    ContractError::Member { path, fault }
}

fn body_of(object: &Map<String, Value>) -> Option<(MessageDescriptor, Map<String, Value>)> {
    let body = message_of(any::full_name_of(object.get("@type")?.as_str()?))?;
    let mut rest = object.clone();
    rest.remove("@type");
    Some((body, rest))
}

fn is_well_known(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf"
}

fn field_of(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name))
}

fn member(path: &str, name: &str) -> String {
    let name = shown(name);
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A member's name as errors may show it: a value that strayed into the place of a name is not repeated.
pub(crate) fn shown(name: &str) -> &str {
    let is_name = name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '@')
        && name.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_name { name } else { "*" }
}

fn element(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Number::from_f64(value).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = elements.next_element()? {
            nodes.push(node);
        }
        Ok(Node::Array(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(member) = members.next_entry()? {
            nodes.push(member);
        }
        Ok(Node::Object(nodes))
    }
}
