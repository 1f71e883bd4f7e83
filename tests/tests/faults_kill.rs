//! Struck at random moments thirty times, a node loses, doubles and invents nothing; `--bin faults` strikes a thousand times.
use exchange_tests::faults::{self, Plan, Table};

const PLAN: Plan = Plan { seed: 20_261_101, jobs: 1 };
const RUNS: usize = 30;

fn check(table: &Table, runs: usize) {
    for (fault, found) in table {
        assert!(found.is_sound(), "{fault}: {found:#?}");
        assert!(found.runs > 0, "{fault}");
    }
    assert_eq!(table.values().map(|found| found.runs).sum::<u64>(), runs as u64);
    assert!(table.values().map(|found| found.receipts).sum::<u64>() >= runs as u64, "an answer a run, at least");
}

#[test]
fn one_process_on_the_embedded_bus() {
    let (runs, _) = faults::share(RUNS);
    check(&faults::standalone(runs, PLAN), runs);
}

#[test]
fn processes_apart_and_their_broker() {
    let (_, apart) = faults::share(RUNS);
    match faults::apart(&apart, PLAN) {
        Ok(table) => check(&table, apart.len()),
        Err(skip) => eprintln!("{skip}"),
    }
}

#[test]
fn a_broker_whose_disk_is_full() {
    match faults::disk_full(1, PLAN) {
        Ok(table) => check(&table, 1),
        Err(skip) => eprintln!("{skip}"),
    }
}
