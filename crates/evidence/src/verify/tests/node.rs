//! A node with a log of twenty leaves, one of them about a question.

use super::*;
use crate::{
    commitment::{Part, Salt, answer_bytes, request_bytes},
    proof::{HashReader, consistency_path, inclusion_path, root_of, tests::Stored},
    receipt::{Proof, VouchedKey},
    tree::{leaf_hash, node_hash},
};
use contract::json;
use domain::{Caller, ManualClock, Timestamp};
use prost::Message as _;
use security::{
    pki::{self, IssueRequest},
    sign::{ChainTrust, Signer},
};
use std::{convert::Infallible, sync::LazyLock};

/// Where the leaf stands, and in a log of how many.
const INDEX: u64 = 5;
const SIZE: u64 = 11;
const REQUEST: &[u8] = br#"{"page_size":5,"resource":"natural-person"}"#;

pub(super) struct Node {
    pub(super) statement: v1::Statement,
    pub(super) signing: Vec<LogKey>,
    vouched: VouchedKey,
    trust: ChainTrust,
    salt: Salt,
}

/// A tree with one leaf of its own.
struct Tree(Stored, Hash);

impl HashReader for Tree {
    type Error = Infallible;

    fn hash(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        if index != INDEX >> level {
            return self.0.hash(level, index);
        }
        let Some(below) = level.checked_sub(1) else { return Ok(self.1) };
        Ok(node_hash(&self.hash(below, 2 * index)?, &self.hash(below, 2 * index + 1)?))
    }
}

impl Node {
    pub(super) fn new(id: &str) -> Self {
        Self::with_certificate(id, &format!("node/{id}"))
    }

    pub(super) fn shared() -> &'static Self {
        static NODE: LazyLock<Node> = LazyLock::new(|| Node::new("city"));
        &NODE
    }

    pub(super) fn with_certificate(id: &str, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(at(0));
        pki::init(folder.path(), &clock).unwrap();
        let request =
            IssueRequest { caller: Caller::from_name(name).unwrap(), dns: Vec::new(), ips: Vec::new(), days: 90 };
        let issued = pki::issue(folder.path(), &request, &clock).unwrap();
        let (key, salt) = (LogKey::generate().unwrap(), Salt::random().unwrap());
        let verifier = VerifierKey::new(&format!("exchange/{id}/1"), KeyKind::Ed25519, key.public()).unwrap();
        Self {
            statement: statement(id, &salt),
            vouched: VouchedKey::new(verifier, &Signer::load(&issued.certificate, &issued.key).unwrap()).unwrap(),
            trust: ChainTrust::load(&folder.path().join("ca.pem")).unwrap(),
            signing: vec![key],
            salt,
        }
    }

    /// A saved answer to the question.
    pub(super) fn answer(&self, form: AnswerForm) -> Vec<u8> {
        let mut answer = v1::ResolveResponse { detail: "nobody of this number".to_owned(), ..Default::default() };
        answer.set_outcome(v1::Outcome::NotFound);
        if form == AnswerForm::Protobuf {
            answer.receipt = Some(self.receipt(form, &answer.encode_to_vec()));
            return answer.encode_to_vec();
        }
        let mut value = json::to_value("ResolveResponse", &answer.encode_to_vec()).unwrap();
        let receipt = self.receipt(form, &answer_bytes(&value).unwrap());
        value["receipt"] = json::to_value("Receipt", &receipt.encode_to_vec()).unwrap();
        value.to_string().into_bytes()
    }

    /// What `GetEvidence` gives, as JSON and as protobuf.
    pub(super) fn evidence(&self) -> [Vec<u8>; 2] {
        let receipt = self.proved(self.statement.clone());
        let response = v1::GetEvidenceResponse { receipt: Some(receipt), request_signature: b"signature".to_vec() };
        [json::encode(&response).unwrap().into_bytes(), response.encode_to_vec()]
    }

    pub(super) fn verify(&self, saved: Saved<'_>) -> Checks {
        self.verify_with(saved, |_| ())
    }

    pub(super) fn verify_with<'a>(&'a self, saved: Saved<'a>, ask: impl FnOnce(&mut Verification<'a>)) -> Checks {
        let mut what = Verification { saved, trust: &self.trust, request: None, witnesses: &[], history: None };
        ask(&mut what);
        verify(&what).unwrap()
    }

    pub(super) fn verify_against(
        &self,
        file: &[u8],
        checkpoint: &str,
        keys: &[VerifierKey],
    ) -> Result<Checks, EvidenceError> {
        let prove = |from, to| Ok(self.between(from, to));
        let history = History { checkpoint: checkpoint.as_bytes(), keys, prove: &prove };
        let saved = Saved::Answer(file);
        verify(&Verification { saved, trust: &self.trust, request: None, witnesses: &[], history: Some(history) })
    }

    /// The checkpoint of the log that holds the JSON answer, at a size.
    pub(super) fn checkpoint(&self, size: u64) -> Note {
        self.checkpoint_of(&self.tree(), size)
    }

    pub(super) fn between(&self, from: u64, to: u64) -> Vec<Hash> {
        consistency_path(&self.tree(), from, to).unwrap()
    }

    fn tree(&self) -> Tree {
        let file = self.answer(AnswerForm::Json);
        let value = json::parse(std::str::from_utf8(&file).unwrap()).unwrap();
        let statement: v1::Statement = json::decode(&value["receipt"]["statement"].to_string()).unwrap();
        Tree(Stored::of(20), leaf_hash(&statement.encode_to_vec()))
    }

    fn receipt(&self, form: AnswerForm, answer: &[u8]) -> v1::Receipt {
        let mut statement = self.statement.clone();
        statement.set_form(form);
        statement.answer_commitment = self.salt.commit(Part::Answer, answer).to_vec();
        self.proved(statement)
    }

    fn proved(&self, statement: v1::Statement) -> v1::Receipt {
        let tree = Tree(Stored::of(20), leaf_hash(&statement.encode_to_vec()));
        let path = inclusion_path(&tree, INDEX, SIZE).unwrap();
        let checkpoint = self.checkpoint_of(&tree, SIZE).to_string();
        let proof = Proof { index: INDEX, leaf_hash: tree.1, path, checkpoint };
        self.vouched.receipt(statement, Some(&self.salt), proof)
    }

    fn checkpoint_of(&self, tree: &Tree, size: u64) -> Note {
        let origin = self.vouched.key().name().to_owned();
        Checkpoint { origin, size, root: root_of(tree, size).unwrap() }.sign(&self.signing).unwrap()
    }
}

/// So many days after the certificate was issued.
pub(super) fn at(days: i64) -> Timestamp {
    Timestamp::from_timestamp(1_900_000_000 + days * 86_400, 0).unwrap()
}

fn statement(node: &str, salt: &Salt) -> v1::Statement {
    let request: Value = serde_json::from_slice(REQUEST).unwrap();
    let request = request_bytes(&request).unwrap();
    let mut statement = v1::Statement {
        evidence_id: format!("{node}-1-{INDEX}"),
        time: Some(contract::convert::to_wire(at(1) + chrono::Duration::nanoseconds(123_456_789))),
        consumer: "one-window".to_owned(),
        method: "/exchange.v1.ExchangeService/Resolve".to_owned(),
        resource: "natural-person".to_owned(),
        matter: "000131001001".to_owned(),
        grant: "sample".to_owned(),
        grant_version: "7".to_owned(),
        subject_commitment: salt.commit(Part::Subject, b"source-key=42").to_vec(),
        request_commitment: salt.commit(Part::Request, &request).to_vec(),
        case_commitment: salt.commit(Part::Case, b"2030-1").to_vec(),
        signature_commitment: salt.commit(Part::Signature, b"signature").to_vec(),
        caller_certificate: vec![3; 32],
        ..Default::default()
    };
    statement.set_outcome(v1::Outcome::NotFound);
    statement
}
