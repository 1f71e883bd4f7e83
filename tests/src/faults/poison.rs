use super::{findings::Findings, life::Life};
use crate::generate::housing::Row;

/// What of a file is poison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// One row in the middle.
    One,
    /// Every row.
    All,
}

impl Poison {
    fn strikes(self, row: usize, of: usize) -> bool {
        self == Self::All || row == of / 2
    }
}

/// Hands over a file of so many rows on the embedded bus; each must end as it must, and a fresh row flows afterwards.
#[must_use]
pub fn poisoned(rows: usize, poison: Poison, seed: u64) -> Findings {
    let mut life = Life::standalone(seed);
    let spoilt = |row: usize| [&[b','; 12][..], b"\xFF\xFF", row.to_string().as_bytes()].concat();
    let spoil = |row: usize, good: Row| {
        if poison.strikes(row, rows) { Row::broken("row.encoding", spoilt(row)) } else { good }
    };
    let mut findings = life.take(rows, &spoil);
    findings.add(life.receipts());
    findings
}
