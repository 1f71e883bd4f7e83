//! Strikes a node a thousand times: `cargo run --release -p exchange-tests --bin faults -- --runs 1000 --seed 1`.
//!
//! Prints one line a fault: runs, lost, doubled, invented, and what was repeated without harm. `--only standalone` or
//! `--only kafka` leaves the other bus out.
use exchange_tests::faults::{self, Table};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

const USAGE: &str = "usage: faults [--runs N] [--seed N] [--only standalone|kafka]";

struct Arguments {
    runs: usize,
    seed: u64,
    only: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut read = Self { runs: 30, seed: 1, only: None };
        while let Some(name) = words.next() {
            let value = words.next()?;
            match name.as_str() {
                "--runs" => read.runs = value.parse().ok()?,
                "--seed" => read.seed = value.parse().ok()?,
                "--only" if ["standalone", "kafka"].contains(&value.as_str()) => read.only = Some(value),
                _ => return None,
            }
        }
        Some(read)
    }

    fn wants(&self, bus: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == bus)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (alone, apart) = faults::share(arguments.runs);
    let mut table = Table::new();
    if arguments.wants("standalone") {
        table.append(&mut faults::standalone(alone, arguments.seed));
    }
    if arguments.wants("kafka") {
        match faults::apart(&apart, arguments.seed) {
            Ok(mut found) => table.append(&mut found),
            Err(skip) => eprintln!("{skip}"),
        }
    }
    match print(&table) {
        Ok(()) if table.values().all(faults::Findings::is_sound) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn print(table: &Table) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{:<18} {:>6} {:>6} {:>7} {:>8} {:>8} {:>8} {:>5}", "fault", "runs", "lost", "doubled", "invented", "repeated", "receipts", "stuck")?;
    for (fault, found) in table {
        let faults::Findings { runs, lost, doubled, invented, repeated, receipts, stuck, .. } = found;
        writeln!(out, "{fault:<18} {runs:>6} {lost:>6} {doubled:>7} {invented:>8} {repeated:>8} {receipts:>8} {stuck:>5}")?;
    }
    Ok(())
}
