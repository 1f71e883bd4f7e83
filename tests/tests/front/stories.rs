use super::{Front, check_newest, check_rejects, published, rejects, wait_until_read};
use exchange_tests::{
    Class,
    generate::{marriages, quotas, taxes, titles},
    oracle::{MarriageOracle, QuotaOracle, TaxOracle, TitleOracle},
    product::{Bus, Node},
    tables::{Ends, RowCount, WantedRow},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What the departments write, and what must come of it.
pub(crate) struct Stories {
    pub(crate) marriages: marriages::Marriages,
    pub(crate) titles: titles::Titles,
    pub(crate) taxes: taxes::Taxes,
    pub(crate) quotas: quotas::Quotas,
    pub(crate) married: MarriageOracle,
    pub(crate) registered: TitleOracle,
    pub(crate) taxed: TaxOracle,
    pub(crate) quoted: QuotaOracle,
}

impl Stories {
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        let mut marriages = marriages::story(seed, size);
        // One row in the table for each identifier; and the table cannot hold what its character set lacks.
        let mut there = BTreeSet::new();
        marriages.rows.retain(|row| {
            there.insert(row.text("row_guid")) && !(row.text("nfxm") + &row.text("lfxm")).contains(['\u{E000}', '•'])
        });
        Self {
            marriages,
            titles: titles::story(seed + 1, size),
            taxes: taxes::story(seed + 2, size),
            quotas: quotas::story(seed + 3, size),
            married: MarriageOracle::default(),
            registered: TitleOracle::default(),
            taxed: TaxOracle::default(),
            quoted: QuotaOracle::default(),
        }
    }

    /// Lets the oracles take in everything.
    pub(crate) fn expect(&mut self) {
        self.marriages.rows.iter().for_each(|row| self.married.take(row));
        self.titles.rows.iter().for_each(|row| self.registered.take(row));
        self.taxes.rows.iter().for_each(|(label, text)| self.taxed.take(label, text, Value::Null));
        self.quotas.messages.iter().for_each(|(label, text)| self.quoted.take(label, text));
    }

    /// Writes some of the rows: from one part to another, of so many.
    pub(crate) fn write(&self, front: &mut Front, part: (usize, usize, usize)) {
        front.marry(share(&self.marriages.rows, part));
        front.register(share(&self.titles.rows, part));
        let texts: Vec<String> = share(&self.taxes.rows, part).iter().map(|(_, text)| text.clone()).collect();
        front.tax(&texts);
        front.quota(share(&self.quotas.messages, part));
    }

    /// Rows that must have been read, and what becomes of them.
    pub(crate) fn wanted(&self) -> [(&'static str, &[WantedRow]); 4] {
        [
            ("civil-affairs", &self.married.rows),
            ("natural-resources", &self.registered.rows),
            ("taxation", &self.taxed.rows),
            ("transport", &self.quoted.rows),
        ]
    }

    /// Every row is read, ends in one way, and is refused by the right rule.
    pub(crate) fn check_counts(&self, node: &mut Node) {
        for (department, wanted) in self.wanted() {
            wait_until_read(node, department, wanted.len());
            let status = node.status(department);
            let count = RowCount::from_json(&status["rows"], "read");
            let due = RowCount::of(wanted);
            assert!(count.adds_up(), "{department}: {status}");
            let short = (count.read, count.ends[3]);
            assert_eq!(short, (due.read, due.ends[3]), "{department}: read and rejected: {status}");
            assert_eq!(status["rejects_open"].as_u64().unwrap_or(0), due.ends[3], "{department}: {status}");
            check_rejects(&rejects(node, department), wanted, department != "taxation");
            if ORDERED.contains(&department) {
                assert_eq!(count, due, "{department}: {status}");
            }
        }
    }

    /// The topics hold each key at its newest version; `node` must have ended.
    pub(crate) fn check_topics(&self, node: &Node, bus: &Bus) {
        let seen = [&self.married.seen, &self.registered.seen, &self.taxed.seen, &self.quoted.seen];
        for ((department, wanted), seen) in self.wanted().into_iter().zip(seen) {
            let records = published(node, bus, department);
            check_newest(&records, seen);
            if ORDERED.contains(&department) {
                let versions: BTreeSet<_> =
                    records.iter().map(|record| (&record.resource, &record.key, &record.version)).collect();
                assert_eq!(versions.len(), drafts(wanted), "{department}: each version, and no other");
            }
        }
    }
}

/// Departments whose rows have one order, so that each of them ends in one way only.
const ORDERED: [&str; 2] = ["taxation", "transport"];

fn drafts(rows: &[WantedRow]) -> usize {
    let published = rows.iter().map(|row| match &row.ends {
        Ends::Records(records, _) => records.iter().filter(|(class, _)| *class == Class::Published).count(),
        _ => 0,
    });
    published.sum()
}

fn share<T>(rows: &[T], (from, to, of): (usize, usize, usize)) -> &[T] {
    &rows[rows.len() * from / of..rows.len() * to / of]
}
