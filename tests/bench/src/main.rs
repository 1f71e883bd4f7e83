//! Benchmarks: what the exchange does, in figures, beside the limit measured in the same run
//! (`cargo run --release -p exchange-bench -- --help`).
mod child;
mod evidence;
mod freshness;
mod growth;
mod held;
mod ingest;
mod kafka;
mod line;
mod materialise;
mod measure;
mod numbers;
mod options;
mod place;
mod report;
mod resolve;
mod resolve_stream;
mod serving;
mod start;
mod stock;
mod volume;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use line::Output;
use mimalloc::MiMalloc;
use options::Options;
use std::process::ExitCode;

/// The allocator of the `exchange` binary, whose parts are measured here.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures the exchange; prints JSON, one object a line.
///
/// Each line holds at least: `work`, `ours_per_s`, `limit`, `limit_per_s`, `ratio`, `p50_ms`, `p99_ms`,
/// `peak_rss_bytes`. What has no limit says null.
#[derive(Parser)]
#[command(name = "exchange-bench", version)]
struct Arguments {
    /// Also writes a page with bars, target/bench-report/index.html.
    #[arg(long, global = true)]
    report: bool,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Every bench but `volume`, one after the other.
    #[command(after_help = "Examples:\n  exchange-bench all --report\n  exchange-bench all --quick --report")]
    All(Options),
    /// Departments' files onto the bus, against a bare client of the bus that sends the same finished bytes.
    #[command(
        after_help = "Examples:\n  exchange-bench ingest\n  exchange-bench ingest --quick\n  exchange-bench ingest --only public-security/kafka --rounds 5"
    )]
    Ingest(ingest::Ingest),
    /// The bus into the view, against the slower of a bare consumer and a bare load of the store.
    #[command(
        after_help = "Examples:\n  exchange-bench materialise\n  exchange-bench materialise --quick --only embedded"
    )]
    Materialise(materialise::Materialise),
    /// Lookups at more and more records held: time, disk and memory.
    #[command(
        after_help = "Examples:\n  exchange-bench growth --quick\n  exchange-bench growth --records 100000,1000000"
    )]
    Growth(growth::Growth),
    /// From the start of the process to the moment it takes questions, with records held.
    #[command(after_help = "Examples:\n  exchange-bench start --quick\n  exchange-bench start --records 1000000")]
    Start(start::Start),
    /// Loads a department's whole stock from its real transport: rows a second and peak memory.
    #[command(
        after_help = "Examples:\n  exchange-bench volume social-security\n  exchange-bench volume --quick civil-affairs natural-resources"
    )]
    Volume(volume::Volume),
    /// Asks a node that holds many records, beside an echo and a database: answers a second and their latency.
    #[command(
        after_help = "Examples:\n  exchange-bench resolve --quick\n  exchange-bench resolve --rounds 5 --folder /data/tmp"
    )]
    Resolve(resolve::Resolve),
    /// Many questions on one stream, against the same questions as calls of their own on one connection.
    #[command(
        after_help = "Examples:\n  exchange-bench resolve-stream --quick\n  exchange-bench resolve-stream --questions 500000"
    )]
    ResolveStream(resolve_stream::ResolveStream),
    /// What durable evidence costs an answer: the wait for the disk, and processor time.
    #[command(after_help = "Examples:\n  exchange-bench evidence --quick\n  exchange-bench evidence --rounds 5")]
    Evidence(evidence::Evidence),
    /// From a complete file, or an accepted push, to the first answer with its record.
    #[command(
        after_help = "Examples:\n  exchange-bench freshness --quick\n  exchange-bench freshness --only file/embedded --poll 2s"
    )]
    Freshness(freshness::Freshness),
    /// One piece of work in a process of its own; the other commands start it.
    #[command(hide = true)]
    Child(child::Child),
    /// A service that the node is held against; other commands start it.
    #[command(hide = true)]
    Serve(serving::Serve),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::default();
    let result = run(&arguments.bench, &mut output);
    match result.and_then(|()| if arguments.report { write_report(&output) } else { Ok(()) }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &Bench, output: &mut Output) -> Result<()> {
    match bench {
        Bench::All(options) => all(options, output),
        Bench::Ingest(ingest) => ingest::run(ingest, output),
        Bench::Materialise(materialise) => materialise::run(materialise, output),
        Bench::Growth(growth) => growth::run(growth, output),
        Bench::Start(start) => start::run(start, output),
        Bench::Volume(volume) => volume::run(volume, output),
        Bench::Resolve(resolve) => resolve::run(resolve, output),
        Bench::ResolveStream(stream) => resolve_stream::run(stream, output),
        Bench::Evidence(evidence) => evidence::run(evidence, output),
        Bench::Freshness(freshness) => freshness::run(freshness, output),
        Bench::Serve(serve) => serving::serve(serve),
        Bench::Child(child) => child::run(child),
    }
}

/// One that fails does not keep the others from being measured.
fn all(options: &Options, output: &mut Output) -> Result<()> {
    let benches = [
        Bench::Ingest(options.clone().into()),
        Bench::Materialise(options.clone().into()),
        Bench::Resolve(options.clone().into()),
        Bench::ResolveStream(options.clone().into()),
        Bench::Evidence(options.clone().into()),
        Bench::Growth(options.clone().into()),
        Bench::Freshness(options.clone().into()),
        Bench::Start(options.clone().into()),
    ];
    let mut failed = 0;
    for bench in &benches {
        if let Err(error) = run(bench, output) {
            eprintln!("{error:#}");
            failed += 1;
        }
    }
    ensure!(failed == 0, "{failed} of {} benches failed", benches.len());
    Ok(())
}

fn write_report(output: &Output) -> Result<()> {
    eprintln!("report: {}", report::write(output.lines())?.display());
    Ok(())
}
