use super::*;
use crate::testing;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::Commit;

/// Judges rows one after the other as units do, and gives each key's published versions.
fn run(rows: &[String]) -> BTreeMap<String, Vec<(String, String)>> {
    let known = Known::new(Arc::new(Ledger::in_memory()), Uncounted::default());
    let mut published: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (row, number) in rows.iter().zip(1..) {
        let standing = Standing { intake: 1, number, full: false, scope: "", again: false };
        let judged = judge(&testing::Lines, &Row::of(row.as_bytes()), &standing, &known).unwrap();
        for record in judged.published() {
            let entry = (record.version.as_str().to_owned(), format!("{:?}", record.draft.effect));
            published.entry(record.draft.key.clone()).or_default().push(entry);
        }
        let memories = judged.memory.into_iter().collect();
        known.ledger().commit(Commit { seen: judged.seen, memories, ..Commit::default() }).unwrap();
    }
    published
}

proptest! {
    /// The versions published of a key rise, and no content follows itself.
    #[test]
    fn versions_of_a_key_rise_and_say_something_new(
        rows in prop::collection::vec((0..9_u8, 0..3_u8, prop::sample::select(vec!["U", "W"]), 0..3_u8), 1..60)
    ) {
        let rows: Vec<String> =
            rows.iter().map(|(stamp, key, what, value)| format!("2026010100000{stamp}|k{key}|{what}|v{value}")).collect();
        for versions in run(&rows).values() {
            prop_assert!(versions.is_sorted_by(|a, b| a.0 < b.0 && a.1 != b.1), "{versions:?}");
        }
    }

    #[test]
    fn a_memory_comes_back_with_its_version(version in "[0-9.]{0,40}", content: Vec<u8>) {
        let memory = Memory { version: &version, content: &content };
        let stored = memory.write();
        prop_assert_eq!(Memory::read(&stored), memory);
    }
}

#[test]
fn what_rows_in_flight_make_seen_counts_until_the_ledger_holds_it() {
    let mut known = Known::new(Arc::new(Ledger::in_memory()), Uncounted::default());
    let at = |number| Standing { intake: 1, number, full: false, scope: "", again: false };
    let row = |bytes: &'static str| Row::of(bytes.as_bytes());
    let first = judge(&testing::Lines, &row("20260101000002|a|U|one"), &at(1), &known).unwrap();
    known.expect(1, &first);
    let later = judge(&testing::Lines, &row("20260101000003|a|U|two"), &at(2), &known).unwrap();
    known.expect(2, &later);
    assert_eq!(later.verdict, Verdict::Published);
    // The first row is in the ledger now; what the second laid over it stays.
    known.settle(1, [("natural-person", "a")].into_iter(), ["a"].into_iter());
    let old = judge(&testing::Lines, &row("20260101000002|a|U|old"), &at(3), &known).unwrap();
    assert_eq!(old.verdict, Verdict::Superseded);
    known.settle(2, [("natural-person", "a")].into_iter(), ["a"].into_iter());
    let unknown = judge(&testing::Lines, &row("20260101000001|a|U|old"), &at(4), &known).unwrap();
    assert_eq!(unknown.verdict, Verdict::Published, "the ledger of this test holds nothing");
}

#[test]
fn over_an_empty_ledger_a_key_is_known_while_it_is_in_flight_and_once_the_ledger_holds_it() {
    let mut known = Known::over_empty(Arc::new(Ledger::in_memory()), Uncounted::default());
    let at = |number| Standing { intake: 1, number, full: true, scope: "", again: false };
    let row = |bytes: &'static str| Row::of(bytes.as_bytes());
    for (bytes, verdict) in [
        ("20260101000002|a|U|one", Verdict::Published),
        ("20260101000002|b|U|one", Verdict::Published),
        ("20260101000001|a|U|old", Verdict::Superseded),
    ] {
        let judged = judge(&testing::Lines, &row(bytes), &at(1), &known).unwrap();
        assert_eq!(judged.verdict, verdict, "{bytes}");
        known.expect(1, &judged);
        known.settle(1, [("natural-person", "a")].into_iter(), ["a"].into_iter());
        known.ledger().commit(Commit { seen: judged.seen, ..Commit::default() }).unwrap();
    }
}
