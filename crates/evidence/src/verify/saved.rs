//! Taking a saved file apart. What cannot be read is left out, so that the check that needs it fails.

use super::Saved;
use crate::commitment::answer_bytes;
use contract::{
    json, rest,
    v1::{AnswerForm, Outcome, Receipt, Statement},
    wire::{Content, Field, fields},
};
use prost::Message as _;
use serde_json::{Map, Value};

/// Field number of the receipt in an answer.
const IN_ANSWER: u32 = 100;
/// Field number of the receipt in a `GetEvidenceResponse`.
const IN_EVIDENCE: u32 = 1;
/// Field number of the statement in a receipt.
const STATEMENT: u32 = 1;
/// The receipt's message.
const RECEIPT: &str = "exchange.v1.Receipt";

/// A file, taken apart.
#[derive(Default)]
pub(super) struct Contents {
    /// The receipt, as far as it can be read.
    pub(super) receipt: Receipt,
    /// The leaf: the statement's bytes.
    pub(super) leaf: Option<Vec<u8>>,
    /// What the answer's commitment covers, in the form of the file; none in a file of evidence.
    pub(super) answer: Option<(AnswerForm, Vec<u8>)>,
    /// Why the file cannot be read whole.
    pub(super) fault: Option<&'static str>,
}

impl Contents {
    pub(super) fn of(saved: Saved<'_>) -> Self {
        let (file, number) = match saved {
            Saved::Answer(file) => (file, IN_ANSWER),
            Saved::Evidence(file) => (file, IN_EVIDENCE),
        };
        let mut contents = match json_of(file) {
            Some(text) => of_json(text),
            None => of_protobuf(file, number),
        };
        if number == IN_EVIDENCE {
            contents.answer = None;
        }
        contents
    }

    fn faulty(fault: &'static str) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

/// Whether the file holds a receipt and nothing that could be its answer, see [`Saved::of`].
pub(super) fn is_evidence(file: &[u8]) -> bool {
    let Some(text) = json_of(file) else {
        let is_answer = fields(file).filter_map(Result::ok).any(|field| field.number == IN_ANSWER);
        let contents = of_protobuf(file, IN_EVIDENCE);
        return !is_answer && contents.leaf.is_some() && !contents.receipt.verifier_key.is_empty();
    };
    let Ok(Value::Object(members)) = json::parse(text) else { return false };
    let alone = members.keys().all(|name| ["receipt", "request_signature"].contains(&name.as_str()));
    alone && of_json(text).receipt.statement.is_some_and(|statement| answer_is_never_empty(&statement))
}

/// A refusal has no answer with a receipt, and an answer with an outcome always says it.
fn answer_is_never_empty(statement: &Statement) -> bool {
    let refused = [Outcome::Refused, Outcome::Unavailable, Outcome::Invalid].contains(&statement.outcome());
    let mut methods = rest::methods().filter(|method| method.grpc_path == statement.method);
    refused || methods.any(|method| method.output.get_field_by_name("outcome").is_some())
}

/// The file as text, if it is JSON rather than protobuf.
fn json_of(file: &[u8]) -> Option<&str> {
    std::str::from_utf8(file).ok().filter(|text| text.trim_start().starts_with('{'))
}

fn of_json(text: &str) -> Contents {
    let Ok(value) = json::parse(text) else { return Contents::faulty("is not valid JSON") };
    let Ok(answer) = answer_bytes(&value) else { return Contents::faulty("is not a JSON object") };
    let Some(Value::Object(members)) = value.get("receipt") else { return Contents::faulty("has no receipt") };
    let receipt = receipt_of_members(members);
    // The node encodes statements in this way, too.
    let leaf = receipt.statement.as_ref().map(prost::Message::encode_to_vec);
    Contents { receipt, leaf, answer: Some((AnswerForm::Json, answer)), fault: None }
}

/// Member by member: one that does not fit is left out.
fn receipt_of_members(members: &Map<String, Value>) -> Receipt {
    let mut receipt = Receipt::default();
    for (name, value) in members {
        let member = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        if let Ok(bytes) = json::from_value(RECEIPT, &member) {
            merge(&mut receipt, &bytes);
        }
    }
    receipt
}

fn of_protobuf(file: &[u8], number: u32) -> Contents {
    let mut found = None;
    let mut before = 0;
    for field in fields(file) {
        let Ok(field) = field else { return Contents::faulty("is neither JSON nor protobuf, or is cut off") };
        found = match field {
            Field { number: own, content: Content::Bytes(receipt), .. } if own == number => Some((before, receipt)),
            // Nothing may follow the receipt of an answer: no commitment covers it.
            _ if number == IN_ANSWER => None,
            _ => found,
        };
        before += field.raw.len();
    }
    let Some((covered, receipt)) = found else { return Contents::faulty("does not end with a receipt") };
    let contents = of_wire(receipt);
    Contents { answer: file.get(..covered).map(|answer| (AnswerForm::Protobuf, answer.to_vec())), ..contents }
}

/// Field by field: one that does not fit is left out. The leaf is kept as it stands, so that statements of a newer node
/// verify, too.
fn of_wire(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    for field in fields(bytes) {
        match field {
            Ok(Field { number: STATEMENT, content: Content::Bytes(leaf), .. }) => contents.leaf = Some(leaf.to_vec()),
            Ok(field) => merge(&mut contents.receipt, field.raw),
            Err(_) => contents.fault = Some("is cut off within its receipt"),
        }
    }
    contents.receipt.statement = contents.leaf.as_deref().and_then(|leaf| Statement::decode(leaf).ok());
    contents
}

/// Tried by itself first: a field that breaks off half read would leave half of itself.
fn merge(receipt: &mut Receipt, field: &[u8]) {
    if Receipt::decode(field).is_ok() {
        receipt.merge(field).unwrap_or_default();
    }
}
