//! The worked example of `docs/evidence.md`: whoever follows the page in another language gets these values.

use super::*;
use crate::{
    Checkpoint, EvidenceId, Frontier, KeyKind, Note, Part,
    commitment::{answer_bytes, request_bytes, subject_bytes},
    leaf_hash,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use contract::{json, v1};
use domain::{Identifier, IdentifierKind, Timestamp};
use security::sign::LogKey;
use std::{fs, os::unix::fs::PermissionsExt as _};

const PAGE: &str = include_str!("../../../../docs/evidence.md");
const REQUEST: &str = r#"{"resource": "natural-person", "by": {"kind": "source-key", "value": "42"},
    "purpose": {"matter": "000131001001", "case_number": "2030-1"}, "request_signature": "c2lnbmF0dXJl"}"#;
const ANSWER: &str = r#"{"outcome": "OUTCOME_NOT_FOUND", "detail": "没有记录", "receipt": {}}"#;

#[test]
fn page_has_the_commitments() {
    let statement = statement();
    shows(&hex::encode(&statement.subject_commitment));
    shows(&hex::encode(&statement.request_commitment));
    shows(&hex::encode(&statement.answer_commitment));
    shows(&hex::encode(&statement.case_commitment));
    shows(&hex::encode(&statement.signature_commitment));
    shows(&String::from_utf8(request_bytes(&json::parse(REQUEST).unwrap()).unwrap()).unwrap());
    shows(&String::from_utf8(answer_bytes(&json::parse(ANSWER).unwrap()).unwrap()).unwrap());
}

#[test]
fn page_has_leaf_tree_and_checkpoint() {
    let leaf = statement().encode_to_vec();
    for line in hex::encode(&leaf).as_bytes().chunks(96) {
        shows(std::str::from_utf8(line).unwrap());
    }
    let mut frontier = Frontier::new();
    frontier.grow(&[leaf_hash(b"")]);
    let growth = frontier.grow(&[leaf_hash(&leaf), leaf_hash(b"\x00")]);
    shows(&hex::encode(leaf_hash(&leaf)));
    shows(&hex::encode(growth.root()));
    assert_eq!(growth.path(1), [leaf_hash(b""), leaf_hash(b"\x00")]);

    let checkpoint = Checkpoint { origin: "exchange/city/1".to_owned(), size: 3, root: growth.root() };
    let mut note = checkpoint.sign(&[key()]).unwrap();
    let verifier = VerifierKey::new(&checkpoint.origin, KeyKind::Ed25519, key().public()).unwrap();
    shows(&verifier.to_string());
    shows(&note.to_string());
    shows(&hex::encode(vouched_bytes(&verifier.to_string())));

    // The key stands in for a witness's, to need no second one on the page.
    note.cosign("witness.example/one", &key(), Timestamp::from_timestamp(1_900_000_060, 0).unwrap()).unwrap();
    shows(&note.signatures()[1].to_string());
    let witness = VerifierKey::new("witness.example/one", KeyKind::Cosignature, key().public()).unwrap();
    shows(&witness.to_string());
    assert!(Note::parse(note.to_string().as_bytes()).unwrap().cosigned_by(&witness).is_some());
}

fn statement() -> v1::Statement {
    let salt = Salt::from_bytes(&(0..32).collect::<Vec<u8>>()).unwrap();
    let id: EvidenceId = "city-1-1".parse().unwrap();
    let subject = Identifier::parse(IdentifierKind::SourceKey, "42").unwrap();
    let request = request_bytes(&json::parse(REQUEST).unwrap()).unwrap();
    let answer = answer_bytes(&json::parse(ANSWER).unwrap()).unwrap();
    let mut statement = v1::Statement {
        evidence_id: id.to_string(),
        time: Some(prost_types::Timestamp { seconds: 1_900_000_000, nanos: 5_000_000 }),
        consumer: "one-window".to_owned(),
        method: "/exchange.v1.ExchangeService/Resolve".to_owned(),
        resource: "natural-person".to_owned(),
        matter: "000131001001".to_owned(),
        grant: "sample".to_owned(),
        grant_version: "7".to_owned(),
        subject_commitment: salt.commit(Part::Subject, &subject_bytes(&subject)).to_vec(),
        request_commitment: salt.commit(Part::Request, &request).to_vec(),
        answer_commitment: salt.commit(Part::Answer, &answer).to_vec(),
        case_commitment: salt.commit(Part::Case, b"2030-1").to_vec(),
        signature_commitment: salt.commit(Part::Signature, b"signature").to_vec(),
        ..Default::default()
    };
    statement.set_outcome(v1::Outcome::NotFound);
    statement.set_form(v1::AnswerForm::Json);
    statement
}

/// The first key of RFC 8032 §7.1.
fn key() -> LogKey {
    let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
    let prefix = hex::decode("302e020100300506032b657004220420").unwrap();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode([prefix, seed].concat()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.key");
    fs::write(&path, pem).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    LogKey::read_all(&path).unwrap().remove(0)
}

fn shows(value: &str) {
    assert!(PAGE.contains(value), "docs/evidence.md lacks {value}");
}

#[test]
fn encoded_receipt_is_the_message() {
    let node = crate::test_kit::signer();
    let verifier = VerifierKey::new("exchange/city/1", KeyKind::Ed25519, key().public()).unwrap();
    let vouched = VouchedKey::new(verifier, &node).unwrap();
    let salt = Salt::random().unwrap();
    for (index, paths) in [(0, 0), (1, 1), (300, 20)] {
        let proof = Proof { index, leaf_hash: [3; 32], path: vec![[7; 32]; paths], checkpoint: "note".to_owned() };
        let encoded = vouched.encode(&statement().encode_to_vec(), &salt, &proof);
        assert_eq!(encoded, vouched.receipt(statement(), Some(&salt), proof).encode_to_vec());
    }
}
