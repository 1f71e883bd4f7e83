//! `evidence`: what it costs that every answer is evidence before it leaves.
//!
//! The product has no switch that turns evidence off, so that there is no "without" to measure. Its cost has two parts, each
//! measured by itself:
//!
//! - the wait for the disk: one node asked as it is, and the same node with the same records once its folder of evidence lies
//!   in memory (`/dev/shm`), where `fdatasync` returns at once. It writes, signs and proves all the same. The log's mirror goes
//!   to the bus on the disk either way, but no answer waits for it. Latencies are at 70 % of what the node answered from disk;
//! - processor time: the log alone in this process, on the same disk, with drafts as the exchange makes them and in groups as
//!   large as the node's were; with the committing to request and answer, the receipt, the tiles and the mirror. That, as a
//!   share of the processor time that the node takes for an answer, is what the second line says. It is a computation: nothing
//!   was answered without evidence.
//!
//! What evidence costs on the whole is, at the most, both together.

mod append;

use self::append::Workshop;
use crate::{
    line::{Line, Output},
    measure::{Pass, median, percentile_ms, real},
    options::Options,
    serving::{Client, Held, Program, Questions, Shape, fsync_p99_ms},
};
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// Where files are in memory.
const MEMORY: &str = "/dev/shm";
/// What is asked, and over how many connections.
const SHAPE: Shape = Shape { connections: 8, in_flight: 128 };
/// Share of the rate at which latency is measured.
const LOAD: f64 = 0.7;

/// What is asked.
#[derive(Args, Clone, Debug)]
pub(crate) struct Evidence {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    program: Program,
    /// Records held [default: 200000, quick 20000].
    #[arg(long, value_name = "N")]
    records: Option<u64>,
}

impl From<Options> for Evidence {
    fn from(options: Options) -> Self {
        Self { options, program: Program::default(), records: None }
    }
}

/// A node, and where its evidence may lie instead of on its disk.
struct Arena {
    held: Held,
    questions: Questions,
    memory: Option<TempDir>,
    /// How long it is asked before, and while, something is measured.
    times: (Duration, Duration),
}

/// What the passes at one place gave.
#[derive(Default)]
struct Rounds {
    passes: Vec<Pass>,
    /// Answers that were made durable together, on the average of each pass.
    groups: Vec<f64>,
    /// Latencies at the rate of the comparison.
    times: Vec<Duration>,
}

/// Prepares, asks, prints.
pub(crate) fn run(bench: &Evidence, output: &mut Output) -> Result<()> {
    bench.program.choose();
    let options = &bench.options;
    let records = bench.records.unwrap_or_else(|| options.amount(200_000, 20_000));
    let memory = TempDir::new_in(MEMORY);
    if let Err(error) = &memory {
        eprintln!("nothing to compare with evidence in memory: {MEMORY}: {error}");
    }
    let seconds = |full: u64, quick: u64| Duration::from_secs(options.amount(full, quick));
    let mut arena = Arena {
        held: Held::prepare(options.work_folder()?, records)?,
        questions: Questions::about(records),
        memory: memory.ok(),
        times: (seconds(2, 1), seconds(8, 2)),
    };
    let (mut disk, mut memory) = arena.rounds(options.rounds())?;
    let fsync = fsync_p99_ms(&arena.held.data())?;
    let described = |line: Line| line.with("records", records).with("fdatasync_p99_ms", fsync);
    let limit = "the same node with its folder of evidence in memory: no wait for the disk, all else the same";
    output.print(described(disk.line("evidence/disk", (!memory.passes.is_empty()).then_some((limit, &mut memory)))))?;

    let folder = options.work_folder()?;
    let workshop = Workshop { pki: &arena.held.pki(), folder: folder.path(), questions: &arena.questions };
    let group = median(disk.groups.iter().copied()).context("no rounds")?;
    let appended = workshop.rounds(options.rounds(), group, arena.times.1)?;
    output.print(described(appended.line(&disk.passes)))
}

impl Arena {
    /// On disk and in memory by turns; at last latency at both.
    fn rounds(&mut self, rounds: usize) -> Result<(Rounds, Rounds)> {
        let (mut disk, mut memory) = (Rounds::default(), Rounds::default());
        for round in 1..=rounds {
            eprintln!("evidence: round {round} of {rounds}");
            self.pass(&mut disk)?;
            self.in_memory(|arena| arena.pass(&mut memory))?;
        }
        let rate = LOAD * median(disk.passes.iter().map(Pass::per_s)).context("no rounds")?;
        disk.times = self.latencies(rate)?;
        self.in_memory(|arena| {
            memory.times = arena.latencies(rate)?;
            Ok(())
        })?;
        Ok((disk, memory))
    }

    /// Moves the evidence into memory for the time of `work`, where there is memory for files.
    fn in_memory(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let Some(there) = self.memory.as_ref().map(|folder| folder.path().join("evidence")) else { return Ok(()) };
        let here = |data: &Path| data.join("evidence");
        self.held.anew(|data| {
            moved(&here(data), &there)?;
            Ok(std::os::unix::fs::symlink(&there, here(data))?)
        })?;
        work(self)?;
        self.held.anew(|data| {
            std::fs::remove_file(here(data))?;
            moved(&there, &here(data))
        })
    }

    fn client(&self) -> Result<Client> {
        Client::connect(self.held.address(), &self.held.pki(), SHAPE.connections, self.questions.clone())
    }

    fn pass(&self, rounds: &mut Rounds) -> Result<()> {
        let mut client = self.client()?;
        client.saturate(SHAPE.in_flight, self.times.0)?;
        let before = self.held.groups()?;
        let pass = self.held.process()?.pass(|| client.saturate(SHAPE.in_flight, self.times.1))?;
        let groups = self.held.groups()? - before;
        rounds.groups.push(real(pass.units) / real(groups.max(1)));
        rounds.passes.push(pass);
        Ok(())
    }

    fn latencies(&self, per_s: f64) -> Result<Vec<Duration>> {
        let mut client = self.client()?;
        client.paced(per_s, self.times.0)?;
        client.paced(per_s, self.times.1)
    }
}

impl Rounds {
    fn line(&mut self, work: &str, limit: Option<(&str, &mut Self)>) -> Line {
        let mut line = Line::new(work)
            .ours(&self.passes)
            .goal("ratio >= 0.85, less evidence_cpu_share of the next line")
            .with("answers_a_group", median(self.groups.iter().copied()).map(f64::round));
        line.p50_ms = percentile_ms(&mut self.times, 0.5);
        line.p99_ms = percentile_ms(&mut self.times, 0.99);
        let Some((name, other)) = limit else { return line };
        line.limit(name, &other.passes)
            .with("limit_answers_a_group", median(other.groups.iter().copied()).map(f64::round))
            .with("limit_p50_ms", percentile_ms(&mut other.times, 0.5))
            .with("limit_p99_ms", percentile_ms(&mut other.times, 0.99))
    }
}

/// Moves a folder, also to another disk, with all rights on it.
fn moved(from: &PathBuf, to: &PathBuf) -> Result<()> {
    let status = Command::new("mv").arg("-T").args([from, to]).status()?;
    ensure!(status.success(), "the evidence cannot be moved to {}", to.display());
    Ok(())
}
