mod alterations;
mod node;

use self::node::{Node, at};
use super::*;
use crate::note::{KeyKind, Note};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use contract::v1::AnswerForm;
use proptest::prelude::*;
use prost::Message as _;
use security::sign::LogKey;
use serde_json::Value;

const FORMS: [AnswerForm; 2] = [AnswerForm::Json, AnswerForm::Protobuf];

#[test]
fn saved_answers_hold_in_both_forms() {
    let node = Node::new("city");
    for form in FORMS {
        let file = node.answer(form);
        let checks = node.verify(Saved::of(&file));
        assert!(checks.hold(), "{:?}", failures(&checks));
        for check in [&checks.answer, &checks.statement, &checks.path, &checks.signature, &checks.key] {
            assert!(check.holds());
        }
        for check in [&checks.request, &checks.witness, &checks.history] {
            assert!(matches!(check, Check::NotMade(_)));
        }
        assert_eq!(checks.receipt.statement.unwrap().evidence_id, "city-1-5");
        assert_eq!(checks.checkpoint.map(|checkpoint| checkpoint.size), Some(11));
    }
}

#[test]
fn evidence_of_a_refusal_holds_without_an_answer() {
    let mut node = Node::new("city");
    node.statement.set_outcome(v1::Outcome::Refused);
    node.statement.answer_commitment.clear();
    for file in node.evidence() {
        assert_eq!(Saved::of(&file), Saved::Evidence(&file));
        let checks = node.verify(Saved::of(&file));
        assert!(checks.hold(), "{:?}", failures(&checks));
        assert!(matches!(checks.answer, Check::NotMade(_)));
    }
}

#[test]
fn evidence_of_an_answer_that_always_says_its_outcome_is_known_by_itself() {
    let node = Node::new("city");
    for file in node.evidence() {
        assert_eq!(Saved::of(&file), Saved::Evidence(&file));
        assert!(node.verify(Saved::of(&file)).hold());
        assert!(failures(&node.verify(Saved::Answer(&file))).contains(&Failure::AlteredAnswer));
    }
}

#[test]
fn evidence_holds_without_the_salt() {
    let node = Node::shared();
    let mut response = v1::GetEvidenceResponse::decode(node.evidence()[1].as_slice()).unwrap();
    response.receipt.as_mut().unwrap().salt.clear();
    for file in [contract::json::encode(&response).unwrap().into_bytes(), response.encode_to_vec()] {
        assert!(node.verify(Saved::of(&file)).hold());
    }
}

#[test]
fn protobuf_that_ends_with_a_receipt_is_an_answer_whatever_it_begins_with() {
    let receipt = Node::shared().evidence()[1].clone();
    let mut file = receipt.clone();
    v1::ResolveResponse { receipt: Some(v1::Receipt::default()), ..Default::default() }.encode(&mut file).unwrap();
    assert_eq!(Saved::of(&file), Saved::Answer(&file));
    assert_eq!(Saved::of(&receipt), Saved::Evidence(&receipt));
}

#[test]
fn emptied_answer_is_no_evidence_where_answers_may_be_empty() {
    let mut node = Node::new("city");
    node.statement.method = "/exchange.v1.EvidenceService/ListSubjectAccesses".to_owned();
    let [file, _] = node.evidence();
    assert_eq!(Saved::of(&file), Saved::Answer(&file));
    assert_eq!(failures(&node.verify(Saved::of(&file))), [Failure::AlteredAnswer]);
    assert!(node.verify(Saved::Evidence(&file)).hold(), "who knows that it is evidence may say so");
}

#[test]
fn answer_verifies_only_in_the_form_in_which_it_was_sent() {
    let node = Node::new("city");
    let mut message = v1::ResolveResponse::default();
    message.merge(node.answer(AnswerForm::Protobuf).as_slice()).unwrap();
    let text = contract::json::encode(&message).unwrap();
    let checks = node.verify(Saved::Answer(text.as_bytes()));
    assert_eq!(failures(&checks), [Failure::AlteredAnswer]);
    assert!(checks.answer.failure().unwrap().contains("sent as protobuf"));
}

#[test]
fn files_that_are_no_answer_are_altered_answers() {
    let node = Node::new("city");
    for file in [&b""[..], b"{", b"{}", b"[]", b"null", b"\xff\xff", b"{\"receipt\": 1}", &[0xa2, 6, 1]] {
        let checks = node.verify(Saved::of(file));
        assert!(!checks.hold() && failures(&checks).contains(&Failure::AlteredAnswer), "{file:?}");
    }
}

#[test]
fn empty_receipt_proves_nothing() {
    let node = Node::shared();
    for file in [&b"{\"receipt\": {}}"[..], &[0xa2, 6, 0]] {
        let expected = [Failure::AlteredStatement, Failure::WrongSignature, Failure::UnknownKey];
        assert_eq!(failures(&node.verify(Saved::of(file))), expected);
    }
}

#[test]
fn whoever_does_not_vouch_is_unknown() {
    let node = Node::new("city");
    let file = node.answer(AnswerForm::Json);
    let other = Node::new("city");
    assert_eq!(failures(&other.verify(Saved::of(&file))), [Failure::UnknownKey], "another authority");

    let mut late = Node::new("city");
    late.statement.time = Some(contract::convert::to_wire(at(400)));
    assert_eq!(failures(&late.verify(Saved::of(&late.answer(AnswerForm::Json)))), [Failure::UnknownKey], "expired");

    let neighbour = Node::with_certificate("city", "node/harbour");
    let file = neighbour.answer(AnswerForm::Json);
    assert_eq!(failures(&neighbour.verify(Saved::of(&file))), [Failure::UnknownKey], "another node");

    let consumer = Node::with_certificate("city", "consumer/city");
    let file = consumer.answer(AnswerForm::Json);
    assert_eq!(failures(&consumer.verify(Saved::of(&file))), [Failure::UnknownKey], "no node");
}

#[test]
fn statement_of_another_place_is_a_wrong_path() {
    let mut node = Node::new("city");
    node.statement.evidence_id = "city-1-6".to_owned();
    let file = node.answer(AnswerForm::Protobuf);
    assert_eq!(failures(&node.verify(Saved::of(&file))), [Failure::WrongPath]);
}

#[test]
fn checkpoint_of_another_key_is_a_wrong_signature() {
    let mut node = Node::new("city");
    node.signing = vec![LogKey::generate().unwrap()];
    let file = node.answer(AnswerForm::Json);
    assert_eq!(failures(&node.verify(Saved::of(&file))), [Failure::WrongSignature]);
}

#[test]
fn checkpoint_of_another_log_by_the_same_key_is_a_wrong_signature() {
    let node = Node::new("city");
    let mut value: Value = serde_json::from_slice(&node.answer(AnswerForm::Json)).unwrap();
    let own = Checkpoint::parse(node.checkpoint(11).text()).unwrap();
    let mut other = Note::new(Checkpoint { origin: "exchange/city/2".to_owned(), ..own }.to_text()).unwrap();
    other.sign("exchange/city/1", &node.signing[0]).unwrap();
    value["receipt"]["checkpoint"] = BASE64.encode(other.to_string()).into();
    let found = failures(&node.verify(Saved::of(value.to_string().as_bytes())));
    assert_eq!(found, [Failure::WrongPath, Failure::WrongSignature]);
}

#[test]
fn key_that_is_being_replaced_signs_beside_the_new_one() {
    let mut node = Node::new("city");
    node.signing.insert(0, LogKey::generate().unwrap());
    assert!(node.verify(Saved::of(&node.answer(AnswerForm::Json))).hold());
}

#[test]
fn request_is_the_recorded_one_however_its_names_are_spelled() {
    let node = Node::new("city");
    let file = node.answer(AnswerForm::Json);
    let signed = r#"{"resource":"natural-person","page_size":5,"request_signature":"c2lnbmF0dXJl"}"#;
    for request in [
        signed,
        r#"{"page_size": 5, "resource": "natural-person"}"#,
        r#"{"pageSize": 5, "resource": "natural-person", "requestSignature": "c2lnbmF0dXJl", "items": []}"#,
    ] {
        let checks = node.verify_with(Saved::of(&file), |what| what.request = Some(request.as_bytes()));
        assert!(checks.hold() && checks.request.holds(), "{request}");
    }
    for request in ["", "{}", "[]", r#"{"resource":"natural-person","page_size":6}"#, &signed.replace("c2ln", "c2lm")] {
        let checks = node.verify_with(Saved::of(&file), |what| what.request = Some(request.as_bytes()));
        assert_eq!(failures(&checks), [Failure::AlteredRequest], "{request}");
    }
}

#[test]
fn later_and_earlier_checkpoints_of_the_log_are_of_one_history() {
    let node = Node::new("city");
    let file = node.answer(AnswerForm::Json);
    for size in [1, 8, 10, 11, 12, 20] {
        let checks = node.verify_against(&file, &node.checkpoint(size).to_string(), &[]).unwrap();
        assert!(checks.hold() && checks.history.holds(), "{size}");
    }
}

#[test]
fn another_tree_under_the_same_name_is_a_forked_history() {
    let node = Node::new("city");
    let file = node.answer(AnswerForm::Json);
    for size in [1, 8, 11, 12, 20] {
        let root = crate::leaf_hash(b"another history");
        let forked = Checkpoint { root, ..Checkpoint::parse(node.checkpoint(size).text()).unwrap() };
        let forked = forked.sign(&node.signing).unwrap().to_string();
        let checks = node.verify_against(&file, &forked, &[]).unwrap();
        assert_eq!(failures(&checks), [Failure::ForkedHistory], "{size}");
    }
}

#[test]
fn checkpoints_that_say_nothing_about_the_log_are_refused() {
    let mut node = Node::new("city");
    let file = node.answer(AnswerForm::Json);
    let of_another = Node::new("harbour").checkpoint(20).to_string();
    assert!(node.verify_against(&file, &of_another, &[]).is_err());
    assert!(node.verify_against(&file, "no note", &[]).is_err());
    node.signing = vec![LogKey::generate().unwrap()];
    let by_a_new_key = node.checkpoint(20).to_string();
    assert!(node.verify_against(&file, &by_a_new_key, &[]).is_err());
    let key = VerifierKey::new("exchange/city/1", KeyKind::Ed25519, node.signing[0].public()).unwrap();
    assert!(node.verify_against(&file, &by_a_new_key, &[key]).unwrap().history.holds());
}

#[test]
fn witness_signs_the_checkpoint_or_the_one_after_it() {
    let node = Node::new("city");
    let (file, key) = (node.answer(AnswerForm::Json), LogKey::generate().unwrap());
    let witness = VerifierKey::new("witness", KeyKind::Cosignature, key.public()).unwrap();
    let asked = std::slice::from_ref(&witness);
    let checks = node.verify_with(Saved::of(&file), |what| what.witnesses = asked);
    assert_eq!(failures(&checks), [Failure::NotWitnessed]);

    for (size, witnessed) in [(20, true), (11, true), (10, false)] {
        let mut seen = node.checkpoint(size);
        seen.cosign("witness", &key, at(1)).unwrap();
        let seen = seen.to_string();
        let prove = |from, to| Ok(node.between(from, to));
        let history = History { checkpoint: seen.as_bytes(), keys: &[], prove: &prove };
        let checks = node.verify_with(Saved::of(&file), |what| {
            what.witnesses = asked;
            what.history = Some(history);
        });
        assert_eq!(checks.witness.holds(), witnessed, "{size}");
        let words = if witnessed { vec![Witnessed { witness: "witness".to_owned(), at: at(1) }] } else { Vec::new() };
        assert_eq!(checks.witnessed, words);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_file_is_judged(bytes: Vec<u8>, text in "\\{(\"receipt\":)?[\\[\\]{}\":,a-z0-9]{0,40}") {
        let node = Node::shared();
        for file in [bytes.as_slice(), text.as_bytes()] {
            prop_assert!(!node.verify(Saved::of(file)).hold());
            prop_assert!(!node.verify(Saved::Evidence(file)).hold());
        }
    }
}

fn failures(checks: &Checks) -> Vec<Failure> {
    checks.failures().map(|(failure, _)| failure).collect()
}
