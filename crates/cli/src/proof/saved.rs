//! What people save: answers, problems, receipts.

use super::read;
use crate::output::usage;
use anyhow::Result;
use contract::json;
use evidence::Saved;
use serde_json::{Map, Value};
use std::path::Path;

/// Field number of the receipt in every answer.
const RECEIPT: u32 = 100;

/// A saved file, with the receipt that came separately put into it.
pub(super) struct Joined {
    bytes: Vec<u8>,
    is_joined: bool,
}

impl Joined {
    /// Reads an answer, and its receipt where it is in a file of its own.
    pub(super) fn read(path: &Path, receipt: Option<&Path>) -> Result<Self> {
        let bytes = read(path)?;
        let object = object(&bytes);
        let Some(receipt) = receipt else {
            if object.as_ref().is_some_and(is_problem) {
                return Err(usage(
                    "a refusal has no receipt in it: fetch it with `exchange evidence show ID -o json` and name the file with --receipt",
                ));
            }
            return Ok(Self { bytes, is_joined: false });
        };
        let receipt = receipt_in(&read(receipt)?)
            .ok_or_else(|| usage(format!("{}: not what `exchange evidence show -o json` prints", receipt.display())))?;
        let bytes = match object {
            Some(object) => with_receipt(object, receipt).to_string().into_bytes(),
            None => with_receipt_field(bytes, &receipt)?,
        };
        Ok(Self { bytes, is_joined: true })
    }

    /// As it is verified.
    pub(super) fn saved(&self) -> Saved<'_> {
        if self.is_joined { Saved::Answer(&self.bytes) } else { Saved::of(&self.bytes) }
    }
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match json::parse(std::str::from_utf8(bytes).ok()?).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn is_problem(object: &Map<String, Value>) -> bool {
    ["status", "reason", "detail"].iter().all(|name| object.contains_key(*name)) && !object.contains_key("receipt")
}

fn receipt_in(bytes: &[u8]) -> Option<Value> {
    object(bytes)?.remove("receipt").filter(Value::is_object)
}

/// An answer with its receipt; of a problem, evidence covers its reason and sentence.
fn with_receipt(object: Map<String, Value>, receipt: Value) -> Value {
    let mut answer = if is_problem(&object) {
        object.into_iter().filter(|(name, _)| ["reason", "detail"].contains(&name.as_str())).collect()
    } else {
        object
    };
    answer.insert("receipt".to_owned(), receipt);
    Value::Object(answer)
}

fn with_receipt_field(mut answer: Vec<u8>, receipt: &Value) -> Result<Vec<u8>> {
    let receipt = json::from_value("exchange.v1.Receipt", receipt).map_err(|error| usage(error.to_string()))?;
    contract::wire::append_bytes_field(&mut answer, RECEIPT, &receipt);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_problem_its_reason_and_sentence_are_proven() {
        let problem = json!({ "status": 403, "title": "x", "reason": "NO_GRANT", "detail": "no", "fields": [] });
        let Value::Object(problem) = problem else { panic!() };
        let joined = with_receipt(problem, json!({ "leaf_index": "1" }));
        assert_eq!(joined, json!({ "reason": "NO_GRANT", "detail": "no", "receipt": { "leaf_index": "1" } }));
    }

    #[test]
    fn an_answer_keeps_all_its_members() {
        let Value::Object(answer) = json!({ "outcome": "OUTCOME_FOUND", "detail": "" }) else { panic!() };
        assert_eq!(with_receipt(answer, json!({})), json!({ "outcome": "OUTCOME_FOUND", "detail": "", "receipt": {} }));
    }

    #[test]
    fn a_receipt_of_its_own_file_goes_last_into_protobuf() {
        let joined = with_receipt_field(vec![8, 1], &json!({ "salt": "AA==" })).unwrap();
        assert_eq!(joined, [8, 1, 0xa2, 0x06, 3, 0x12, 1, 0]);
    }

    #[test]
    fn other_files_have_no_receipt() {
        for bytes in [&b"[]"[..], b"{}", b"{\"receipt\": 1}", b"\xff"] {
            assert!(receipt_in(bytes).is_none());
        }
    }
}
