//! Lookups as more and more records are held: time, disk, and memory.

use crate::{
    child::Task,
    held::{self, Held, Hold},
    line::{Line, Output},
    measure::{Pass, Process, percentile_ms, real},
    options::Options,
};
use anyhow::{Result, ensure};
use clap::Args;
use exchange_tests::Random;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Instant,
};
use store::{EmbeddedView, EmbeddedViewConfig, Index, Lookup, RecordState, ViewReader as _};

/// Lookups before those that count.
const BEFORE: u64 = 50_000;

/// How many records.
#[derive(Args, Clone, Debug)]
pub(crate) struct Growth {
    /// Records held, ascending [default: 100000,1000000,10000000, quick 10000,100000].
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    records: Vec<u64>,
    #[command(flatten)]
    options: Options,
}

/// Looks records up, each chosen at random among all that are held.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LookUp {
    view: PathBuf,
    held: u64,
    count: u64,
}

/// What that took.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LookedUp {
    pass: Pass,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    /// Resident memory afterwards.
    rss_bytes: u64,
    /// What the store is told to keep of its blocks.
    cache_bytes: u64,
}

impl LookUp {
    /// By citizen number, as a question is answered: from the index to the record.
    pub(crate) fn run(&self) -> Result<LookedUp> {
        let config = EmbeddedViewConfig::default();
        let (_writer, view) = EmbeddedView::open(&self.view, config)?;
        let mut random = Random::new(self.held);
        let mut times = Vec::new();
        let mut ask = |count| {
            times.clear();
            for _ in 0..count {
                let by = held::citizen(random.number() % self.held);
                let state = RecordState::Current;
                let lookup =
                    Lookup { resource: held::RESOURCE, index: Index::Subject, by: &by, state, after: None, limit: 2 };
                let begun = Instant::now();
                let page = pollster::block_on(view.lookup(lookup))?;
                times.push(begun.elapsed());
                ensure!(page.records.len() == 1, "{} records were found", page.records.len());
            }
            Ok(count)
        };
        ask(BEFORE.min(self.count))?;
        let pass = Process::Own.pass(|| ask(self.count))?;
        let [p50_ms, p99_ms] = [0.5, 0.99].map(|share| percentile_ms(&mut times, share));
        let (rss_bytes, cache_bytes) = (Process::Own.rss_bytes(), config.cache_bytes);
        Ok(LookedUp { pass, p50_ms, p99_ms, rss_bytes, cache_bytes })
    }
}

impl From<Options> for Growth {
    fn from(options: Options) -> Self {
        Self { records: Vec::new(), options }
    }
}

/// Measures at each amount.
pub(crate) fn run(growth: &Growth, output: &mut Output) -> Result<()> {
    let options = &growth.options;
    let usual: &[u64] = if options.quick { &[10_000, 100_000] } else { &[100_000, 1_000_000, 10_000_000] };
    let amounts = if growth.records.is_empty() { usual } else { &growth.records };
    let folder = options.work_folder()?;
    let (mut there, mut payload, mut smallest) = (0, 0, None);
    for &amount in amounts {
        ensure!(amount > there, "amounts must ascend");
        eprintln!("growth: from {there} to {amount} records");
        let more = Task::Hold(Hold { folder: folder.path().to_owned(), from: there, to: amount }).run::<Held>()?;
        payload += more.payload_bytes;
        there = amount;
        let (line, p99) = measure(folder.path(), amount, (payload, &more), options)?;
        let first = *smallest.get_or_insert(p99);
        output.print(line.with("p99_over_smallest", (p99 / first * 1000.0).round() / 1000.0))?;
    }
    Ok(())
}

/// The line, and the 99th percentile.
fn measure(folder: &Path, amount: u64, (payload, held): (u64, &Held), options: &Options) -> Result<(Line, f64)> {
    let view = folder.join("view");
    let (disk, journals) = (size(&view, "")?, size(&view, "jnl")?);
    let mut rounds = Vec::new();
    for number in 1..=options.rounds() {
        eprintln!("growth: {amount} records held, round {number} of {}", options.rounds());
        let look_up = LookUp { view: view.clone(), held: amount, count: options.amount(200_000, 100_000) };
        rounds.push(Task::LookUp(look_up).run::<LookedUp>()?);
    }
    // The middle one by its tail; a median of percentiles of different rounds belongs to none of them.
    rounds.sort_by(|one, other| one.p99_ms.partial_cmp(&other.p99_ms).unwrap_or(std::cmp::Ordering::Equal));
    let middle = &rounds[rounds.len() / 2];
    let passes: Vec<Pass> = rounds.iter().map(|round| round.pass).collect();
    let ratio = (real(disk) / real(payload) * 1000.0).round() / 1000.0;
    let mut line = Line::new(format!("growth/{amount}"))
        .ours(&passes)
        .goal("p99 at 10^7 <= 1.5 x p99 at 10^5; disk <= 1.3 x payload; memory bounded by configuration")
        .with("records", amount)
        .with("disk_bytes", disk)
        .with("journal_bytes", journals)
        .with("payload_bytes", payload)
        .with("disk_over_payload", ratio)
        .with("rss_bytes", middle.rss_bytes)
        .with("cache_bytes", middle.cache_bytes)
        .with("load_per_s", held.follow.per_s().round())
        .with("load_peak_rss_bytes", held.follow.peak_rss_bytes);
    (line.p50_ms, line.p99_ms) = (middle.p50_ms, middle.p99_ms);
    Ok((line, middle.p99_ms.unwrap_or_default()))
}

/// Bytes that files below a folder take up on disk; of those whose names end like this.
fn size(folder: &Path, ending: &str) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, what) = (entry.path(), entry.metadata()?);
        if what.is_dir() {
            bytes += size(&path, ending)?;
        } else if path.to_string_lossy().ends_with(ending) {
            bytes += what.blocks() * 512;
        }
    }
    Ok(bytes)
}
