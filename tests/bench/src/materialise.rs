//! The bus into the view with all its lookups, by the product's own follower; against the slower of a bare consumer of the
//! same topic and a bare load of the same final entries into the store's engine.

mod follow;
mod load;

pub(crate) use self::{follow::Follow, load::Load};

use crate::{
    child::Task,
    ingest::TakeIn,
    kafka,
    line::{Line, Output},
    measure::{Pass, Process},
    options::Options,
    place::{Place, each},
    stock::Stock,
};
use anyhow::{Context as _, Result};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::Path;
use tempfile::TempDir;

const DEPARTMENT: &str = "public-security";

/// Which buses.
#[derive(Args, Clone, Debug)]
pub(crate) struct Materialise {
    /// Only the bus whose name contains this: kafka, embedded.
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Reads a topic of a department to its end.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Read {
    bus: Place,
    topic: String,
}

impl Read {
    /// With plain librdkafka on Kafka, and the bus's own consumer on the embedded bus.
    pub(crate) fn run(&self) -> Result<Pass> {
        let bus = self.bus.open()?;
        Process::Own.pass(|| match &self.bus {
            Place::Kafka(brokers) => kafka::read(brokers, &self.topic),
            Place::Embedded(_) => each(bus.as_ref(), &self.topic, |_| Ok(())),
        })
    }
}

impl From<Options> for Materialise {
    fn from(options: Options) -> Self {
        Self { only: None, options }
    }
}

/// Measures on each bus.
pub(crate) fn run(materialise: &Materialise, output: &mut Output) -> Result<()> {
    let options = &materialise.options;
    let folder = options.work_folder()?;
    let stock = Stock::write(DEPARTMENT, &folder.path().join("stock"), options.amount(1_000_000, 120_000))?;
    let is_wanted = |name: &str| materialise.only.as_ref().is_none_or(|part| name.contains(part.as_str()));
    if is_wanted("embedded") {
        let place = Place::Embedded(folder.path().join("bus"));
        output.print(measure("embedded", &stock, &place, options, folder.path())?)?;
    }
    if is_wanted("kafka")
        && let Some(broker) = kafka::start()
    {
        let place = Place::Kafka(broker.brokers());
        output.print(measure("kafka", &stock, &place, options, folder.path())?)?;
    }
    Ok(())
}

/// What ours and the limits took, round by round.
#[derive(Default)]
struct Rounds {
    ours: Vec<Pass>,
    read: Vec<Pass>,
    load: Vec<Pass>,
}

fn measure(name: &str, stock: &Stock, bus: &Place, options: &Options, folder: &Path) -> Result<Line> {
    eprintln!("materialise/{name}: filling the bus");
    let adapter = TempDir::new_in(folder)?;
    let department = stock.department.to_owned();
    let filling = TakeIn { stock: stock.path.clone(), department, bus: bus.clone(), folder: adapter.path().to_owned() };
    Task::TakeIn(filling).run::<Pass>()?;
    let mut rounds = Rounds::default();
    for number in 1..=options.rounds() {
        eprintln!("materialise/{name}: round {number} of {}", options.rounds());
        round(bus, folder, &mut rounds)?;
    }
    let read = Line::default().limit("a bare consumer of the same topic", &rounds.read);
    let load = Line::default().limit("a bare load of the same final entries into the engine", &rounds.load);
    let (slower, passes) =
        if read.limit_per_s < load.limit_per_s { (&read, &rounds.read) } else { (&load, &rounds.load) };
    Ok(Line::new(format!("materialise/{name}"))
        .ours(&rounds.ours)
        .limit(slower.limit.clone().context("a limit has a name")?, passes)
        .goal("ratio >= 0.6")
        .with("records", stock.rows)
        .with("consumer_per_s", read.limit_per_s.map(f64::round))
        .with("load_per_s", load.limit_per_s.map(f64::round)))
}

fn round(bus: &Place, folder: &Path, rounds: &mut Rounds) -> Result<()> {
    let work = TempDir::new_in(folder)?;
    let view = work.path().join("view");
    let topic = contract::topics::records(DEPARTMENT);
    let follow = Follow { bus: bus.clone(), department: DEPARTMENT.to_owned(), view: view.clone() };
    rounds.ours.push(Task::Follow(follow).run()?);
    rounds.read.push(Task::Read(Read { bus: bus.clone(), topic: topic.clone() }).run()?);
    let load = Load { bus: bus.clone(), topic, view, into: work.path().join("bare") };
    rounds.load.push(Task::Load(load).run()?);
    Ok(())
}
