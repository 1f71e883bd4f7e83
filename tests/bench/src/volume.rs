//! Whole stocks: generated, handed over as the department does, and taken in on the embedded bus.

mod dbf;
mod marriages;
mod titles;

use crate::{
    line::{Line, Output},
    measure::Process,
    stock::Stock,
};
use adapter_sdk::{Adapter, Runner, RunnerConfig, Stop, source::Source, transport::SourceSettings};
use anyhow::{Context, Result, bail};
use bus::{EmbeddedBus, EmbeddedConfig};
use clap::Args;
use domain::{Clock, Language};
use runtime::SystemClock;
use sources::Surroundings;
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

/// Departments whose stock can be generated, with the rows of their interface documents.
const STOCKS: &[(&str, u64)] = &[
    ("social-security", 9_000_000),
    ("market-supervision", 750_000),
    ("civil-affairs", 4_000_000),
    ("natural-resources", 12_000_000),
];

/// Which stocks.
#[derive(Args)]
pub(crate) struct Volume {
    /// Departments; all of them when none is named.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STOCKS.iter().map(|(name, _)| *name)))]
    departments: Vec<String>,
    /// Rows, instead of the whole stock.
    #[arg(long)]
    rows: Option<u64>,
    /// A hundredth of the stock.
    #[arg(long)]
    quick: bool,
    /// Folder for the generated data and the adapter's work; a temporary one by default.
    #[arg(long)]
    folder: Option<std::path::PathBuf>,
}

/// Takes in each stock and prints what it took.
pub(crate) fn run(volume: &Volume, output: &mut Output) -> Result<()> {
    for (department, stock) in STOCKS {
        if volume.departments.is_empty() || volume.departments.iter().any(|wanted| wanted == department) {
            let rows = volume.rows.unwrap_or(if volume.quick { stock / 100 } else { *stock });
            output.print(one(department, rows, volume.folder.as_deref())?)?;
        }
    }
    Ok(())
}

fn one(department: &str, rows: u64, folder: Option<&Path>) -> Result<Line> {
    let world = World::new(folder)?;
    eprintln!("{department}: generating {rows} rows");
    match department {
        "social-security" => {
            let bytes = dbf::write(&world.inbox()?, rows)?;
            world.dropped(department, social_security::adapter(), bytes)
        }
        "market-supervision" => {
            let bytes = Stock::write("market-supervision", &world.inbox()?, rows)?.bytes;
            world.dropped(department, market_supervision::adapter(), bytes)
        }
        "civil-affairs" => {
            let server = marriages::serve(world.folder.path(), rows)?;
            world.asked(department, civil_affairs::adapter(), &SourceSettings::Mariadb(server.settings()), rows)
        }
        "natural-resources" => {
            let server = titles::serve(world.folder.path(), rows)?;
            world.asked(department, natural_resources::adapter(), &SourceSettings::Postgres(server.settings()), rows)
        }
        other => bail!("no stock of {other} can be generated"),
    }
}

/// A node's folder.
struct World {
    folder: TempDir,
}

/// Nothing interrupts a benchmark.
struct GoOn;

impl Stop for GoOn {
    fn is_stopped(&self) -> bool {
        false
    }
}

impl World {
    fn new(folder: Option<&Path>) -> Result<Self> {
        let made = folder.map_or_else(TempDir::new, TempDir::new_in);
        Ok(Self { folder: made.context("no folder for the generated data")? })
    }

    fn inbox(&self) -> Result<std::path::PathBuf> {
        let inbox = self.folder.path().join("inbox");
        std::fs::create_dir_all(&inbox)?;
        Ok(inbox)
    }

    fn dropped(&self, department: &str, adapter: Adapter, bytes: u64) -> Result<Line> {
        let runner = Runner::new(adapter, self.config()?, self.bus()?, Arc::new(SystemClock))?;
        take_in(department, runner, bytes, |runner| {
            let taken = runner.step(&GoOn)?.taken;
            Ok(taken == 0)
        })
    }

    fn asked(&self, department: &str, adapter: Adapter, settings: &SourceSettings, rows: u64) -> Result<Line> {
        let around = Surroundings { clock: Arc::new(SystemClock), language: Language::Chinese };
        let source: Box<dyn Source> =
            sources::open(&adapter, settings, &around)?.context("the adapter is not asked")?;
        let runner = Runner::asking(source, adapter, self.config()?, self.bus()?, Arc::new(SystemClock))?;
        take_in(department, runner, 0, |runner| {
            runner.step(&GoOn)?;
            Ok(runner.counters()?.read >= rows)
        })
    }

    fn config(&self) -> Result<RunnerConfig> {
        let mut config = RunnerConfig::new(self.inbox()?, self.folder.path().join("state"));
        config.poll = Duration::from_millis(200);
        Ok(config)
    }

    fn bus(&self) -> Result<Arc<EmbeddedBus>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Ok(Arc::new(EmbeddedBus::open(self.folder.path().join("bus"), EmbeddedConfig::new(clock))?))
    }
}

/// Takes in until `is_done`, and says what that took.
fn take_in(
    department: &str,
    mut runner: Runner,
    bytes: u64,
    mut is_done: impl FnMut(&mut Runner) -> Result<bool>,
) -> Result<Line> {
    let pass = Process::Own.pass(|| {
        while !is_done(&mut runner)? {}
        Ok(runner.counters()?.read)
    })?;
    let counters = runner.counters()?;
    let records: u64 = counters.records.values().map(|written| written.upserted + written.withdrawn).sum();
    Ok(Line::new(format!("volume/{department}"))
        .ours(&[pass])
        .with("rows", counters.read)
        .with("records", records)
        .with("published", counters.published)
        .with("unchanged", counters.unchanged)
        .with("rejected", counters.rejected)
        .with("waiting", counters.waiting)
        .with("input_bytes", bytes)
        .with("seconds", (pass.seconds * 10.0).round() / 10.0)
        .with("cpu_seconds", (pass.cpu_seconds * 10.0).round() / 10.0))
}
