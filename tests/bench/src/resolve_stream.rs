//! `resolve-stream`: 100,000 questions on one stream, against the same number of unary calls on one connection.
//!
//! One node answers both, and one client asks both, over a connection of its own with mutual TLS for each. The same number of
//! questions is always on its way: as many as a connection takes calls at once. Of a stream the node has half of them open at
//! a time, the others wait for their turn in it. Each answer counts once it says that a record was found; on the stream each
//! must bear the name of a question that is still open. Every answer is judged, counted and recorded by itself either way.
//!
//! Latency is that of each question from the moment it is handed over while as much as possible is asked, so that it is mostly
//! the wait for those before it.

use crate::{
    line::{Line, Output},
    measure::{Pass, percentile_ms},
    options::Options,
    serving::{Client, Held, Program, Questions},
};
use anyhow::Result;
use clap::Args;
use std::time::Duration;

/// Questions without an answer yet; the exchange takes no more calls than that of one connection at once.
const IN_FLIGHT: usize = 128;
/// One in so many questions is asked before, to get warm.
const WARMING: u64 = 5;

/// What is asked.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResolveStream {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    program: Program,
    /// Records held [default: 200000, quick 20000].
    #[arg(long, value_name = "N")]
    records: Option<u64>,
    /// Questions of a round [default: 100000, quick 10000].
    #[arg(long, value_name = "N")]
    questions: Option<u64>,
}

impl From<Options> for ResolveStream {
    fn from(options: Options) -> Self {
        Self { options, program: Program::default(), records: None, questions: None }
    }
}

/// How the questions are asked.
#[derive(Clone, Copy)]
enum Way {
    Stream,
    Calls,
}

/// What the rounds of one way gave.
#[derive(Default)]
struct Rounds {
    passes: Vec<Pass>,
    times: Vec<Duration>,
}

/// Prepares, asks, prints.
pub(crate) fn run(bench: &ResolveStream, output: &mut Output) -> Result<()> {
    bench.program.choose();
    let options = &bench.options;
    let records = bench.records.unwrap_or_else(|| options.amount(200_000, 20_000));
    let count = bench.questions.unwrap_or_else(|| options.amount(100_000, 10_000));
    let held = Held::prepare(options.work_folder()?, records)?;
    let connect = || Client::connect(held.address(), &held.pki(), 1, Questions::about(records));
    let (mut streaming, mut calling) = (connect()?, connect()?);
    let (mut stream, mut calls) = (Rounds::default(), Rounds::default());
    for round in 1..=options.rounds() {
        eprintln!("resolve-stream: round {round} of {}", options.rounds());
        stream.add(Way::Stream, &mut streaming, &held, count)?;
        calls.add(Way::Calls, &mut calling, &held, count)?;
    }
    let mut line = Line::new("resolve-stream")
        .ours(&stream.passes)
        .limit("as many unary calls to the same node on one connection", &calls.passes)
        .goal("ratio >= 2")
        .with("records", records)
        .with("questions", count)
        .with("in_flight", IN_FLIGHT)
        .with("limit_p50_ms", percentile_ms(&mut calls.times, 0.5))
        .with("limit_p99_ms", percentile_ms(&mut calls.times, 0.99));
    line.p50_ms = percentile_ms(&mut stream.times, 0.5);
    line.p99_ms = percentile_ms(&mut stream.times, 0.99);
    output.print(line)
}

impl Rounds {
    fn add(&mut self, way: Way, client: &mut Client, held: &Held, count: u64) -> Result<()> {
        way.ask(client, count / WARMING)?;
        let mut times = Vec::new();
        let pass = held.process()?.pass(|| {
            times = way.ask(client, count)?;
            Ok(times.len() as u64)
        })?;
        self.passes.push(pass);
        self.times.append(&mut times);
        Ok(())
    }
}

impl Way {
    fn ask(self, client: &mut Client, count: u64) -> Result<Vec<Duration>> {
        match self {
            Self::Stream => client.stream(usize::try_from(count)?, IN_FLIGHT),
            Self::Calls => client.calls(count, IN_FLIGHT),
        }
    }
}
