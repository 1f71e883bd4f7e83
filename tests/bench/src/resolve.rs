//! `resolve`: questions to a node that holds 1,000,000 records of about 2 KB, over gRPC with mutual TLS.
//!
//! The node is the product's binary in a process of its own: the grant is judged and its quotas are counted, the record is read
//! and shown, the evidence is durable before the answer leaves. It is held against
//!
//! - a bare tonic service over the same mutual TLS that gives the very same answers, bytes for bytes, whatever is asked: what
//!   transport alone allows on this machine;
//! - what a team would build instead: the same service over a prepared point select on `PostgreSQL` 15 with the same records,
//!   without grants and without evidence. It has 2 GB for its own cache, and each row lies in its table whole. The node has
//!   as much, and both have been asked at random before, until most of that was read.
//!
//! All three are asked by the same client for keys chosen at random, with as many connections and questions in flight as gave
//! the echo the most. Latency is measured at 70 % of what the service answered, by a clock that does not wait for answers, from
//! the moment at which a question was due; the 99th percentile of one `fdatasync` on the same disk stands beside it.

mod database;

use self::database::Database;
use crate::{
    line::{Line, Output},
    measure::{Pass, median, percentile_ms},
    options::Options,
    serving::{Backing, Client, Contender, Held, Opposite, Program, Questions, Shape, Times, fsync_p99_ms},
};
use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::Args;
use std::time::Duration;
use tempfile::TempDir;

/// Memory that the node may keep of what it has read from the disk: as much as the database has.
const CACHE_MIB: u64 = 2_048;
/// Records for each second that the node and the database are asked before anything is measured: at some 20,000 answers a
/// second and two records to a block, nine blocks in ten are read by then.
const A_SECOND: u64 = 16_000;
/// Share of the rate at which latency is measured.
const LOAD: f64 = 0.7;
/// Answers of the node that the echo gives.
const SAMPLES: u64 = 1_000;
/// What is tried out on the echo.
const SHAPES: [Shape; 5] = [
    Shape { connections: 2, in_flight: 64 },
    Shape { connections: 4, in_flight: 64 },
    Shape { connections: 8, in_flight: 128 },
    Shape { connections: 8, in_flight: 256 },
    Shape { connections: 16, in_flight: 256 },
];
/// What is used where there is no time to try.
const USUAL: Shape = Shape { connections: 8, in_flight: 128 };
const TRIAL: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Args, Debug)]
pub(crate) struct Resolve {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    program: Program,
    /// Records held [default: 1000000, quick 50000].
    #[arg(long, value_name = "N")]
    records: Option<u64>,
    /// Only ask the node for so many seconds, to look at it with a profiler.
    #[arg(long, value_name = "SECONDS")]
    profile: Option<u64>,
}

impl From<Options> for Resolve {
    fn from(options: Options) -> Self {
        Self { options, program: Program::default(), records: None, profile: None }
    }
}

/// The node and what it is held against.
struct Arena {
    node: Contender,
    echo: Contender,
    table: Option<Contender>,
    times: Times,
}

/// What the rounds gave.
#[derive(Default)]
struct Rounds {
    node: Vec<Pass>,
    echo: Vec<Pass>,
    table: Vec<Pass>,
}

/// Prepares, asks, prints.
pub(crate) fn run(resolve: &Resolve, output: &mut Output) -> Result<()> {
    resolve.program.choose();
    let options = &resolve.options;
    let records = resolve.records.unwrap_or_else(|| options.amount(1_000_000, 50_000));
    let held = Held::prepare_with(options.work_folder()?, records, Some(CACHE_MIB))?;
    let questions = Questions::about(records);
    if let Some(seconds) = resolve.profile {
        let mut node = Contender::new(held.address(), &held.pki(), USUAL, &questions)?.answered_by([held.process()?]);
        let pass = node.pass(Times { asking: Duration::from_secs(seconds), ..times(options) })?;
        return output.print(Line::new("resolve/profile").ours(&[pass]));
    }
    let work = options.work_folder()?;
    let answers = samples(&held, &questions)?;
    let echo = Opposite::start(&held.pki(), work.path(), &Backing::Echo(&answers))?;
    let shape = if options.quick { USUAL } else { best(&held, &echo, &questions)? };
    let database = database(&held, &work);
    let contender = |address: &str| Contender::new(address, &held.pki(), shape, &questions);
    let warmed_s = (records / A_SECOND).max(1);
    let mut arena = Arena {
        node: contender(held.address())?.answered_by([held.process()?]),
        echo: contender(echo.address())?.answered_by([echo.process()]),
        table: match &database {
            None => None,
            Some((database, service)) => {
                let processes = database.processes()?.into_iter().chain([service.process()]);
                Some(contender(service.address())?.answered_by(processes))
            }
        },
        times: times(options),
    };
    arena.warm(Duration::from_secs(warmed_s))?;
    let rounds = arena.rounds(options.rounds())?;
    let described = |line: Line| {
        line.with("records", records)
            .with("prepared_s", held.prepared_s.round())
            .with("cache_mib", CACHE_MIB)
            .with("warmed_s", warmed_s)
            .with("answer_bytes", answers.iter().map(Bytes::len).sum::<usize>() / answers.len().max(1))
            .with("connections", shape.connections)
            .with("in_flight", shape.in_flight)
    };
    let fsync = fsync_p99_ms(&held.data())?;
    for line in arena.lines(&rounds, fsync)? {
        output.print(described(line))?;
    }
    Ok(())
}

impl Arena {
    /// Asks both at random until their caches hold most of what is asked for.
    fn warm(&mut self, time: Duration) -> Result<()> {
        let times = Times { warming: Duration::ZERO, asking: time, ..self.times };
        for held in [Some(&mut self.node), self.table.as_mut()].into_iter().flatten() {
            held.pass(times)?;
        }
        Ok(())
    }

    fn rounds(&mut self, rounds: usize) -> Result<Rounds> {
        let mut all = Rounds::default();
        for round in 1..=rounds {
            eprintln!("round {round} of {rounds}");
            all.node.push(self.node.pass(self.times)?);
            all.echo.push(self.echo.pass(self.times)?);
            if let Some(table) = &mut self.table {
                all.table.push(table.pass(self.times)?);
            }
        }
        Ok(all)
    }

    fn lines(&mut self, rounds: &Rounds, fsync: Option<f64>) -> Result<Vec<Line>> {
        let rate = |passes: &[Pass]| Some(LOAD * median(passes.iter().map(Pass::per_s))?);
        let at = rate(&rounds.node).context("no rounds")?;
        let mut latencies = self.node.latencies(at, self.times)?;
        let (p50_ms, p99_ms) = (percentile_ms(&mut latencies, 0.5), percentile_ms(&mut latencies, 0.99));
        let timed =
            |line: Line| Line { p50_ms, p99_ms, ..line }.ours(&rounds.node).with("latency_at_per_s", at.round());

        // What the same share of its own load costs the limit: of the machine, the client and the generator.
        let beside = |line: Line, at: f64, latencies: &mut [Duration]| {
            line.with("limit_p50_ms", percentile_ms(latencies, 0.5))
                .with("limit_p99_ms", percentile_ms(latencies, 0.99))
                .with("limit_latency_at_per_s", at.round())
        };

        let echo_at = rate(&rounds.echo).context("no rounds")?;
        let mut latencies = self.echo.latencies(echo_at, self.times)?;
        let line = timed(Line::new("resolve/echo"))
            .limit("tonic echo of the same answers", &rounds.echo)
            .goal("ratio >= 0.70; p99_ms <= p99_allowed_ms (5 ms + 3 fdatasync)")
            .with("fdatasync_p99_ms", fsync)
            .with("p99_allowed_ms", fsync.map(|fsync| 5.0 + 3.0 * fsync));
        let mut lines = vec![beside(line, echo_at, &mut latencies)];
        if let (Some(table), Some(at)) = (&mut self.table, rate(&rounds.table)) {
            let mut latencies = table.latencies(at, self.times)?;
            let line = timed(Line::new("resolve/postgresql"))
                .limit("tonic over a prepared point select of PostgreSQL 15", &rounds.table)
                .goal("ratio > 1");
            lines.push(beside(line, at, &mut latencies));
        }
        Ok(lines)
    }
}

fn times(options: &Options) -> Times {
    let seconds = |full: u64, quick: u64| Duration::from_secs(options.amount(full, quick));
    Times { warming: seconds(2, 1), asking: seconds(8, 2), pacing: seconds(10, 3) }
}

/// Answers of the node's own.
fn samples(held: &Held, questions: &Questions) -> Result<Vec<Bytes>> {
    let client = Client::connect(held.address(), &held.pki(), 1, questions.clone())?;
    let step = (held.records / SAMPLES).max(1);
    (0..held.records).step_by(usize::try_from(step)?).map(|index| client.ask(index)).collect()
}

/// What gives the echo the most.
fn best(held: &Held, echo: &Opposite, questions: &Questions) -> Result<Shape> {
    let mut best = (0, USUAL);
    for shape in SHAPES {
        let mut client = Client::connect(echo.address(), &held.pki(), shape.connections, questions.clone())?;
        client.saturate(shape.in_flight, TRIAL / 4)?;
        let answered = client.saturate(shape.in_flight, TRIAL)?;
        eprintln!("echo with {shape:?}: {answered}");
        best = if answered > best.0 { (answered, shape) } else { best };
    }
    Ok(best.1)
}

/// The database with a service in front of it, where this machine has one.
fn database(held: &Held, work: &TempDir) -> Option<(Database, Opposite)> {
    let started = Database::holding(held.records).and_then(|database| {
        let service = Opposite::start(&held.pki(), work.path(), &Backing::Database(database.reached()?))?;
        Ok((database, service))
    });
    started.inspect_err(|error| eprintln!("nothing to compare with PostgreSQL: {error:#}")).ok()
}
