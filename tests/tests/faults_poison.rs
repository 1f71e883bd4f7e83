//! Rows that cannot be read are refused one by one, with their bytes, and keep no other row and no later file waiting.
use exchange_tests::faults::{Poison, poisoned};

const SEED: u64 = 7;

#[test]
fn one_row_in_two_hundred_thousand() {
    let found = poisoned(200_000, Poison::One, SEED);
    assert!(found.is_sound(), "{found:#?}");
}

#[test]
fn every_row() {
    let found = poisoned(10_000, Poison::All, SEED);
    assert!(found.is_sound(), "{found:#?}");
}
