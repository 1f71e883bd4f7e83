//! From an answer to its proof, without queue, journal and disk.

use anyhow::{Context as _, Result};
use contract::v1::Statement;
use evidence::{Checkpoint, Frontier, Part, Salt, leaf_hash};
use prost::Message as _;
use security::sign::LogKey;
use std::hint::black_box;

/// Answers that share a signature.
const GROUP: u8 = 16;
/// Bytes of an answer, and of a question.
const ANSWER: usize = 2_048;
const QUESTION: usize = 256;

/// Answers on their way into a log.
pub(crate) struct Answers {
    keys: [LogKey; 1],
    frontier: Frontier,
}

impl Answers {
    /// Into an empty log.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { keys: [LogKey::generate()?], frontier: Frontier::new() })
    }

    /// Records a group; how many answers it had.
    pub(crate) fn record(&mut self) -> Result<u64> {
        let leaves: Vec<_> = (0..GROUP).map(leaf).collect::<Result<_>>()?;
        let growth = self.frontier.grow(&leaves);
        let checkpoint =
            Checkpoint { origin: "city/node/1".to_owned(), size: self.frontier.size(), root: self.frontier.root() };
        black_box(checkpoint.sign(&self.keys)?);
        for index in growth.from()..growth.size() {
            black_box(growth.path(index));
        }
        Ok(GROUP.into())
    }
}

fn leaf(number: u8) -> Result<[u8; 32]> {
    let salt = Salt::from_bytes(&[number; 32]).context("a salt of 32 bytes")?;
    let (answer, question) = ([number; ANSWER], [number; QUESTION]);
    let commit = |part, bytes: &[u8]| salt.commit(part, bytes).to_vec();
    let statement = Statement {
        method: "/exchange.v1.ExchangeService/Resolve".to_owned(),
        subject_commitment: commit(Part::Subject, b"citizen-number=11010519491231002X"),
        request_commitment: commit(Part::Request, &question),
        answer_commitment: commit(Part::Answer, &answer),
        case_commitment: commit(Part::Case, b"2026-000001"),
        ..Statement::default()
    };
    Ok(leaf_hash(&statement.encode_to_vec()))
}
