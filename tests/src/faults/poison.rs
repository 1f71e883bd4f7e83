use super::{
    findings::Findings,
    life::{wait_until_done, wait_until_read},
    oracle::{FILES, Oracle, SECONDS, differs},
    strike::Target,
};
use crate::{
    generate::{
        DropFile, People,
        housing::{self, CONTRACT, CsvFile, Layout},
    },
    product::{Bus, Node, visit},
    rows::{End, Tally},
};
use contract::{canonical::v1::Record, v1::Reject};
use std::collections::BTreeMap;

/// What of a file is poison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// One row in the middle.
    One,
    /// Every row.
    All,
}

/// What its contracts are called in the pattern of all rows.
const PATTERN: &str = "YS0000000000";
const FILE: &str = "FWHT_20261101_001.csv";

impl Poison {
    fn strikes(self, row: usize, of: usize) -> bool {
        self == Self::All || row == of / 2
    }
}

/// Hands over a file of so many rows on the embedded bus. All of it lies on the bus at most once: the good rows as records,
/// the others as rejects with their bytes; and a row of a later file flows.
#[must_use]
pub fn poisoned(rows: usize, poison: Poison, seed: u64) -> Findings {
    let mut people = People::new(seed);
    let row = housing::contract(&mut people, "2026-11-01 08:00:00").with("合同编号", PATTERN);
    let pattern = CsvFile::new(FILE, &Layout::plain(CONTRACT), vec![row], people.random());
    let (file, poisoned) = repeated(&pattern, rows, poison);
    let fresh = housing::contract(&mut people, "2026-11-02 08:00:00");
    let fresh = CsvFile::new("FWHT_20261102_001.csv", &Layout::plain(CONTRACT), vec![fresh], people.random());
    let mut target = Target::standalone(Node::new(Bus::Embedded));
    target.start();
    for (file, rows) in [(&file, rows), (&fresh.file, rows + 1)] {
        target.node.drop_file(FILES, file);
        wait_until_done(&mut target, file);
        wait_until_read(&mut target, FILES, rows as u64);
    }
    let mut findings = Findings { runs: 1, ..Findings::default() };
    let found = Tally::from_json(&target.node.status(FILES)["rows"], "read").0;
    let (all, bad) = (rows as u64 + 1, poisoned.len() as u64);
    if found != [all, all - bad, 0, 0, bad, 0] {
        findings.lose(&format!("{all} rows, {bad} of them poison, are counted as {found:?}"));
    }
    target.kill();
    let good = (1..=rows as u64).filter(|row| !poisoned.contains_key(row)).count();
    records(&target.node, &pattern, good, &mut findings);
    rejects(&target.node, &poisoned, &mut findings);
    findings
}

/// The pattern's row again and again under other numbers; and the poison among them, by row.
fn repeated(pattern: &CsvFile, rows: usize, poison: Poison) -> (DropFile, BTreeMap<u64, Vec<u8>>) {
    let (_, from, to) = pattern.rows[0];
    let [from, to] = [from, to].map(|place| usize::try_from(place).unwrap());
    let (mut bytes, line) = (pattern.file.bytes[..from].to_vec(), &pattern.file.bytes[from..to]);
    let number = line.windows(PATTERN.len()).position(|part| part == PATTERN.as_bytes()).unwrap();
    let mut poisoned = BTreeMap::new();
    for row in 0..rows {
        if poison.strikes(row, rows) {
            let bad = [&[b','; 12][..], b"\xFF\xFF", row.to_string().as_bytes()].concat();
            bytes.extend_from_slice(&bad);
            poisoned.insert(row as u64 + 1, bad);
        } else {
            let start = bytes.len() + number;
            bytes.extend_from_slice(line);
            bytes[start..start + PATTERN.len()].copy_from_slice(named(row as u64 + 1).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
    }
    (DropFile::new(FILE, bytes, rows), poisoned)
}

fn named(row: u64) -> String {
    format!("YS{row:010}")
}

/// Each good row is there once, and says what the pattern says under its own number.
fn records(node: &Node, pattern: &CsvFile, good: usize, findings: &mut Findings) {
    let mut oracle = Oracle::default();
    oracle.drop(pattern);
    let End::Records(drafts) = &oracle.rows(FILES)[0].end else { panic!("the pattern is good") };
    let (_, draft) = &drafts[0];
    let mut seen = BTreeMap::new();
    let mut body = None;
    visit::<Record>(&node.path("data/bus"), &Bus::Embedded, &contract::topics::records(FILES), |_, mut record| {
        let source = record.source.take().unwrap_or_default();
        if source.file != FILE {
            return;
        }
        let row = source.row.unwrap_or_default();
        if record.key != named(row) || record.version[..SECONDS] != draft.stamp {
            findings.invent(&format!("row {row} is {} at {}", record.key, record.version));
        }
        if seen.insert(row, record.version.clone()).is_some_and(|before| before != record.version) {
            findings.double(&format!("row {row}"));
        }
        let name = std::mem::replace(&mut record.key, PATTERN.to_owned());
        let Some(found) = record.body.as_mut() else { return findings.invent(&format!("{name} has no body")) };
        let at = found.value.windows(name.len()).position(|part| part == name.as_bytes());
        if let Some(at) = at {
            found.value[at..at + name.len()].copy_from_slice(PATTERN.as_bytes());
        }
        let bytes = found.value.clone();
        // Held against the pattern once, and afterwards against that.
        let wrong = match &body {
            Some(before) => (*before != bytes).then(|| "it says something else".to_owned()),
            None => differs(draft, &record),
        };
        body = Some(bytes);
        if let Some(wrong) = wrong {
            findings.invent(&format!("{name}: {wrong}"));
        }
    });
    if seen.len() < good {
        findings.lose(&format!("{} of {good} rows are there", seen.len()));
    }
}

/// Each bad row is there once, with its bytes.
fn rejects(node: &Node, poisoned: &BTreeMap<u64, Vec<u8>>, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    visit::<Reject>(&node.path("data/bus"), &Bus::Embedded, &contract::topics::rejects(FILES), |_, reject| {
        let row = reject.source.as_ref().and_then(|source| source.row).unwrap_or_default();
        if reject.rule != "row.encoding" || poisoned.get(&row) != Some(&reject.original) {
            findings.invent(&format!("row {row} is refused by {} with other bytes", reject.rule));
        }
        if seen.insert(row, reject.reject_id.clone()).is_some_and(|before| before != reject.reject_id) {
            findings.double(&format!("the reject of row {row}"));
        }
    });
    for row in poisoned.keys().filter(|row| !seen.contains_key(row)) {
        findings.lose(&format!("the reject of row {row}"));
    }
}
