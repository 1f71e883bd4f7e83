//! Strikes a node a thousand times: `cargo run --release -p exchange-tests --bin faults -- --runs 1000 --seed 1`.
//!
//! Says how far it is and prints, in the end, one line a fault: runs, lost, doubled, invented, and what was repeated without
//! harm. `--only standalone` or `--only kafka` leaves the other bus out, and `--only frozen` (`adapter`, `gateway`, `both`,
//! `broker`, `disk-full`) strikes in one way alone; `--jobs 3` lets so many nodes live at a time;
//! `--poison 1000000` takes in a file of so many rows of which one is poison, and one of a tenth of them that are all poison.
use exchange_tests::faults::{self, Fault, Findings, Plan, Poison};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

const USAGE: &str = "usage: faults [--runs N] [--seed N] [--jobs N] [--only standalone|kafka|FAULT] [--poison ROWS]

FAULT: adapter, gateway, both, frozen, broker, disk-full";

/// What is struck.
enum Only {
    All,
    Standalone,
    Kafka,
    Fault(Fault),
}

struct Arguments {
    runs: usize,
    plan: Plan,
    only: Only,
    poison: usize,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut read = Self { runs: 30, plan: Plan { seed: 1, jobs: 1 }, only: Only::All, poison: 0 };
        while let Some(name) = words.next() {
            let value = words.next()?;
            match name.as_str() {
                "--runs" => read.runs = value.parse().ok()?,
                "--seed" => read.plan.seed = value.parse().ok()?,
                "--jobs" => read.plan.jobs = value.parse().ok().filter(|jobs| *jobs > 0)?,
                "--poison" => read.poison = value.parse().ok()?,
                "--only" => read.only = Only::read(&value)?,
                _ => return None,
            }
        }
        Some(read)
    }

    /// So many runs on the embedded bus, these on Kafka, and so many with a full disk.
    fn share(&self) -> (usize, Vec<Fault>, usize) {
        let (alone, apart) = faults::share(self.runs);
        let full = self.runs / 50;
        match self.only {
            Only::All => (alone, apart, full),
            Only::Standalone => (alone, Vec::new(), 0),
            Only::Kafka => (0, apart, full),
            Only::Fault(Fault::DiskFull) => (0, Vec::new(), self.runs),
            Only::Fault(fault) => (0, vec![fault; self.runs], 0),
        }
    }
}

impl Only {
    fn read(word: &str) -> Option<Self> {
        match word {
            "standalone" => Some(Self::Standalone),
            "kafka" => Some(Self::Kafka),
            name => Fault::named(name).map(Self::Fault),
        }
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (alone, apart, full) = arguments.share();
    let mut table = faults::standalone(alone, arguments.plan);
    for found in [
        faults::apart(&apart, arguments.plan).map_err(|skip| skip.to_string()),
        faults::disk_full(full, arguments.plan),
    ] {
        match found {
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
    let struck = lines.iter().any(|(_, found)| found.runs > 0);
    match print(&lines) {
        Ok(()) if struck && lines.iter().all(|(_, found)| found.is_sound()) => ExitCode::SUCCESS,
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
