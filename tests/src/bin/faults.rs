//! Strikes a node a thousand times: `cargo run --release -p exchange-tests --bin faults -- --runs 1000 --seed 1`.
//!
//! Says how far it is and prints, in the end, one line a fault: runs, lost, doubled, invented, and what was repeated without
//! harm. `--only standalone` or `--only kafka` leaves the other bus out; `--jobs 3` lets so many nodes live at a time;
//! `--poison 1000000` takes in a file of so many rows of which one is poison, and one of a tenth of them that are all poison.
use exchange_tests::faults::{self, Findings, Plan, Poison, Table};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

const USAGE: &str = "usage: faults [--runs N] [--seed N] [--jobs N] [--only standalone|kafka] [--poison ROWS]";

struct Arguments {
    runs: usize,
    plan: Plan,
    only: Option<String>,
    poison: usize,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut read = Self { runs: 30, plan: Plan { seed: 1, jobs: 1 }, only: None, poison: 0 };
        while let Some(name) = words.next() {
            let value = words.next()?;
            match name.as_str() {
                "--runs" => read.runs = value.parse().ok()?,
                "--seed" => read.plan.seed = value.parse().ok()?,
                "--jobs" => read.plan.jobs = value.parse().ok().filter(|jobs| *jobs > 0)?,
                "--poison" => read.poison = value.parse().ok()?,
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
        table.append(&mut faults::standalone(alone, arguments.plan));
    }
    if arguments.wants("kafka") {
        match faults::apart(&apart, arguments.plan) {
            Ok(mut found) => table.append(&mut found),
            Err(skip) => eprintln!("{skip}"),
        }
    }
    if arguments.wants("kafka") {
        match faults::disk_full(arguments.runs / 50, arguments.plan) {
            Ok(mut found) => table.append(&mut found),
            Err(skip) => eprintln!("{skip}"),
        }
    }
    let mut lines: Vec<(String, Findings)> =
        table.into_iter().map(|(fault, found)| (fault.to_string(), found)).collect();
    for (name, rows, poison) in
        [("one row poison", arguments.poison, Poison::One), ("all rows poison", arguments.poison / 10, Poison::All)]
    {
        if rows > 0 {
            lines.push((name.to_owned(), faults::poisoned(rows, poison, arguments.plan.seed)));
        }
    }
    match print(&lines) {
        Ok(()) if lines.iter().all(|(_, found)| found.is_sound()) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn print(lines: &[(String, Findings)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let names =
        ["runs", "lost", "doubled", "invented", "repeated", "receipts", "stuck"].map(|name| format!("{name:>8}"));
    writeln!(out, "{:<18} {}", "fault", names.join(" "))?;
    for (name, found) in lines {
        let Findings { runs, lost, doubled, invented, repeated, receipts, stuck, details } = found;
        let numbers = [runs, lost, doubled, invented, repeated, receipts, stuck].map(|number| format!("{number:>8}"));
        writeln!(out, "{name:<18} {}", numbers.join(" "))?;
        details.iter().take(20).try_for_each(|detail| writeln!(out, "  {detail}"))?;
    }
    Ok(())
}
