//! From the start of the `exchange` process to the moment it says that it takes questions, with records held.

use crate::{
    child::Task,
    held::{Held, Hold},
    line::{Line, Output},
    measure::{Process, median, percentile_ms},
    options::Options,
};
use anyhow::{Result, ensure};
use clap::Args;
use exchange_tests::product::{Bus, Node};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// How long a start is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at a node that starts.
const LOOK: Duration = Duration::from_millis(1);

/// How many records.
#[derive(Args, Clone, Debug)]
pub(crate) struct Start {
    /// Records held, ascending [default: 1000000,10000000, quick 100000].
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    records: Vec<u64>,
    #[command(flatten)]
    options: Options,
}

impl From<Options> for Start {
    fn from(options: Options) -> Self {
        Self { records: Vec::new(), options }
    }
}

/// Measures at each amount; the node lies in the system's folder for temporary files.
pub(crate) fn run(start: &Start, output: &mut Output) -> Result<()> {
    let options = &start.options;
    let usual: &[u64] = if options.quick { &[100_000] } else { &[1_000_000, 10_000_000] };
    let amounts = if start.records.is_empty() { usual } else { &start.records };
    eprintln!("start: building the exchange binary");
    let mut node = Node::new(Bus::Embedded);
    without_adapters(&node)?;
    let mut there = 0;
    for &amount in amounts {
        ensure!(amount > there, "amounts must ascend");
        eprintln!("start: from {there} to {amount} records");
        Task::Hold(Hold { folder: node.path("data"), from: there, to: amount }).run::<Held>()?;
        there = amount;
        // The first start puts the catalogue in force.
        node.start();
        node.stop();
        output.print(measure(&mut node, amount, options)?)?;
    }
    Ok(())
}

/// The records came another way: an adapter would first rebuild its own memory from them.
fn without_adapters(node: &Node) -> Result<()> {
    let file = node.path("exchange.toml");
    let text = fs::read_to_string(&file)?;
    fs::write(&file, text.split("\n[[adapter]]").next().unwrap_or_default())?;
    Ok(())
}

fn measure(node: &mut Node, amount: u64, options: &Options) -> Result<Line> {
    let (mut stopped, mut killed, mut took) = (Vec::new(), Vec::new(), Vec::new());
    let rounds = options.rounds().max(3);
    for number in 1..=rounds {
        eprintln!("start: {amount} records held, round {number} of {rounds}");
        stopped.push(until_ready(node)?);
        took.push(taken_by(node));
        node.kill();
        killed.push(until_ready(node)?);
        node.stop();
    }
    let mut line = Line::new(format!("start/{amount}"))
        .goal("< 2 s, whatever the amount")
        .with("records", amount)
        .with("starts", stopped.len())
        .with("after_kill_p50_ms", percentile_ms(&mut killed, 0.5).map(f64::round));
    line.p50_ms = percentile_ms(&mut stopped, 0.5);
    line.p99_ms = percentile_ms(&mut stopped, 0.99);
    line.ours_per_s = line.p50_ms.map(|time| 1000.0 / time);
    line.cpu_us_per_unit = median(took.iter().map(|(cpu, _)| cpu * 1e6));
    line.peak_rss_bytes = took.iter().map(|(_, peak)| *peak).max();
    Ok(line)
}

/// Processor time in seconds and peak memory of a node that has just become ready.
fn taken_by(node: &Node) -> (f64, u64) {
    let all = node.processes().into_iter().map(Process::Child);
    all.fold((0.0, 0), |(cpu, peak), process| (cpu + process.cpu_seconds(), peak + process.peak_rss_bytes()))
}

fn until_ready(node: &mut Node) -> Result<Duration> {
    let begun = Instant::now();
    node.begin();
    while node.ops("/readyz").0 != 200 {
        node.assert_running();
        ensure!(begun.elapsed() < PATIENCE, "the node does not become ready");
        thread::sleep(LOOK);
    }
    Ok(begun.elapsed())
}
