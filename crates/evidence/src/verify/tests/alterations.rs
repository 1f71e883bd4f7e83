//! Every altered byte fails, under the right name.

use super::{AnswerForm, Checks, Failure, Saved, failures, node::Node};
use contract::wire::{Content, fields};
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn every_altered_byte_of_a_protobuf_answer_is_noticed() {
    let node = Node::shared();
    let file = node.answer(AnswerForm::Protobuf);
    for at in 0..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 1 << (at % 8);
        let found = failures(&node.verify(Saved::of(&altered)));
        assert!(!found.is_empty(), "byte {at}");
        if let Some(expected) = failure_at(&file, at) {
            assert!(found.contains(&expected), "byte {at}: {found:?}");
        }
    }
}

#[test]
fn every_altered_byte_of_a_json_answer_is_noticed() {
    let node = Node::shared();
    let file = node.answer(AnswerForm::Json);
    let sound = node.verify(Saved::of(&file));
    for at in 0..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 1 << (at % 7);
        let checks = node.verify(Saved::of(&altered));
        assert!(!checks.hold() || says_the_same(&checks, &sound), "byte {at}");
    }
}

#[test]
fn every_altered_member_of_a_json_answer_has_its_name() {
    let node = Node::shared();
    let file = node.answer(AnswerForm::Json);
    let value: Value = serde_json::from_slice(&file).unwrap();
    for (pointer, expected) in [
        ("/outcome", &[Failure::AlteredAnswer][..]),
        ("/detail", &[Failure::AlteredAnswer]),
        ("/receipt/salt", &[Failure::AlteredAnswer]),
        ("/receipt/statement/evidence_id", &[Failure::AlteredStatement]),
        ("/receipt/statement/consumer", &[Failure::AlteredStatement]),
        ("/receipt/statement/time", &[Failure::AlteredStatement]),
        ("/receipt/statement/outcome", &[Failure::AlteredStatement]),
        ("/receipt/statement/case_commitment", &[Failure::AlteredStatement]),
        ("/receipt/statement/answer_commitment", &[Failure::AlteredAnswer, Failure::AlteredStatement]),
        ("/receipt/leaf_hash", &[Failure::AlteredStatement, Failure::WrongPath]),
        ("/receipt/leaf_index", &[Failure::WrongPath]),
        ("/receipt/inclusion_path/0", &[Failure::WrongPath]),
        ("/receipt/inclusion_path/3", &[Failure::WrongPath]),
        ("/receipt/verifier_key", &[Failure::UnknownKey]),
        ("/receipt/verifier_key_signature", &[Failure::UnknownKey]),
        ("/receipt/certificate_chain/0", &[Failure::UnknownKey]),
    ] {
        let mut altered = value.clone();
        alter(altered.pointer_mut(pointer).unwrap());
        let found = failures(&node.verify(Saved::of(altered.to_string().as_bytes())));
        assert_eq!(found, expected, "{pointer}");
    }
}

#[test]
fn altered_checkpoint_is_a_wrong_signature() {
    let node = Node::shared();
    let (file, other) = (node.answer(AnswerForm::Json), Node::new("city"));
    let mut value: Value = serde_json::from_slice(&file).unwrap();
    let others: Value = serde_json::from_slice(&other.answer(AnswerForm::Json)).unwrap();
    value["receipt"]["checkpoint"] = others["receipt"]["checkpoint"].clone();
    let found = failures(&node.verify(Saved::of(value.to_string().as_bytes())));
    assert_eq!(found, [Failure::WrongPath, Failure::WrongSignature]);
}

#[test]
fn nothing_may_be_added_or_taken_away() {
    let node = Node::shared();
    let file = node.answer(AnswerForm::Json);
    let value: Value = serde_json::from_slice(&file).unwrap();
    let fails = |value: &Value| !node.verify(Saved::of(value.to_string().as_bytes())).hold();
    for member in value["receipt"].as_object().unwrap().keys() {
        let mut less = value.clone();
        less["receipt"].as_object_mut().unwrap().remove(member);
        assert!(fails(&less), "{member}");
    }
    for member in value["receipt"]["statement"].as_object().unwrap().keys() {
        let mut less = value.clone();
        less["receipt"]["statement"].as_object_mut().unwrap().remove(member);
        assert!(fails(&less), "{member}");
    }
    for pointer in ["", "/receipt/statement"] {
        let mut more = value.clone();
        more.pointer_mut(pointer).unwrap()["added"] = Value::from(1);
        assert!(fails(&more), "{pointer}");
    }
    let file = node.answer(AnswerForm::Protobuf);
    for added in [&[0x28, 1][..], &[0xa2, 6, 0], &[0]] {
        assert!(!node.verify(Saved::of(&[&file, added].concat())).hold());
        assert!(!node.verify(Saved::of(&[added, &file].concat())).hold());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_damage_is_noticed(
        is_json: bool,
        at: prop::sample::Index,
        cut in 0_usize..40,
        put in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let node = Node::shared();
        let file = node.answer(if is_json { AnswerForm::Json } else { AnswerForm::Protobuf });
        let at = at.index(file.len());
        let end = file.len().min(at + cut);
        let damaged = [&file[..at], &put, &file[end..]].concat();
        prop_assume!(damaged != file);
        let checks = node.verify(Saved::of(&damaged));
        prop_assert!(!checks.hold() || says_the_same(&checks, &node.verify(Saved::of(&file))));
    }
}

/// JSON has several ways to write one thing, such as base64 with other letters: nothing was altered then.
fn says_the_same(checks: &Checks, sound: &Checks) -> bool {
    checks == sound
}

/// Another value of the same shape.
fn alter(value: &mut Value) {
    *value = match value {
        Value::String(text) if text.starts_with("OUTCOME") => Value::from("OUTCOME_FOUND"),
        Value::String(text) => {
            let middle = text.len() / 2;
            let letter = if &text[middle..=middle] == "1" { "2" } else { "1" };
            Value::from(format!("{}{letter}{}", &text[..middle], &text[middle + 1..]))
        }
        other => panic!("{other} is not text"),
    };
}

/// The failure that an altered byte must at least show; none for a byte that is no value's, where one thing is read
/// as another.
fn failure_at(file: &[u8], at: usize) -> Option<Failure> {
    let (covered, receipt) = last_field(file);
    if at < covered {
        return Some(Failure::AlteredAnswer);
    }
    let mut start = file.len() - receipt.len();
    for field in fields(receipt).map(Result::unwrap) {
        let value = match field.content {
            Content::Bytes(bytes) => bytes.len(),
            // The index: another bit of it makes the next field a part of it.
            _ => 0,
        };
        let end = start + field.raw.len();
        if (end - value..end).contains(&at) {
            return Some(failure_of(field.number));
        }
        start = end;
    }
    None
}

fn last_field(file: &[u8]) -> (usize, &[u8]) {
    let last = fields(file).map(Result::unwrap).last().unwrap();
    match last.content {
        Content::Bytes(receipt) => (file.len() - last.raw.len(), receipt),
        _ => panic!("the answer does not end with a receipt"),
    }
}

fn failure_of(number: u32) -> Failure {
    match number {
        1 | 9 => Failure::AlteredStatement,
        2 => Failure::AlteredAnswer,
        3 | 4 => Failure::WrongPath,
        5 => Failure::WrongSignature,
        6..=8 => Failure::UnknownKey,
        _ => panic!("a receipt has no field {number}"),
    }
}
