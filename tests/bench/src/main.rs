//! Benchmarks: what the exchange does on bulk, in figures (`cargo run --release -p exchange-bench -- volume --help`).
mod measure;
mod numbers;
mod volume;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measures the exchange; prints JSON, one object a line.
#[derive(Parser)]
#[command(name = "exchange-bench", version)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Loads a department's whole stock from its real transport: rows a second and peak memory.
    #[command(
        after_help = "Examples:\n  exchange-bench volume social-security\n  exchange-bench volume --quick civil-affairs natural-resources"
    )]
    Volume(volume::Volume),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().bench {
        Bench::Volume(volume) => volume::run(&volume),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
